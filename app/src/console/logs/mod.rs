//! Monitoring > Logs.

mod filter;
mod table;

use coffer_contract::{
    Page,
    log::{LogEntry, LogFilter},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::{filter::Filters, table::Table};
use crate::{
    address::encode,
    server_fns::log::{list_logs, log_codes},
    ui::{
        layout::{Empty, PageHead},
        load::{fetched, loaded},
        pagination::Pagination,
    },
};

/// The audit log, filtered by the address.
#[component]
pub(crate) fn Logs() -> impl IntoView {
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        query.with(|query| {
            let get = |name: &str| query.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
            let filter = LogFilter {
                code: get("code"),
                outcome: get("outcome"),
                client_id: get("client_id"),
                connection: get("connection"),
                user_id: get("user_id"),
                account: get("account"),
            };
            (filter, query.get("before").and_then(|before| before.parse::<i64>().ok()))
        })
    });
    let rows = fetched(move || wanted.get(), |(filter, before)| list_logs(filter, before));
    let codes = fetched(|| (), |()| log_codes());
    view! {
        <PageHead title="Logs" text="Everything that mattered, newest first. Logs hold no token and no secret.">
            {export("csv", "Export as CSV", wanted)}
            {export("ndjson", "Export as JSON lines", wanted)}
        </PageHead>
        {loaded(codes, move |codes| {
            view! { <Filters codes=codes filter=wanted.get_untracked().0/> }.into_any()
        })}
        {loaded(rows, move |page: Page<LogEntry>| {
            let (filter, before) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(&filter);
            }
            let next = page.next.as_deref().map(|next| address(&filter, Some(next)));
            let first = before.is_some().then(|| address(&filter, None));
            view! {
                <Table rows=page.items/>
                <Pagination first=first next=next next_label="Older" first_label="Newest"/>
            }
            .into_any()
        })}
    }
}

fn nothing(filter: &LogFilter) -> AnyView {
    if *filter == LogFilter::default() {
        view! { <Empty title="Nothing logged yet" text="Sign-ins, changes and releases of tokens appear here."/> }
            .into_any()
    } else {
        view! {
            <Empty title="Nothing found" text="No event matches these filters.">
                <a class="btn" href="/console/logs">"Clear filters"</a>
            </Empty>
        }
        .into_any()
    }
}

/// A link that downloads every event that passes the filter, not this page alone.
fn export(
    format: &'static str,
    words: &'static str,
    wanted: Memo<(LogFilter, Option<i64>)>,
) -> impl IntoView {
    let href = move || wanted.with(|(filter, _)| query("/console/logs/export", filter, ("format", format)));
    view! { <a class="btn" href=href download="" rel="external">{words}</a> }
}

/// The address of a page of the filtered log.
fn address(filter: &LogFilter, before: Option<&str>) -> String {
    query("/console/logs", filter, ("before", before.unwrap_or_default()))
}

fn query(path: &str, filter: &LogFilter, last: (&str, &str)) -> String {
    let pairs = [
        ("code", filter.code.as_str()),
        ("outcome", &filter.outcome),
        ("client_id", &filter.client_id),
        ("connection", &filter.connection),
        ("user_id", &filter.user_id),
        ("account", &filter.account),
        last,
    ];
    let query: Vec<_> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("{path}?{}", query.join("&"))
}
