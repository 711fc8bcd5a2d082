//! One application: settings, credentials, connections and APIs.

use coffer_contract::{application::ApplicationDetail, client_grant::ApplicationApi, connection::Enablement};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    apis::Apis, connections::Connections, credentials::Credentials, origin, saved::Saved, settings::Settings,
};
use crate::{
    address,
    console::fresh::FreshSecret,
    server_fns::{
        application::application, client_grant::application_apis, enablement::application_connections,
    },
    ui::{
        layout::PageHead,
        listing::Listing,
        load::{Fetched, fetched, loaded},
        tabs::{Tabs, current},
    },
};

const TABS: &[(&str, &str)] = &[
    ("settings", "Settings"),
    ("credentials", "Credentials"),
    ("connections", "Connections"),
    ("apis", "APIs"),
];

/// The application that the address names.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("client_id")).unwrap_or_default());
    let detail = fetched(move || id.get(), application);
    let rows = fetched(move || id.get(), application_connections);
    let apis = Listing::of(id, Some("apis"), application_apis);
    let fresh = FreshSecret::of_console();
    on_cleanup(move || fresh.forget());
    loaded(detail, move |detail| view! { <Shown detail=detail rows=rows apis=apis/> }.into_any())
}

#[component]
fn Shown(
    detail: ApplicationDetail,
    rows: Fetched<Vec<Enablement>>,
    apis: Listing<ApplicationApi>,
) -> impl IntoView {
    let tab = current(TABS);
    let saved = Saved::new(&detail);
    let title = RwSignal::new(detail.form.name.clone());
    let note = origin::note(&detail);
    view! {
        <PageHead
            title=title
            text=detail.app_type.label()
            above=(address::APPLICATIONS.to_owned(), "Applications")
        />
        {note}
        <Tabs tabs=TABS current=tab label="Application"/>
        <div hidden=move || tab.get() != "settings">
            <Settings detail=detail.clone() saved=saved title=title/>
        </div>
        <div hidden=move || tab.get() != "credentials">
            <Credentials detail=detail.clone()/>
        </div>
        <div hidden=move || tab.get() != "connections">
            <Connections rows=rows/>
        </div>
        <div hidden=move || tab.get() != "apis">
            <Apis detail=detail saved=saved rows=apis/>
        </div>
    }
    .into_any()
}
