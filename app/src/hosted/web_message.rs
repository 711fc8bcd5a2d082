//! The answer of `response_mode=web_message`: a message to the window that embeds or opened this page. Its
//! script is the one script of all hosted pages; it is always the same, so that a policy can name its hash.

use leptos::prelude::*;

use super::frame::{Frame, document};

/// Reads answer and address off the page, and posts the one to the other alone.
pub const WEB_MESSAGE_SCRIPT: &str = r#"(function () {
  var page = document.getElementById("answer");
  var other = window.parent !== window ? window.parent : window.opener;
  var response = JSON.parse(page.getAttribute("data-response"));
  if (other) other.postMessage({ type: "authorization_response", response: response }, page.getAttribute("data-origin"));
})();"#;

/// Carries the answer to the application's window.
#[derive(Clone, Debug)]
pub struct WebMessagePage {
    /// The origin that may read the answer.
    pub origin: String,
    /// The answer's parameters, as JSON.
    pub response: String,
    /// Whether it is an error.
    pub failed: bool,
}

impl WebMessagePage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let (title, text) = match self.failed {
            false => ("You are signed in", "Go back to the application. You can close this window."),
            true => ("Sign-in did not finish", "The application knows why. You can close this window."),
        };
        document(
            frame,
            title,
            view! {
                <h1 class="text-2xl">{title}</h1>
                <p class="mt-1 text-muted">{text}</p>
                <div id="answer" hidden data-origin=self.origin.clone() data-response=self.response.clone()></div>
                <script inner_html=WEB_MESSAGE_SCRIPT></script>
            },
        )
    }
}
