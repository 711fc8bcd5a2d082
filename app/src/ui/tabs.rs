//! Tabs that are addresses: `?tab=` of the same page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The tab that the address names, the first one otherwise.
pub(crate) fn current(tabs: &'static [(&'static str, &'static str)]) -> Memo<&'static str> {
    let query = use_query_map();
    Memo::new(move |_| {
        let wanted = query.with(|query| query.get("tab")).unwrap_or_default();
        tabs.iter().map(|(slug, _)| *slug).find(|slug| *slug == wanted).unwrap_or(tabs[0].0)
    })
}

/// The row of tabs: slug and name.
#[component]
pub(crate) fn Tabs(
    tabs: &'static [(&'static str, &'static str)],
    current: Memo<&'static str>,
    #[prop(into)] label: String,
) -> impl IntoView {
    let links = tabs
        .iter()
        .map(|(slug, name)| {
            view! {
                <li>
                    <a
                        class="tab block"
                        href=format!("?tab={slug}")
                        aria-current=move || (current.get() == *slug).then_some("page")
                    >
                        {*name}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="mb-6" aria-label=label>
            <ul class="tabs">{links}</ul>
        </nav>
    }
    .into_any()
}
