//! Lists as tables; the stylesheet turns their rows into cards where the screen is narrow.

use leptos::prelude::*;

/// A table in a card. `caption` is for screen readers; each row is a `tr` whose cells carry `data-label`.
pub(crate) fn table(
    caption: &'static str,
    columns: &'static [&'static str],
    rows: impl IntoView + 'static,
) -> AnyView {
    let heads = columns.iter().map(|name| view! { <th scope="col">{*name}</th> }).collect_view();
    view! {
        <div class="card">
            <table class="list">
                <caption class="sr-only">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows.into_any()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
