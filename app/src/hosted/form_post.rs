//! The answer of `response_mode=form_post` (OAuth 2.0 Form Post Response Mode), without a script: the
//! person presses Continue.

use leptos::prelude::*;

use super::frame::{Frame, document, hidden};

/// A form that carries the answer to the application.
#[derive(Clone, Debug)]
pub struct FormPostPage {
    /// The redirect URI.
    pub action: String,
    /// The answer's parameters.
    pub fields: Vec<(String, String)>,
}

impl FormPostPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        document(
            frame,
            "Continue to the application",
            view! {
                <h1 class="text-2xl">"Almost there"</h1>
                <p class="mt-1 text-muted">"You are signed in. Continue to go back to the application."</p>
                <form method="post" action=self.action.clone() class="mt-6">
                    {hidden(&self.fields)}
                    <button type="submit" class="btn btn-primary btn-wide">"Continue"</button>
                </form>
            },
        )
    }
}
