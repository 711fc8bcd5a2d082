//! The page that says why a sign-in could not go on.

use leptos::prelude::*;

use super::frame::{Frame, document};

/// The error page. Nothing on it comes from an unchecked request.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// What happened, in a few words.
    pub title: String,
    /// What to do about it.
    pub message: String,
    /// The protocol's error code.
    pub code: Option<String>,
    /// Finds the request in the server's log.
    pub reference: Option<String>,
}

impl ErrorPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let detail = |term: &'static str, value: &Option<String>| {
            value.clone().map(|value| {
                view! {
                    <div class="flex flex-wrap gap-2">
                        <dt class="text-muted">{term}</dt>
                        <dd class="break-all"><code>{value}</code></dd>
                    </div>
                }
            })
        };
        let details = (self.code.is_some() || self.reference.is_some()).then(|| {
            view! {
                <dl class="mt-6 grid gap-1 border-t border-line pt-4 text-sm">
                    {detail("Error", &self.code)} {detail("Reference", &self.reference)}
                </dl>
            }
        });
        document(
            frame,
            &self.title,
            view! {
                <h1 class="text-2xl">{self.title.clone()}</h1>
                <p class="mt-3">{self.message.clone()}</p>
                {details}
            },
        )
    }
}
