//! The Settings form of a webhook.

use coffer_contract::webhook::{WebhookDetail, WebhookState};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    draft::{Draft, Events, Receiver},
    page::name,
};
use crate::{
    address,
    server_fns::webhook::{delete_webhook, update_webhook},
    ui::{
        Errors, Toasts,
        dialog::Confirm,
        errors::Problem,
        form::{Submit, SubmitForm},
        layout::Section,
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
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        errors.clear();
        let id = id.clone();
        spawn_local(async move {
            match update_webhook(id, draft.form(), version.get_untracked()).await {
                Ok(saved) => {
                    version.set(saved.version);
                    title.set(name(&saved.form));
                    state.set(saved.state);
                    toasts.done("Changes saved.");
                }
                Err(failure) => errors.show(failure),
            }
            pending.set(false);
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
        <Danger id=webhook/>
    }
    .into_any()
}

#[component]
fn Danger(id: String) -> impl IntoView {
    let toasts = Toasts::of_page();
    let navigate = use_navigate();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let delete = Callback::new(move |_: String| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        errors.clear();
        let (id, navigate) = (id.clone(), navigate.clone());
        spawn_local(async move {
            match delete_webhook(id).await {
                Ok(()) => {
                    toasts.done("The webhook is deleted.");
                    navigate(address::WEBHOOKS, NavigateOptions::default());
                }
                Err(failure) => {
                    errors.show(failure);
                    pending.set(false);
                }
            }
        });
    });
    view! {
        <div class="mt-6">
            <Section title="Danger zone" text="To pause deliveries, switch the webhook off instead.">
                <div>
                    <Confirm
                        id="delete-webhook"
                        button="Delete webhook"
                        title="Delete this webhook?"
                        text="Its receiver is told nothing any more, and its list of deliveries is deleted too. This \
                              cannot be undone."
                        action="Delete"
                        errors=errors
                        pending=pending.into()
                        confirm=delete
                    />
                </div>
            </Section>
        </div>
    }
    .into_any()
}
