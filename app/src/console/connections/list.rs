//! The connections of one group.

use coffer_contract::{catalogue::ConnectionGroup, connection::ConnectionSummary};
use leptos::prelude::*;

use super::{list_of, name_of};
use crate::{
    server_fns::connection::list_connections,
    ui::{
        access::May,
        icon::Mark,
        layout::{Empty, PageHead, VaultBadge},
        listing::listing,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new connection.
#[component]
pub(crate) fn List(group: ConnectionGroup) -> impl IntoView {
    let about = match group {
        ConnectionGroup::Social => "Sign-in with an account at a consumer platform.",
        ConnectionGroup::Enterprise => "Sign-in against a company's directory or identity provider.",
    };
    view! {
        <PageHead title=name_of(group) text=about>
            <May><a class="btn btn-primary" href=format!("{}/new", list_of(group))>"Create connection"</a></May>
        </PageHead>
        <Search label="Search connections"/>
        {listing(
            move |search, after| list_connections(group, search, after),
            move |search| nothing(group, search),
            table_of,
        )}
    }
}

fn nothing(group: ConnectionGroup, search: &str) -> AnyView {
    if !search.is_empty() {
        return view! {
            <Empty title="Nothing found" text=format!("No connection has “{search}” in its name.")>
                <a class="btn" href=list_of(group)>"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            title="No connections yet"
            text="A connection lets your users sign in with a provider, and lets your applications call the \
                  provider's API on their behalf. Start with the client id and secret from the provider."
        >
            <May><a class="btn btn-primary" href=format!("{}/new", list_of(group))>"Choose a provider"</a></May>
        </Empty>
    }
    .into_any()
}

fn table_of(rows: Vec<ConnectionSummary>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td>
                        <span class="flex min-w-0 items-center gap-3">
                            <Mark name=row.strategy_name.clone()/>
                            <span class="min-w-0">
                                <a
                                    class="block font-semibold break-words hover:underline"
                                    href=format!("/console/connections/{}", row.id)
                                >
                                    {row.display_name}
                                </a>
                                <code class="hint break-all">{row.name}</code>
                            </span>
                        </span>
                    </td>
                    <td data-label="Type">{row.strategy_name}</td>
                    <td data-label="Token Vault"><VaultBadge on=row.vault_enabled/></td>
                    <td data-label="Applications">{row.applications}</td>
                </tr>
            }
        })
        .collect_view();
    table("Connections", &["Connection", "Type", "Token Vault", "Applications"], rows)
}
