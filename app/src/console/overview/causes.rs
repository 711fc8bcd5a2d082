//! What failed, and why.

use coffer_contract::overview::Cause;
use leptos::prelude::*;

use crate::{
    address,
    ui::{number::grouped, table::table},
};

/// The most frequent causes, each with the way to its events.
#[component]
pub(super) fn Causes(causes: Vec<Cause>) -> impl IntoView {
    let rows = causes
        .into_iter()
        .map(|cause| {
            let Cause { code, title, connection, count } = cause;
            let mut filters = vec![("code", code.as_str())];
            if let Some(connection) = &connection {
                filters.push(("connection", connection));
            }
            let href = address::logs(&filters);
            view! {
                <tr>
                    <td><a class="font-semibold hover:underline" href=href>{title}</a></td>
                    <td data-label="Connection">{connection.unwrap_or_else(|| "–".to_owned())}</td>
                    <td data-label="Failures">{grouped(count)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="causes-title">
            <h2 class="text-base" id="causes-title">"Failures by cause"</h2>
            <p class="hint mt-1 mb-3">"In the last 14 days. Follow a cause to its events in the logs."</p>
            {table("Causes, the most frequent first", &["Cause", "Connection", "Failures"], rows)}
        </section>
    }
    .into_any()
}
