//! The connections that an application may use.

use coffer_contract::connection::Enablement;
use leptos::prelude::*;

use crate::{
    console::enablement::{Enablements, Side},
    ui::{
        access::May,
        layout::Empty,
        load::{Fetched, loaded},
    },
};

/// One toggle for each connection.
#[component]
pub(super) fn Connections(rows: Fetched<Vec<Enablement>>) -> impl IntoView {
    view! {
        <h2 class="text-base">"Connections"</h2>
        <p class="hint mt-1 mb-4">
            "Switch on every connection that this application may use. Saved at once. Only connections with Token \
             Vault on give the application access to a provider's API."
        </p>
        {loaded(rows, |rows: Vec<Enablement>| if rows.is_empty() {
            view! {
                <Empty
                    title="No connections yet"
                    text="A connection lets users sign in with a provider. Create one, then switch it on here."
                >
                    <May><a class="btn btn-primary" href="/console/connections/social/new">"Social connection"</a>
                    <a class="btn" href="/console/connections/enterprise/new">"Enterprise connection"</a></May>
                </Empty>
            }
            .into_any()
        } else {
            view! { <Enablements rows=rows side=Side::Connections/> }.into_any()
        })}
    }
    .into_any()
}
