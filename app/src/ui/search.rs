//! Search as an address: `?q=`.

use leptos::{html, prelude::*};
use leptos_router::{components::Form, hooks::use_query_map};

/// A search box; works without scripts.
#[component]
pub(crate) fn Search(
    label: &'static str,
    /// What is searched, where the label does not say it.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// The tab that has the list, where the page has tabs.
    #[prop(optional)]
    tab: Option<&'static str>,
) -> impl IntoView {
    let query = use_query_map();
    let text = move || query.with(|query| query.get("q")).unwrap_or_default();
    // A property would be written once more when the scripts start, over what was typed by then.
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |before: Option<String>| {
        let now = text();
        if let (Some(before), Some(input)) = (before, input.get_untracked())
            && before != now
        {
            input.set_value(&now);
        }
        now
    });
    let describe = hint.is_some().then_some("search-hint");
    let fields = view! {
        <input
            class="input max-w-sm"
            type="search"
            name="q"
            aria-label=label
            aria-describedby=describe
            placeholder=label
            autocomplete="off"
            value=text
            node_ref=input
        />
        <button type="submit" class="btn">"Search"</button>
    };
    // The router's form writes the path of the page in small letters, which ids in it are not.
    let form = match tab {
        Some(tab) => view! {
            <form method="get" class="flex gap-2">
                <input type="hidden" name="tab" value=tab/>
                {fields}
            </form>
        }
        .into_any(),
        None => view! { <Form method="GET" action="" attr:class="flex gap-2">{fields}</Form> }.into_any(),
    };
    view! {
        <search class="mb-4 block">
            {form}
            {hint.map(|hint| view! { <p class="hint mt-1.5" id="search-hint">{hint}</p> })}
        </search>
    }
    .into_any()
}
