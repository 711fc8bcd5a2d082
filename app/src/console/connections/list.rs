//! The connections of one group.

use coffer_contract::{catalogue::ConnectionGroup, connection::ConnectionSummary, page};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{list_of, name_of};
use crate::{
    address::encode,
    server_fns::connection::list_connections,
    ui::{
        icon::Mark,
        layout::{Empty, PageHead, VaultBadge},
        load::loaded,
        pagination::Pagination,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new connection.
#[component]
pub(crate) fn List(group: ConnectionGroup) -> impl IntoView {
    let query = use_query_map();
    let wanted =
        Memo::new(move |_| query.with(|query| (query.get("q").unwrap_or_default(), query.get("after"))));
    let rows =
        Resource::new(move || wanted.get(), move |(search, after)| list_connections(group, search, after));
    let about = match group {
        ConnectionGroup::Social => "Sign-in with an account at a consumer platform.",
        ConnectionGroup::Enterprise => "Sign-in against a company's directory or identity provider.",
    };
    view! {
        <PageHead title=name_of(group) text=about>
            <a class="btn btn-primary" href=format!("{}/new", list_of(group))>"Create connection"</a>
        </PageHead>
        <Search label="Search connections"/>
        {loaded(rows, move |page: page::Page<ConnectionSummary>| {
            let (search, after) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(group, &search);
            }
            let link = |after: &str| format!("?q={}&after={}", encode(&search), encode(after));
            let next = page.next.as_deref().map(link);
            let first = after.is_some().then(|| format!("?q={}", encode(&search)));
            view! {
                <Table rows=page.items/>
                <Pagination first=first next=next/>
            }
            .into_any()
        })}
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
            <a class="btn btn-primary" href=format!("{}/new", list_of(group))>"Choose a provider"</a>
        </Empty>
    }
    .into_any()
}

#[component]
fn Table(rows: Vec<ConnectionSummary>) -> impl IntoView {
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
