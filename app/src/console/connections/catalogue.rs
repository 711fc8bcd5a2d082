//! The kinds of connection that can be created.

use coffer_contract::catalogue::{CatalogueEntry, ConnectionGroup, OptionField};
use leptos::prelude::*;

use super::{list_of, name_of};
use crate::{
    browser,
    server_fns::catalogue::catalogue,
    ui::{
        icon::Mark,
        layout::{Empty, PageHead},
        load::{fetched, loaded},
        ready,
    },
};

const FILTER: &str = "catalogue-filter";

/// One card for each kind, and a box that narrows them down.
#[component]
pub(crate) fn Catalogue(group: ConnectionGroup) -> impl IntoView {
    let entries = fetched(|| (), move |()| catalogue(group));
    view! {
        <PageHead
            title="Create connection"
            text="Choose where your users come from."
            above=(list_of(group), name_of(group))
        />
        {loaded(entries, move |entries| view! { <Cards entries=entries group=group/> }.into_any())}
    }
}

#[component]
fn Cards(entries: Vec<CatalogueEntry>, group: ConnectionGroup) -> impl IntoView {
    // What was typed before scripts ran narrows the list too.
    let typed = if ready::waiting().get_untracked() { browser::typed(FILTER) } else { None };
    let wanted = RwSignal::new(typed.unwrap_or_default());
    let texts: Vec<String> = entries.iter().map(searched).collect();
    let found = Memo::new(move |_| {
        let words = wanted.with(|text| text.to_lowercase());
        texts.iter().map(|text| words.split_whitespace().all(|word| text.contains(word))).collect::<Vec<_>>()
    });
    let count = move || found.with(|found| found.iter().filter(|found| **found).count());
    let all = entries.len();
    let cards = entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| {
            let hidden = move || !found.with(|found| found[at]);
            view! { <li hidden=hidden>{card(entry, group)}</li> }
        })
        .collect_view();
    view! {
        <search class="mb-5 block">
            <label class="label" for=FILTER>"Find a provider"</label>
            <input
                class="input mt-1.5 max-w-sm"
                id=FILTER
                type="search"
                autocomplete="off"
                placeholder="GitHub, calendar, invoices…"
                value=wanted.get_untracked()
                prop:value=wanted
                on:input=move |ev| wanted.set(event_target_value(&ev))
            />
            <p class="hint mt-1.5" role="status">{move || match count() {
                found if found == all => format!("{all} providers"),
                found => format!("{found} of {all} providers"),
            }}</p>
        </search>
        <ul class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">{cards}</ul>
        <div hidden=move || { count() > 0 }>{nothing()}</div>
    }
    .into_any()
}

/// What the box looks through.
fn searched(entry: &CatalogueEntry) -> String {
    format!("{} {} {}", entry.name, entry.strategy, entry.description).to_lowercase()
}

fn card(entry: CatalogueEntry, group: ConnectionGroup) -> impl IntoView {
    let href = format!("{}/new/{}", list_of(group), entry.strategy);
    // Where the administrator enters the addresses, there are no facts to be tried.
    let documented = !entry.tested && !entry.fields.contains(&OptionField::AuthorizationUrl);
    view! {
        <a class="card card-link flex h-full gap-4 p-5" href=href>
            <Mark name=entry.name.clone()/>
            <span class="min-w-0">
                <span class="block font-semibold">{entry.name}</span>
                <span class="hint mt-1 block">{entry.description}</span>
                {documented.then(|| view! { <span class="mt-2 block text-xs text-muted">"From documentation"</span> })}
            </span>
        </a>
    }
}

fn nothing() -> impl IntoView {
    view! {
        <Empty
            title="Nothing found"
            text="Any provider that speaks OAuth 2 or OpenID Connect works: enter its addresses yourself."
        >
            <a class="btn" href="/console/connections/social/new/oauth2">"Use Custom (OAuth 2)"</a>
            <a class="btn" href="/console/connections/enterprise/new/oidc">"Use OpenID Connect"</a>
        </Empty>
    }
}
