//! The events: a table where there is room, cards where there is not.

use coffer_contract::log::LogEntry;
use leptos::prelude::*;

use crate::ui::{table::table, time::Time};

/// One row for each event, with its details folded away.
#[component]
pub(super) fn Table(rows: Vec<LogEntry>) -> impl IntoView {
    let rows = rows.into_iter().map(|entry| view! { <Row entry=entry/> }).collect_view();
    table("Events, newest first", &["Event", "Outcome", "Who", "Application", "Connection", "When"], rows)
}

#[component]
fn Row(entry: LogEntry) -> impl IntoView {
    let outcome = if entry.success {
        view! { <span class="badge badge-ok">"Success"</span> }
    } else {
        view! { <span class="badge badge-danger">"Failure"</span> }
    };
    let none = || "–".to_owned();
    let application = entry.application.clone().or_else(|| entry.client_id.clone()).unwrap_or_else(none);
    let connection = entry.connection.clone().unwrap_or_else(none);
    let detail = |term: &'static str, value: Option<String>| {
        value.map(|value| {
            view! {
                <div class="flex flex-wrap gap-x-2">
                    <dt class="text-muted">{term}</dt>
                    <dd class="break-all">{value}</dd>
                </div>
            }
        })
    };
    view! {
        <tr>
            <td>
                <details class="min-w-0">
                    <summary class="font-semibold">{entry.title}</summary>
                    <p class="mt-2">{entry.description}</p>
                    <dl class="mt-2 grid gap-1 text-xs">
                        {detail("Type", Some(entry.code))}
                        {detail("User ID", entry.user_id)}
                        {detail("Client ID", entry.client_id)}
                        {detail("Account ID", entry.account)}
                        {detail("Address", entry.ip)}
                        {detail("Number", Some(entry.id.to_string()))}
                    </dl>
                </details>
            </td>
            <td data-label="Outcome">{outcome}</td>
            <td data-label="Who">{entry.actor}</td>
            <td data-label="Application">{application}</td>
            <td data-label="Connection">{connection}</td>
            <td data-label="When"><Time at=entry.at/></td>
        </tr>
    }
    .into_any()
}
