//! How an application came to be, where no administrator made it.

use coffer_contract::application::{ApplicationDetail, Origin, RegistrationView};
use leptos::prelude::*;

use crate::ui::time::Time;

/// A mark in the list and in the heads of pages; nothing where an administrator made the application.
pub(super) fn badge(origin: Origin) -> Option<AnyView> {
    origin.label().map(|words| view! { <span class="badge badge-warn">{words}</span> }.into_any())
}

/// When and from where, and how long it stays.
pub(super) fn note(detail: &ApplicationDetail) -> Option<AnyView> {
    let registration = detail.registration.clone()?;
    let (how, stays) = match detail.origin {
        Origin::Dashboard => return None,
        Origin::Registered => (registered(&registration), ""),
        Origin::Document => (
            format!("Known by the document at {}.", detail.client_id),
            " What the document says of name, addresses, grants and keys is taken over again whenever it changes.",
        ),
    };
    let RegistrationView { created_at, last_used_at, ends_at, .. } = registration;
    let used = match last_used_at {
        Some(at) => view! { " It last got a token on " <Time at=at/> "." }.into_any(),
        None => view! { " It has not got a token yet." }.into_any(),
    };
    Some(
        view! {
            <p class="alert alert-note mb-6">
                {how} " Since " <Time at=created_at/> "." {stays} {used} " Without another token it is deleted on "
                <Time at=ends_at/> "."
            </p>
        }
        .into_any(),
    )
}

fn registered(registration: &RegistrationView) -> String {
    let from = registration.ip.as_ref().map_or(String::new(), |ip| format!(" from {ip}"));
    let with = registration
        .via
        .as_ref()
        .map_or(String::new(), |name| format!(", with the initial access token “{name}”"));
    format!("This application registered itself{from}{with}.")
}
