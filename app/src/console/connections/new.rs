//! A new connection.

use coffer_contract::{administrator::Role, catalogue::ConnectionGroup};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    draft::Draft,
    form::{ConnectionFields, Facts},
    list_of,
};
use crate::{
    server_fns::{
        catalogue::{NewConnection, new_connection},
        connection::create_connection,
    },
    ui::{
        Errors, Toasts,
        form::send,
        layout::PageHead,
        load::{fetched, loaded},
    },
};

/// The form for the kind that the address names.
#[component]
pub(crate) fn New() -> impl IntoView {
    let params = use_params_map();
    let strategy = Memo::new(move |_| params.with(|params| params.get("strategy")).unwrap_or_default());
    let start = fetched(move || strategy.get(), new_connection);
    loaded(start, |start| view! { <NewForm start=start/> }.into_any())
}

#[component]
fn NewForm(start: NewConnection) -> impl IntoView {
    let NewConnection { entry, callback_url } = start;
    let toasts = Toasts::of_page();
    let navigate = use_navigate();
    let draft = Draft::new(&entry);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let facts = Facts { entry: entry.clone(), callback_url, creating: true, role: Role::Editor };
    let title = format!("New {} connection", entry.name);
    let above = (format!("{}/new", list_of(entry.group)), "All kinds of connection");
    let intro = match entry.group {
        ConnectionGroup::Social | ConnectionGroup::Enterprise => entry.description.clone(),
    };
    let create = move || {
        let (strategy, form, navigate) = (entry.strategy.clone(), draft.form(&entry), navigate.clone());
        send(errors, pending, create_connection(strategy, form), move |made| {
            toasts.done(format!("{} is created. Now choose its applications.", made.display_name));
            let page = format!("/console/connections/{}?tab=applications", made.id);
            navigate(&page, NavigateOptions::default());
        });
    };
    view! {
        <PageHead title=title text=intro above=above/>
        <ConnectionFields
            facts=facts
            draft=draft
            errors=errors
            pending=pending
            secret_replaced_at=RwSignal::new(None)
            on_submit=create
        />
    }
    .into_any()
}
