//! All applications.

use coffer_contract::application::ApplicationSummary;
use leptos::prelude::*;

use super::origin;
use crate::{
    address,
    server_fns::application::list_applications,
    ui::{
        access::May,
        icon::Mark,
        layout::{Empty, PageHead},
        listing::listing,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new application.
#[component]
pub(crate) fn List() -> impl IntoView {
    view! {
        <PageHead
            title="Applications"
            text="The programs that sign users in through Coffer and call providers on their behalf."
        >
            <May><a class="btn btn-primary" href="/console/applications/new">"Create application"</a></May>
        </PageHead>
        <Search label="Search applications"/>
        {listing(list_applications, nothing, table_of)}
    }
}

fn nothing(search: &str) -> AnyView {
    if !search.is_empty() {
        return view! {
            <Empty title="Nothing found" text=format!("No application has “{search}” in its name.")>
                <a class="btn" href="/console/applications">"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            title="No applications yet"
            text="Create one for each program that signs users in. It gets a client id and, where it can keep one, \
                  a client secret."
        >
            <May><a class="btn btn-primary" href="/console/applications/new">"Create your first application"</a></May>
        </Empty>
    }
    .into_any()
}

fn table_of(rows: Vec<ApplicationSummary>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td>
                        <span class="flex min-w-0 items-center gap-3">
                            <Mark name=row.name.clone()/>
                            <a
                                class="min-w-0 font-semibold break-words hover:underline"
                                href=address::application(&row.client_id)
                            >
                                {row.name}
                            </a>
                            {origin::badge(row.origin)}
                        </span>
                    </td>
                    <td data-label="Type">{row.app_type.label()}</td>
                    <td data-label="Client ID"><code class="break-all">{row.client_id}</code></td>
                    <td data-label="Connections">{row.connections}</td>
                </tr>
            }
        })
        .collect_view();
    table("Applications", &["Application", "Type", "Client ID", "Connections"], rows)
}
