//! Instants for people and machines.

use coffer_contract::Timestamp;
use leptos::prelude::*;

/// An instant in words, UTC.
#[component]
pub(crate) fn Time(at: Timestamp) -> impl IntoView {
    view! { <time class="whitespace-nowrap" datetime=at.rfc3339()>{at.readable()}</time> }
}
