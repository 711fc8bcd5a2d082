//! The Settings form of a webhook.

use coffer_contract::webhook::{WebhookDetail, WebhookState};
use leptos::prelude::*;

use super::{
    draft::{Draft, Events, Receiver},
    page::name,
};
use crate::{
    address,
    server_fns::webhook::{delete_webhook, update_webhook},
    ui::{
        Errors, Toasts,
        danger::DangerZone,
        errors::Problem,
        form::{Submit, SubmitForm, send},
        toggle::Toggle,
    },
};

/// Everything about the webhook but its secret.
#[component]
pub(super) fn Settings(
    detail: WebhookDetail,
    title: RwSignal<String>,
    state: RwSignal<WebhookState>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let draft = Draft::edit(&detail.form);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let version = RwSignal::new(detail.version);
    let (id, webhook) = (detail.id.clone(), detail.id);
    let save = move || {
        let id = id.clone();
        send(errors, pending, update_webhook(id, draft.form(), version.get_untracked()), move |saved| {
            version.set(saved.version);
            title.set(name(&saved.form));
            state.set(saved.state);
            toasts.done("Changes saved.");
        });
    };
    view! {
        <SubmitForm on_submit=save>
            <Receiver draft=draft errors=errors>
                <Toggle
                    label="Enabled"
                    name="enabled"
                    value=draft.enabled
                    hint="While it is off, nothing is kept for it; what is still to be delivered is given up."
                />
            </Receiver>
            <Events draft=draft errors=errors/>
            <Problem errors=errors/>
            <div><Submit label="Save changes" pending=pending/></div>
        </SubmitForm>
        <DangerZone
            warning="To pause deliveries, switch the webhook off instead."
            what="webhook"
            text="Its receiver is told nothing any more, and its list of deliveries is deleted too."
            done="The webhook is deleted."
            list=address::WEBHOOKS
            delete=move |_| delete_webhook(webhook.clone())
        />
    }
    .into_any()
}
