//! The APIs that an application may use.

use coffer_contract::{
    api::{GrantSubject, MY_ACCOUNT_ID, UserAccess},
    application::ApplicationDetail,
    client_grant::ApplicationApi,
};
use leptos::prelude::*;

use super::{exchange::Exchange, saved::Saved};
use crate::{
    address,
    console::grants::{GrantSwitch, Place},
    ui::{icon::Mark, layout::Empty, listing::Listing, search::Search},
};

/// What it may do where, and what it may exchange tokens for.
#[component]
pub(super) fn Apis(detail: ApplicationDetail, saved: Saved, rows: Listing<ApplicationApi>) -> impl IntoView {
    let id = StoredValue::new(detail.client_id.clone());
    let list = rows.show(
        move |search| nothing(search, &id.read_value()),
        move |rows| {
            let rows = rows.into_iter().enumerate();
            let rows = rows.map(|(index, row)| row_of(index, row, id, saved)).collect_view();
            view! { <ul class="card rows">{rows}</ul> }.into_any()
        },
    );
    view! {
        <h2 class="text-base">"APIs"</h2>
        <p class="hint mt-1 mb-4">
            "Switch on what this application may do at each API, then choose its scopes. Saved at once."
        </p>
        <Search label="Search APIs" tab="apis"/>
        {list}
        <Exchange detail=detail saved=saved/>
    }
    .into_any()
}

fn nothing(search: &str, id: &str) -> AnyView {
    let all = format!("{}/{id}?tab=apis", address::APPLICATIONS);
    view! {
        <Empty title="Nothing found" text=format!("No API has “{search}” in its name or identifier.")>
            <a class="btn" href=all>"Show all"</a>
        </Empty>
    }
    .into_any()
}

fn row_of(index: usize, row: ApplicationApi, client_id: StoredValue<String>, saved: Saved) -> AnyView {
    let ApplicationApi { api, scopes, user_access, subjects, grants } = row;
    let href = format!("{}/{}", address::APIS, api.id);
    let known = Signal::stored(scopes);
    let note = if api.id == MY_ACCOUNT_ID {
        my_account(saved).into_any()
    } else {
        note(api.system, user_access, &subjects).into_any()
    };
    let switches = subjects
        .into_iter()
        .filter(|subject| *subject == GrantSubject::Client || user_access == UserAccess::Granted)
        .map(|subject| {
            let place = Place {
                id: format!("grant-{index}-{}", subject.code()),
                client_id: client_id.get_value(),
                application: saved.form.with_untracked(|form| form.name.clone()),
                audience: api.identifier.clone(),
                api: api.name.clone(),
                subject,
            };
            let grant = grants.iter().find(|grant| grant.subject == subject).cloned();
            view! { <GrantSwitch place=place grant=grant known=known/> }
        })
        .collect_view();
    view! {
        <li class="grid gap-3 px-4 py-3 sm:px-5">
            <div class="flex items-center gap-3">
                <Mark name=api.name.clone()/>
                <div class="min-w-0 flex-1">
                    <a class="block font-semibold break-words hover:underline" href=href>{api.name}</a>
                    <code class="hint break-all">{api.identifier}</code>
                </div>
            </div>
            {note}
            {switches}
        </li>
    }
    .into_any()
}

/// What there is no switch for, and why.
fn note(system: bool, access: UserAccess, subjects: &[GrantSubject]) -> impl IntoView + use<> {
    let unable = (!subjects.contains(&GrantSubject::Client))
        .then_some("This application cannot prove who it is, so it cannot act for itself.");
    let users = match access {
        _ if system => None,
        UserAccess::Any => Some("It may ask users for access, as any application may."),
        UserAccess::Granted => None,
        UserAccess::Nobody => Some("No application may ask users for access."),
    };
    let words = [unable, users].into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then(|| view! { <p class="hint sm:pl-12">{words}</p> })
}

fn my_account(saved: Saved) -> impl IntoView {
    move || {
        let words = if saved.form.with(|form| form.connect_accounts) {
            "On: it may ask its users to connect accounts. That is changed under Settings."
        } else {
            "Off. It is switched on under Settings."
        };
        view! { <p class="hint sm:pl-12">{words}</p> }
    }
}
