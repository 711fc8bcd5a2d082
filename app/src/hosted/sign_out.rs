//! Signing end users out.

use leptos::prelude::*;

use super::frame::{Frame, document, hidden};

/// Asks whether to sign out, where the application could not prove that the person wants it.
/// Posts its fields to `/u/sign-out`.
#[derive(Clone, Debug)]
pub struct ConfirmSignOutPage {
    /// Who is signed in.
    pub person: Option<String>,
    /// Hidden fields of the form.
    pub fields: Vec<(String, String)>,
}

impl ConfirmSignOutPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let person = self.person.clone().map(|person| {
            view! {
                <p class="mt-1 text-muted">
                    "You are signed in as " <strong class="text-ink">{person}</strong> "."
                </p>
            }
        });
        document(
            frame,
            "Sign out?",
            view! {
                <h1 class="text-2xl">"Sign out?"</h1>
                {person}
                <form method="post" action="/u/sign-out" class="mt-6">
                    {hidden(&self.fields)}
                    <button type="submit" class="btn btn-primary btn-wide">"Sign out"</button>
                </form>
            },
        )
    }
}

/// Says that the person is signed out.
#[derive(Clone, Debug)]
pub struct SignedOutPage {
    /// A checked address of the application to go back to.
    pub return_to: Option<String>,
}

impl SignedOutPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let back = self.return_to.clone().map(|address| {
            view! { <a class="btn btn-wide mt-6" href=address>"Back to the application"</a> }
        });
        document(
            frame,
            "Signed out",
            view! {
                <h1 class="text-2xl">"You are signed out"</h1>
                <p class="mt-1 text-muted">"You can close this window."</p>
                {back}
            },
        )
    }
}
