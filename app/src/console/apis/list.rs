//! All APIs.

use coffer_contract::api::ApiSummary;
use leptos::prelude::*;

use crate::{
    address,
    server_fns::api::list_apis,
    ui::{
        access::May,
        icon::Mark,
        layout::{Empty, PageHead},
        listing::listing,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new API.
#[component]
pub(crate) fn List() -> impl IntoView {
    view! {
        <PageHead title="APIs" text="The services that take Coffer's access tokens, and what applications can ask for there.">
            <May><a class="btn btn-primary" href=format!("{}/new", address::APIS)>"Create API"</a></May>
        </PageHead>
        <Search label="Search APIs"/>
        {listing(list_apis, nothing, table_of)}
    }
}

/// Without a search there are the server's own.
fn nothing(search: &str) -> AnyView {
    view! {
        <Empty title="Nothing found" text=format!("No API has “{search}” in its name or identifier.")>
            <a class="btn" href=address::APIS>"Show all"</a>
        </Empty>
    }
    .into_any()
}

fn table_of(rows: Vec<ApiSummary>) -> AnyView {
    let first = rows.iter().all(|row| row.system);
    let rows = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td>
                        <span class="flex min-w-0 items-center gap-3">
                            <Mark name=row.name.clone()/>
                            <span class="flex min-w-0 flex-wrap items-center gap-2">
                                <a
                                    class="min-w-0 font-semibold break-words hover:underline"
                                    href=format!("{}/{}", address::APIS, row.id)
                                >
                                    {row.name}
                                </a>
                                {row.system.then(|| view! { <span class="badge">"Coffer's own"</span> })}
                            </span>
                        </span>
                    </td>
                    <td data-label="Identifier"><code class="break-all">{row.identifier}</code></td>
                    <td data-label="Scopes">{row.scopes}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        {table("APIs", &["API", "Identifier", "Scopes"], rows)}
        {first.then(|| view! {
            <p class="hint mt-4">
                "None of your own yet. Create one for each service that is to accept Coffer's access tokens: it checks \
                 them by itself, with a library of your choice."
            </p>
        })}
    }
    .into_any()
}
