//! The toggles that let applications use connections; each is saved at once.

use coffer_contract::{administrator::Role, connection::Enablement};
use leptos::{prelude::*, task::spawn_local};

use super::limits::{Limited, Limits};
use crate::{
    address,
    server_fns::enablement::set_enablement,
    ui::{Toasts, access::allows, icon::Mark, layout::VaultBadge, ready},
};

/// Which side of the pair the page is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Rows are connections of one application.
    Connections,
    /// Rows are applications of one connection.
    Applications,
}

/// All toggles of one page.
#[component]
pub(crate) fn Enablements(rows: Vec<Enablement>, side: Side) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row=row side=side/> }).collect_view();
    view! { <ul class="card rows">{rows}</ul> }.into_any()
}

#[component]
fn Row(row: Enablement, side: Side) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let allowed = allows(Role::Editor);
    let enabled = RwSignal::new(row.enabled);
    let ceiling = RwSignal::new(row.scope_ceiling.clone());
    let saving = RwSignal::new(false);
    let (title, href, other) = match side {
        Side::Connections => (
            row.connection_name.clone(),
            format!("/console/connections/{}", row.connection_id),
            row.application_name.clone(),
        ),
        Side::Applications => {
            (row.application_name.clone(), address::application(&row.client_id), row.connection_name.clone())
        }
    };
    let label = match side {
        Side::Connections => format!("Enable {title} for {other}"),
        Side::Applications => format!("Enable {other} for {title}"),
    };
    let detail = match side {
        Side::Connections => view! { <VaultBadge on=row.vault_enabled/> }.into_any(),
        Side::Applications => {
            view! { <code class="hint break-all">{row.client_id.clone()}</code> }.into_any()
        }
    };
    let limits = Limits::of(&row, enabled, ceiling);
    let (connection_id, client_id) = (row.connection_id, row.client_id);
    let (application, connection) = (row.application_name, row.connection_name);
    let change = move |ev| {
        let wanted = event_target_checked(&ev);
        if saving.get_untracked() {
            // One save at a time: the switch goes back to what is being saved.
            enabled.notify();
            return;
        }
        enabled.set(wanted);
        saving.set(true);
        let (connection_id, client_id) = (connection_id.clone(), client_id.clone());
        let (application, connection) = (application.clone(), connection.clone());
        spawn_local(async move {
            match set_enablement(connection_id, client_id, wanted).await {
                Ok(saved) => {
                    enabled.set(saved.enabled);
                    ceiling.set(saved.scope_ceiling);
                    let word = if saved.enabled { "enabled" } else { "disabled" };
                    toasts.done(format!("{connection} is {word} for {application}."));
                }
                Err(failure) => {
                    enabled.set(!wanted);
                    toasts.failed(failure.to_string());
                }
            }
            saving.set(false);
        });
    };
    view! {
        <li class="flex flex-wrap items-center gap-3 px-4 py-3 sm:px-5">
            <Mark name=title.clone()/>
            <div class="min-w-0 flex-1">
                <a class="block font-semibold break-words hover:underline" href=href>{title.clone()}</a>
                <span class="flex flex-wrap items-center gap-2">{detail} <Limited ceiling=ceiling/></span>
            </div>
            {limits.button(&title)}
            <input
                class="toggle"
                type="checkbox"
                role="switch"
                aria-label=label
                aria-busy=move || saving.get().then_some("true")
                disabled=move || waiting.get() || !allowed.get()
                checked=row.enabled
                prop:checked=enabled
                on:change=change
            />
            {limits.panel()}
        </li>
    }
    .into_any()
}
