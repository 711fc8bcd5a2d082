//! Who may register applications, and what these get.

use coffer_contract::registration::RegistrationPage;
use leptos::prelude::*;

use super::{settings::Settings, tokens::Tokens};
use crate::{
    server_fns::registration::registration,
    ui::{layout::PageHead, load::loaded},
};

/// The setting, and the tokens that let register.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let page = Resource::new(|| (), |()| registration());
    loaded(page, move |detail| view! { <Shown detail=detail page=page/> }.into_any())
}

#[component]
fn Shown(
    detail: RegistrationPage,
    page: Resource<Result<RegistrationPage, crate::server_fns::Failure>>,
) -> impl IntoView {
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
