//! All webhooks.

use coffer_contract::webhook::{EventType, WebhookSummary};
use leptos::prelude::*;

use super::state::webhook_badge;
use crate::{
    address,
    server_fns::webhook::list_webhooks,
    ui::{
        access::May,
        layout::{Empty, PageHead},
        listing::listing,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new webhook.
#[component]
pub(crate) fn List() -> impl IntoView {
    view! {
        <PageHead title="Webhooks" text="Addresses of yours that Coffer tells what happened, signed and with retries.">
            <May><a class="btn btn-primary" href="/console/webhooks/new">"Create webhook"</a></May>
        </PageHead>
        <Search label="Search webhooks"/>
        {listing(list_webhooks, nothing, table_of)}
    }
}

fn nothing(search: &str) -> AnyView {
    if !search.is_empty() {
        let text = format!("No webhook has “{search}” in its address or description.");
        return view! {
            <Empty title="Nothing found" text=text>
                <a class="btn" href=address::WEBHOOKS>"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            title="No webhooks yet"
            text="Create one to learn at once when an account is connected or needs consent, when a token is released, \
                  or when a connection changes."
        >
            <May><a class="btn btn-primary" href="/console/webhooks/new">"Create your first webhook"</a></May>
        </Empty>
    }
    .into_any()
}

fn table_of(rows: Vec<WebhookSummary>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let badge = webhook_badge(&row.state);
            let events = match &row.types[..] {
                [only] => only.label().to_owned(),
                all if all.len() == EventType::ALL.len() => "All".to_owned(),
                some => format!("{} of {}", some.len(), EventType::ALL.len()),
            };
            let (name, below) = match row.description.is_empty() {
                true => (row.url, None),
                false => (row.description, Some(row.url)),
            };
            view! {
                <tr>
                    <td>
                        <span class="min-w-0">
                            <a
                                class="block font-semibold break-words hover:underline"
                                href=address::webhook(&row.id)
                            >
                                {name}
                            </a>
                            {below.map(|url| view! { <span class="hint">{url}</span> })}
                        </span>
                    </td>
                    <td data-label="Events">{events}</td>
                    <td data-label="State">{badge}</td>
                </tr>
            }
        })
        .collect_view();
    table("Webhooks", &["Webhook", "Events", "State"], rows)
}
