//! Moving through a list page by page.

use leptos::prelude::*;

/// Links to the first and to the next page; nothing for a list of one page.
#[component]
pub(crate) fn Pagination(
    first: Option<String>,
    next: Option<String>,
    #[prop(default = "Next page")] next_label: &'static str,
    #[prop(default = "First page")] first_label: &'static str,
) -> impl IntoView {
    (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="mt-4 flex justify-end gap-2" aria-label="Pages">
                {first.map(|href| view! { <a class="btn" href=href>{first_label}</a> })}
                {next.map(|href| view! { <a class="btn" href=href>{next_label}</a> })}
            </nav>
        }
    })
}
