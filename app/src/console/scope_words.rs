//! Scopes as people read them.

use coffer_contract::catalogue::ScopeInfo;
use leptos::prelude::*;

/// One chip for each scope; the provider's own word shows when the pointer rests on it.
#[component]
pub(crate) fn ScopeWords(scopes: Vec<ScopeInfo>) -> impl IntoView {
    let chips = scopes
        .into_iter()
        .map(|scope| view! { <li class="chip" title=scope.value.clone()>{scope.words()}</li> })
        .collect_view();
    view! { <ul class="flex min-w-0 flex-wrap gap-1.5">{chips}</ul> }.into_any()
}

/// The words of these scopes; those that the provider's catalogue entry does not know stand for themselves.
pub(crate) fn words_of(known: &[ScopeInfo], scopes: Vec<String>) -> Vec<ScopeInfo> {
    let words = |value: String| {
        known.iter().find(|info| info.value == value).cloned().unwrap_or_else(|| ScopeInfo {
            name: value.clone(),
            value,
            product: String::new(),
        })
    };
    scopes.into_iter().map(words).collect()
}
