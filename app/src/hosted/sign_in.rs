//! The page that offers the application's connections.

use leptos::prelude::*;

use super::frame::{Frame, document};
use crate::ui::monogram;

/// One way to sign in.
#[derive(Clone, Debug)]
pub struct ConnectionButton {
    /// The connection's unique name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its strategy id.
    pub strategy: String,
}

/// The sign-in page. Each button posts `handle` and `connection` to `/u/sign-in`.
#[derive(Clone, Debug)]
pub struct SignInPage {
    /// Name of the application that asks.
    pub application: String,
    /// Names the sign-in in progress.
    pub handle: String,
    /// The ways to sign in.
    pub connections: Vec<ConnectionButton>,
    /// What went wrong in the last attempt.
    pub error: Option<String>,
}

impl SignInPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let buttons = self.connections.iter().map(|connection| {
            view! {
                <li>
                    <form method="post" action="/u/sign-in">
                        <input type="hidden" name="handle" value=self.handle.clone()/>
                        <button type="submit" class="btn btn-wide" name="connection" value=connection.name.clone()>
                            <span class="font-bold text-accent" aria-hidden="true">
                                {monogram(&connection.label)}
                            </span>
                            {format!("Continue with {}", connection.label)}
                        </button>
                    </form>
                </li>
            }
        });
        let choice = if self.connections.is_empty() {
            view! {
                <p class="alert alert-warn mt-6">
                    "No way to sign in is set up for this application yet. Ask the people who run it to enable \
                     a connection for it."
                </p>
            }
            .into_any()
        } else {
            view! { <ul class="mt-6 grid gap-3">{buttons.collect_view()}</ul> }.into_any()
        };
        let problem = self.error.clone().map(|error| {
            view! { <p class="alert alert-danger mt-4" role="alert">{error}</p> }
        });
        document(
            frame,
            &format!("Sign in to {}", self.application),
            view! {
                <h1 class="text-2xl">"Sign in"</h1>
                <p class="mt-1 text-muted">"to continue to " <strong>{self.application.clone()}</strong></p>
                {problem}
                {choice}
            },
        )
    }
}
