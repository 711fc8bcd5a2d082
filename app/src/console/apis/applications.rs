//! Which applications may use an API.

use coffer_contract::{
    api::{ApiDetail, ApiForm, GrantSubject, UserAccess},
    client_grant::ApiApplication,
};
use leptos::prelude::*;

use crate::{
    address,
    console::grants::{GrantSwitch, Place},
    ui::{access::May, icon::Mark, layout::Empty, listing::Listing, search::Search},
};

/// Search, and one row for each application.
#[component]
pub(super) fn Applications(
    detail: ApiDetail,
    /// As it was saved last.
    form: RwSignal<ApiForm>,
    rows: Listing<ApiApplication>,
) -> impl IntoView {
    let users = detail.subjects.contains(&GrantSubject::User);
    let detail = StoredValue::new(detail);
    let list = rows.show(
        move |search| nothing(search, &detail.read_value().id),
        move |rows| {
            let rows = rows.into_iter().enumerate();
            let rows = rows.map(|(index, row)| row_of(index, row, detail, form)).collect_view();
            view! { <ul class="card rows">{rows}</ul> }.into_any()
        },
    );
    view! {
        <h2 class="text-base">"Applications"</h2>
        <p class="hint mt-1 mb-4">
            "Switch on what each application may do, then choose its scopes. Saved at once. "
            {users.then_some(move || policy(form.with(|form| form.user_access)))}
        </p>
        <Search label="Search applications" tab="applications"/>
        {list}
    }
    .into_any()
}

fn policy(access: UserAccess) -> &'static str {
    match access {
        UserAccess::Any => "Any application may ask users for access; that is changed under Settings.",
        UserAccess::Granted => "",
        UserAccess::Nobody => "No application may ask users for access; that is changed under Settings.",
    }
}

fn nothing(search: &str, id: &str) -> AnyView {
    if search.is_empty() {
        return view! {
            <Empty
                title="No applications yet"
                text="Create the application that is to use this API, then authorize it here."
            >
                <May><a class="btn btn-primary" href="/console/applications/new">"Create application"</a></May>
            </Empty>
        }
        .into_any();
    }
    let all = format!("{}/{id}?tab=applications", address::APIS);
    view! {
        <Empty title="Nothing found" text=format!("No application has “{search}” in its name.")>
            <a class="btn" href=all>"Show all"</a>
        </Empty>
    }
    .into_any()
}

fn row_of(
    index: usize,
    row: ApiApplication,
    api: StoredValue<ApiDetail>,
    form: RwSignal<ApiForm>,
) -> AnyView {
    let ApiApplication { client_id, name, app_type, subjects, grants } = row;
    let href = format!("{}/{client_id}", address::APPLICATIONS);
    let scopes = Signal::derive(move || form.with(|form| form.scopes.clone()));
    let unable = !subjects.contains(&GrantSubject::Client);
    let switches = subjects
        .into_iter()
        .map(|subject| {
            let place = Place {
                id: format!("grant-{index}-{}", subject.code()),
                client_id: client_id.clone(),
                application: name.clone(),
                audience: api.read_value().identifier.clone(),
                api: api.read_value().form.name.clone(),
                subject,
            };
            let grant = grants.iter().find(|grant| grant.subject == subject).cloned();
            let idle = move || {
                subject == GrantSubject::User && form.with(|form| form.user_access != UserAccess::Granted)
            };
            view! { <div hidden=idle><GrantSwitch place=place grant=grant known=scopes/></div> }
        })
        .collect_view();
    view! {
        <li class="grid gap-3 px-4 py-3 sm:px-5">
            <div class="flex flex-wrap items-center gap-3">
                <Mark name=name.clone()/>
                <div class="min-w-0 flex-1">
                    <a class="block font-semibold break-words hover:underline" href=href>{name.clone()}</a>
                    <span class="hint">{app_type.label()}</span>
                </div>
            </div>
            {unable.then(|| view! {
                <p class="hint">"It cannot prove who it is, so it cannot act for itself."</p>
            })}
            {switches}
        </li>
    }
    .into_any()
}
