//! One connection: settings, the applications that may use it, and a try.

use coffer_contract::{
    administrator::Role,
    connection::{ConnectionDetail, Enablement},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    draft::Draft,
    form::{ConnectionFields, Facts},
    list_of, name_of,
    trying::Trying,
};
use crate::{
    console::enablement::{Enablements, Side},
    server_fns::{
        connection::{connection, delete_connection, update_connection},
        enablement::connection_applications,
    },
    ui::{
        Errors, Toasts,
        access::{May, allows},
        danger::DangerZone,
        form::send,
        layout::{Empty, PageHead},
        load::{Fetched, fetched, loaded},
        tabs::{Tabs, current},
    },
};

const TABS: &[(&str, &str)] =
    &[("settings", "Settings"), ("applications", "Applications"), ("try", "Try connection")];

/// The connection that the address names.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let detail = fetched(move || id.get(), connection);
    let rows = fetched(move || id.get(), connection_applications);
    loaded(detail, move |detail| view! { <Shown detail=detail rows=rows/> }.into_any())
}

#[component]
fn Shown(detail: ConnectionDetail, rows: Fetched<Vec<Enablement>>) -> impl IntoView {
    let tab = current(TABS);
    let title = RwSignal::new(detail.display_name.clone());
    let group = detail.entry.group;
    let kind = format!("{} · {}", detail.entry.name, detail.name);
    let tried = detail.clone();
    view! {
        <PageHead title=title text=kind above=(list_of(group), name_of(group))/>
        <Tabs tabs=TABS current=tab label="Connection"/>
        <div hidden=move || tab.get() != "settings">
            <Settings detail=detail title=title/>
        </div>
        <div hidden=move || tab.get() != "applications">
            <h2 class="text-base">"Applications"</h2>
            <p class="hint mt-1 mb-4">"Switch on every application that may use this connection. Saved at once."</p>
            {loaded(rows, |rows: Vec<Enablement>| if rows.is_empty() {
                view! {
                    <Empty
                        title="No applications yet"
                        text="Create an application first; then switch this connection on for it."
                    >
                        <May><a class="btn btn-primary" href="/console/applications/new">"Create application"</a></May>
                    </Empty>
                }
                .into_any()
            } else {
                view! { <Enablements rows=rows side=Side::Applications/> }.into_any()
            })}
        </div>
        <div hidden=move || tab.get() != "try">
            <Trying detail=tried/>
        </div>
    }
    .into_any()
}

#[component]
fn Settings(detail: ConnectionDetail, title: RwSignal<String>) -> impl IntoView {
    let toasts = Toasts::of_page();
    let draft = Draft::edit(&detail);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let version = RwSignal::new(detail.version);
    let replaced_at = RwSignal::new(detail.client_secret_replaced_at);
    let (entry, id) = (detail.entry.clone(), detail.id.clone());
    let owners = detail.options.administrator_sign_in;
    let role = if owners { Role::Owner } else { Role::Editor };
    let facts = Facts {
        entry: detail.entry.clone(),
        callback_url: detail.callback_url.clone(),
        creating: false,
        role,
    };
    let (editor, owner) = (allows(Role::Editor), allows(Role::Owner));
    let note = owners.then(|| {
        view! {
            <p class="alert alert-note mb-6" hidden=move || owner.get() || !editor.get()>
                "Administrators sign in through this connection, so owners alone change it."
            </p>
        }
    });
    let save = move || {
        let (id, form) = (id.clone(), draft.form(&entry));
        send(errors, pending, update_connection(id, form, version.get_untracked()), move |saved| {
            version.set(saved.version);
            draft.client_secret.set(String::new());
            draft.display_name.set(saved.display_name.clone());
            replaced_at.set(saved.client_secret_replaced_at);
            title.set(saved.display_name);
            toasts.done("Changes saved.");
        });
    };
    view! {
        {note}
        <ConnectionFields
            facts=facts
            draft=draft
            errors=errors
            pending=pending
            secret_replaced_at=replaced_at
            on_submit=save
        />
        <DangerZone
            warning="Deleting a connection deletes its users' accounts and every token kept for them."
            what="connection"
            text="Users who signed in with it lose access, and the tokens in the vault are gone."
            typed=Signal::stored(detail.name.clone())
            role=role
            done=format!("{} is deleted.", detail.name)
            list=list_of(detail.entry.group)
            delete=move |entered| delete_connection(detail.id.clone(), entered)
        />
    }
    .into_any()
}
