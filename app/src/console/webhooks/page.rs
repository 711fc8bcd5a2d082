//! One webhook: deliveries, settings and signing secret.

use coffer_contract::webhook::{WebhookDetail, WebhookForm};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{deliveries::Deliveries, secret::Signing, settings::Settings, state::notice};
use crate::{
    address,
    console::fresh::FreshSecret,
    server_fns::webhook::{test_webhook, webhook},
    ui::{
        Toasts,
        form::{Press, act},
        layout::PageHead,
        load::{fetched, loaded},
        tabs::{Tabs, current},
    },
};

const TABS: &[(&str, &str)] =
    &[("deliveries", "Deliveries"), ("settings", "Settings"), ("secret", "Signing secret")];

/// The webhook that the address names.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let detail = fetched(move || id.get(), webhook);
    let fresh = FreshSecret::of_console();
    on_cleanup(move || fresh.forget());
    loaded(detail, |detail| view! { <Shown detail=detail/> }.into_any())
}

#[component]
fn Shown(detail: WebhookDetail) -> impl IntoView {
    let tab = current(TABS);
    let title = RwSignal::new(name(&detail.form));
    let state = RwSignal::new(detail.state.clone());
    let id = detail.id.clone();
    view! {
        <PageHead title=title above=(address::WEBHOOKS.to_owned(), "Webhooks")>
            <SendTest id=id.clone()/>
        </PageHead>
        {move || notice(state.get())}
        <Tabs tabs=TABS current=tab label="Webhook"/>
        <div hidden=move || tab.get() != "deliveries">
            <Deliveries id=detail.id.clone()/>
        </div>
        <div hidden=move || tab.get() != "settings">
            <Settings detail=detail.clone() title=title state=state/>
        </div>
        <div hidden=move || tab.get() != "secret">
            <Signing detail=detail/>
        </div>
    }
    .into_any()
}

/// What a webhook is called.
pub(super) fn name(form: &WebhookForm) -> String {
    if form.description.is_empty() { form.url.clone() } else { form.description.clone() }
}

#[component]
fn SendTest(id: String) -> impl IntoView {
    let toasts = Toasts::of_page();
    let navigate = use_navigate();
    let pending = RwSignal::new(false);
    let send = move || {
        let (id, navigate) = (id.clone(), navigate.clone());
        act(toasts, pending, test_webhook(id.clone()), move |delivery| {
            toasts.done("A test event is on its way.");
            navigate(&address::delivery(&id, &delivery), NavigateOptions::default());
        });
    };
    view! { <Press label="Send test event" pending=pending press=send/> }
}
