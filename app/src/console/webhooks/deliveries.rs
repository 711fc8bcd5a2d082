//! The deliveries of a webhook, filtered by the address.

use coffer_contract::{
    Page,
    webhook::{DeliveryFilter, DeliveryState, DeliverySummary, EventType},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::state::{answer_badge, delivery_badge};
use crate::{
    address::{self, encode},
    server_fns::webhook::list_deliveries,
    ui::{
        layout::Empty,
        load::{fetched, loaded},
        pagination::Pagination,
        table::table,
        time::Time,
    },
};

/// Filter and list.
#[component]
pub(super) fn Deliveries(id: String) -> impl IntoView {
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        query.with(|query| {
            let get = |name: &str| query.get(name).unwrap_or_default();
            (DeliveryFilter { state: get("state"), event: get("event") }, query.get("after"))
        })
    });
    let webhook = id.clone();
    let rows =
        fetched(move || wanted.get(), move |(filter, after)| list_deliveries(webhook.clone(), filter, after));
    let here = address::webhook(&id);
    let filters = {
        let here = here.clone();
        move || filters(&here, &wanted.get().0)
    };
    view! {
        {filters}
        {loaded(rows, move |page: Page<DeliverySummary>| {
            let (filter, after) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(&filter, &here);
            }
            let link = |after: Option<&str>| {
                let after = after.map(|after| format!("&after={}", encode(after))).unwrap_or_default();
                format!("{here}?state={}&event={}{after}", encode(&filter.state), encode(&filter.event))
            };
            let next = page.next.as_deref().map(|next| link(Some(next)));
            let first = after.is_some().then(|| link(None));
            view! {
                {table_of(&id, page.items)}
                <Pagination first=first next=next next_label="Older" first_label="Newest"/>
            }
            .into_any()
        })}
    }
    .into_any()
}

fn nothing(filter: &DeliveryFilter, here: &str) -> AnyView {
    let here = here.to_owned();
    if *filter == DeliveryFilter::default() {
        let text =
            "What happens from now on appears here. Send a test event to see whether deliveries arrive.";
        return view! { <Empty title="No deliveries yet" text=text/> }.into_any();
    }
    view! {
        <Empty title="Nothing found" text="No delivery matches these filters.">
            <a class="btn" href=here>"Clear filters"</a>
        </Empty>
    }
    .into_any()
}

fn filters(here: &str, filter: &DeliveryFilter) -> AnyView {
    let states = DeliveryState::ALL.into_iter().map(|state| (state.code(), state.label()));
    let events =
        EventType::ALL.iter().copied().chain([EventType::Test]).map(|event| (event.code(), event.label()));
    let states = select("State", "filter-state", "state", states, &filter.state);
    let events = select("Event", "filter-event", "event", events, &filter.event);
    let (here, all) = (here.to_owned(), here.to_owned());
    // Not the router's form: it writes the address in lower case, and ids have both.
    view! {
        <search class="card mb-4 block p-4">
            <form method="get" action=here class="grid gap-4 sm:grid-cols-3">
                {states}
                {events}
                <div class="flex items-end gap-2">
                    <button type="submit" class="btn btn-primary">"Filter"</button>
                    <a class="btn" href=all>"Clear"</a>
                </div>
            </form>
        </search>
    }
    .into_any()
}

fn select(
    label: &'static str,
    id: &'static str,
    name: &'static str,
    options: impl Iterator<Item = (&'static str, &'static str)>,
    chosen: &str,
) -> AnyView {
    let options = options
        .map(|(code, words)| view! { <option value=code selected={code == chosen}>{words}</option> })
        .collect_view();
    view! {
        <div>
            <label class="label" for=id>{label}</label>
            <select class="input mt-1.5" id=id name=name>
                <option value="">"Any"</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}

fn table_of(webhook_id: &str, rows: Vec<DeliverySummary>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let answer = match &row.last {
                Some(attempt) => answer_badge(attempt).into_any(),
                None => "–".into_any(),
            };
            let due = row.due_at.map(|at| view! { <span class="hint block">"Next: " <Time at=at/></span> });
            view! {
                <tr>
                    <td>
                        <span class="min-w-0">
                            <a
                                class="block font-semibold break-words hover:underline"
                                href=address::delivery(webhook_id, &row.id)
                            >
                                {row.event.label()}
                            </a>
                            <code class="hint break-all">{row.id}</code>
                        </span>
                    </td>
                    <td data-label="State"><span>{delivery_badge(row.state)} {due}</span></td>
                    <td data-label="Attempts">{row.attempts}</td>
                    <td data-label="Last answer">{answer}</td>
                    <td data-label="Happened"><Time at=row.created_at/></td>
                </tr>
            }
        })
        .collect_view();
    table("Deliveries, newest first", &["Event", "State", "Attempts", "Last answer", "Happened"], rows)
}
