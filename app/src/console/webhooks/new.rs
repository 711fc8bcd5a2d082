//! A new webhook.

use coffer_contract::webhook::WebhookForm;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::draft::{Draft, Events, Receiver};
use crate::{
    address,
    console::fresh::FreshSecret,
    server_fns::webhook::create_webhook,
    ui::{
        Errors, Toasts,
        errors::Problem,
        form::{Submit, SubmitForm, send},
        layout::PageHead,
    },
};

/// Address and events. The secret is shown on the next page.
#[component]
pub(crate) fn New() -> impl IntoView {
    let toasts = Toasts::of_page();
    let fresh = FreshSecret::of_console();
    let navigate = use_navigate();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let empty =
        WebhookForm { url: String::new(), description: String::new(), types: Vec::new(), enabled: true };
    let draft = Draft::edit(&empty);
    let create = move || {
        let navigate = navigate.clone();
        send(errors, pending, create_webhook(draft.form()), move |issued| {
            toasts.done("The webhook is created.");
            let page = format!("{}?tab=secret", address::webhook(&issued.id));
            fresh.keep(issued.id, Some(issued.secret));
            navigate(&page, NavigateOptions::default());
        });
    };
    view! {
        <PageHead title="Create webhook" above=(address::WEBHOOKS.to_owned(), "Webhooks")/>
        <SubmitForm on_submit=create>
            <Receiver draft=draft errors=errors/>
            <Events draft=draft errors=errors/>
            <Problem errors=errors/>
            <div><Submit label="Create webhook" pending=pending/></div>
        </SubmitForm>
    }
}
