//! The kinds of connection that can be created.

use coffer_contract::catalogue::{CatalogueEntry, ConnectionGroup};
use leptos::prelude::*;

use super::{list_of, name_of};
use crate::{
    server_fns::catalogue::catalogue,
    ui::{icon::Mark, layout::PageHead, load::loaded},
};

/// One card for each kind.
#[component]
pub(crate) fn Catalogue(group: ConnectionGroup) -> impl IntoView {
    let entries = Resource::new(|| (), move |()| catalogue(group));
    view! {
        <PageHead
            title="Create connection"
            text="Choose where your users come from."
            above=(list_of(group), name_of(group))
        />
        {loaded(entries, move |entries: Vec<CatalogueEntry>| {
            let cards = entries
                .into_iter()
                .map(|entry| {
                    let href = format!("{}/new/{}", list_of(group), entry.strategy);
                    view! {
                        <li>
                            <a class="card card-link flex h-full gap-4 p-5" href=href>
                                <Mark name=entry.name.clone()/>
                                <span class="min-w-0">
                                    <span class="block font-semibold">{entry.name}</span>
                                    <span class="hint mt-1 block">{entry.description}</span>
                                </span>
                            </a>
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">{cards}</ul> }.into_any()
        })}
    }
}
