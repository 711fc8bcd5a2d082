//! Who may register applications, and what these get.

use coffer_contract::registration::RegistrationPage;
use leptos::prelude::*;

use super::{settings::Settings, tokens::Tokens};
use crate::{
    server_fns::registration::registration,
    ui::{
        layout::PageHead,
        load::{Fetched, fetched, loaded},
    },
};

/// The setting, and the tokens that let register.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let page = fetched(|| (), |()| registration());
    loaded(page, move |detail| view! { <Shown detail=detail page=page/> }.into_any())
}

#[component]
fn Shown(detail: RegistrationPage, page: Fetched<RegistrationPage>) -> impl IntoView {
    let RegistrationPage { settings, version, connections, tokens, endpoint } = detail;
    view! {
        <PageHead
            title="Registration"
            text="Applications that register themselves, such as MCP clients: who may, and what they get. What an \
                  administrator creates is not bound by this."
        />
        <div class="grid gap-6">
            <Settings settings=settings version=version connections=connections endpoint=endpoint/>
            <Tokens tokens=tokens page=page/>
        </div>
    }
    .into_any()
}
