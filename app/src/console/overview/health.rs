//! Whether the accounts of each connection can be used.

use coffer_contract::overview::ConnectionHealth;
use leptos::prelude::*;

use crate::ui::{icon::Mark, layout::Empty, number::grouped, table::table};

/// A row for each connection whose vault is on; those that need somebody come first.
#[component]
pub(super) fn Health(mut connections: Vec<ConnectionHealth>) -> impl IntoView {
    connections.sort_by_key(|connection| std::cmp::Reverse((connection.needs_consent, connection.failures)));
    let body = if connections.is_empty() {
        view! {
            <Empty
                title="No connection has Token Vault on"
                text="Switch it on at the end of a connection's settings, and its accounts appear here."
            >
                <a class="btn" href="/console/connections/social">"Social connections"</a>
                <a class="btn" href="/console/connections/enterprise">"Enterprise connections"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! { <Table connections=connections/> }.into_any()
    };
    view! {
        <section aria-labelledby="health-title">
            <h2 class="mb-3 text-base" id="health-title">"Health of connections"</h2>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Table(connections: Vec<ConnectionHealth>) -> impl IntoView {
    let rows = connections
        .into_iter()
        .map(|connection| {
            let state = state(&connection);
            let ConnectionHealth { id, name, strategy_name, usable, needs_consent, failures } = connection;
            view! {
                <tr>
                    <td>
                        <span class="flex min-w-0 items-center gap-3">
                            <Mark name=strategy_name.clone()/>
                            <span class="min-w-0">
                                <a
                                    class="block font-semibold break-words hover:underline"
                                    href=format!("/console/connections/{id}")
                                >
                                    {name}
                                </a>
                                <span class="hint">{strategy_name}</span>
                            </span>
                        </span>
                    </td>
                    <td data-label="State">{state}</td>
                    <td data-label="Usable accounts">{grouped(usable)}</td>
                    <td data-label="Need consent">{grouped(needs_consent)}</td>
                    <td data-label="Failures">{grouped(failures)}</td>
                </tr>
            }
        })
        .collect_view();
    table(
        "Connections with Token Vault on",
        &["Connection", "State", "Usable accounts", "Need consent", "Failures"],
        rows,
    )
}

/// One word for the row: what somebody has to do comes before what mends itself.
fn state(connection: &ConnectionHealth) -> AnyView {
    match connection {
        ConnectionHealth { needs_consent: 1.., .. } => {
            view! { <span class="badge badge-danger">"Needs consent"</span> }.into_any()
        }
        ConnectionHealth { failures: 1.., .. } => {
            view! { <span class="badge badge-warn">"Some failures"</span> }.into_any()
        }
        ConnectionHealth { usable: 0, .. } => {
            view! { <span class="badge">"No accounts yet"</span> }.into_any()
        }
        _ => view! { <span class="badge badge-ok">"Healthy"</span> }.into_any(),
    }
}
