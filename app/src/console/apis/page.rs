//! One API: how to use it, settings and applications.

use coffer_contract::{api::ApiDetail, client_grant::ApiApplication};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{applications::Applications, own::Own, quick_start::QuickStart, settings::Settings};
use crate::{
    address,
    server_fns::{api::api, client_grant::api_applications},
    ui::{
        layout::PageHead,
        listing::Listing,
        load::{fetched, loaded},
        tabs::{Tabs, current},
    },
};

type TabNames = &'static [(&'static str, &'static str)];

const TABS: TabNames =
    &[("settings", "Settings"), ("applications", "Applications"), ("quick-start", "Quick start")];
const WITHOUT_GRANTS: TabNames = &[("settings", "Settings"), ("quick-start", "Quick start")];

/// The API that the address names.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let detail = fetched(move || id.get(), api);
    let rows = Listing::of(id, Some("applications"), api_applications);
    loaded(detail, move |detail| view! { <Shown detail=detail rows=rows/> }.into_any())
}

#[component]
fn Shown(detail: ApiDetail, rows: Listing<ApiApplication>) -> impl IntoView {
    let tabs = if detail.subjects.is_empty() { WITHOUT_GRANTS } else { TABS };
    let tab = current(tabs);
    let title = RwSignal::new(detail.form.name.clone());
    let form = RwSignal::new(detail.form.clone());
    let settings = if detail.system {
        view! { <Own detail=detail.clone()/> }.into_any()
    } else {
        view! { <Settings detail=detail.clone() title=title saved=form/> }.into_any()
    };
    let applications = (!detail.subjects.is_empty()).then(|| {
        view! {
            <div hidden=move || tab.get() != "applications">
                <Applications detail=detail.clone() form=form rows=rows/>
            </div>
        }
    });
    view! {
        <PageHead title=title above=(address::APIS.to_owned(), "APIs")/>
        <Tabs tabs=tabs current=tab label="API"/>
        <div hidden=move || tab.get() != "settings">{settings}</div>
        {applications}
        <div hidden=move || tab.get() != "quick-start">
            <QuickStart detail=detail form=form/>
        </div>
    }
    .into_any()
}
