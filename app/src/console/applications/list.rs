//! All applications.

use coffer_contract::{application::ApplicationSummary, page};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    address::encode,
    server_fns::application::list_applications,
    ui::{
        icon::Mark,
        layout::{Empty, PageHead},
        load::loaded,
        pagination::Pagination,
        search::Search,
        table::table,
    },
};

/// Search, list and the way to a new application.
#[component]
pub(crate) fn List() -> impl IntoView {
    let query = use_query_map();
    let wanted =
        Memo::new(move |_| query.with(|query| (query.get("q").unwrap_or_default(), query.get("after"))));
    let rows = Resource::new(move || wanted.get(), |(search, after)| list_applications(search, after));
    view! {
        <PageHead
            title="Applications"
            text="The programs that sign users in through Coffer and call providers on their behalf."
        >
            <a class="btn btn-primary" href="/console/applications/new">"Create application"</a>
        </PageHead>
        <Search label="Search applications"/>
        {loaded(rows, move |page: page::Page<ApplicationSummary>| {
            let (search, after) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(&search);
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
            <a class="btn btn-primary" href="/console/applications/new">"Create your first application"</a>
        </Empty>
    }
    .into_any()
}

#[component]
fn Table(rows: Vec<ApplicationSummary>) -> impl IntoView {
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
                                href=format!("/console/applications/{}", row.client_id)
                            >
                                {row.name}
                            </a>
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
