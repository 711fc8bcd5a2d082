//! Search as an address: `?q=`.

use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// A search box; works without scripts.
#[component]
pub(crate) fn Search(label: &'static str) -> impl IntoView {
    let query = use_query_map();
    let text = move || query.with(|query| query.get("q")).unwrap_or_default();
    view! {
        <search class="mb-4 block">
            <Form method="GET" action="" attr:class="flex gap-2">
                <input
                    class="input max-w-sm"
                    type="search"
                    name="q"
                    aria-label=label
                    placeholder=label
                    autocomplete="off"
                    value=text
                    prop:value=text
                />
                <button type="submit" class="btn">"Search"</button>
            </Form>
        </search>
    }
    .into_any()
}
