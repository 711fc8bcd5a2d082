//! The switch that authorizes an application for an API; saved at once.

use coffer_contract::{
    administrator::Role,
    api::{ApiScope, GrantSubject},
    client_grant::{ClientGrantView, NewClientGrant},
};
use leptos::{prelude::*, task::spawn_local};

use super::scopes::Scopes;
use crate::{
    browser,
    server_fns::{
        Failure,
        client_grant::{create_client_grant, delete_client_grant},
    },
    ui::{Toasts, access::allows, ready},
};

/// What a switch is about.
#[derive(Clone)]
pub(crate) struct Place {
    /// HTML id, unique on the page.
    pub id: String,
    pub client_id: String,
    /// The application's name.
    pub application: String,
    /// The API's identifier.
    pub audience: String,
    /// The API's name.
    pub api: String,
    pub subject: GrantSubject,
}

impl Place {
    fn words(&self, may: &str) -> String {
        let whose = match self.subject {
            GrantSubject::Client => "for itself",
            GrantSubject::User => "for its users",
        };
        format!("{} {may} {} {whose}", self.application, self.api)
    }

    /// A new authorization begins without scopes.
    async fn save(&self, before: Option<ClientGrantView>) -> Result<Option<ClientGrantView>, Failure> {
        if let Some(grant) = before {
            return delete_client_grant(grant.id).await.map(|()| None);
        }
        let new = NewClientGrant {
            client_id: self.client_id.clone(),
            audience: self.audience.clone(),
            subject: self.subject,
            scopes: vec![],
        };
        create_client_grant(new).await.map(Some)
    }
}

/// The switch, and the scopes while it is on.
#[component]
pub(crate) fn GrantSwitch(
    place: Place,
    /// As it is now.
    grant: Option<ClientGrantView>,
    /// What the API has.
    known: Signal<Vec<ApiScope>>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let allowed = allows(Role::Editor);
    let start = grant.is_some();
    let grant = RwSignal::new(grant);
    let enabled = RwSignal::new(start);
    let saving = RwSignal::new(false);
    let open = RwSignal::new(false);
    let title = match place.subject {
        GrantSubject::Client => "Acts for itself",
        GrantSubject::User => "Acts for its users",
    };
    let label = place.words("may use");
    let scopes_label = format!("Scopes: {label}");
    let (panel, button) = (place.id.clone(), format!("{}-button", place.id));
    let focus = format!("#{button}");
    let change = move |ev| {
        if saving.get_untracked() {
            // One save at a time: the switch goes back to what is being saved.
            enabled.notify();
            return;
        }
        let wanted = event_target_checked(&ev);
        enabled.set(wanted);
        saving.set(true);
        let place = place.clone();
        spawn_local(async move {
            match place.save(grant.get_untracked()).await {
                Ok(now) => {
                    let may = if now.is_some() { "may use" } else { "may no longer use" };
                    toasts.done(format!("{}.", place.words(may)));
                    enabled.set(now.is_some());
                    let choose = now.is_some() && known.with_untracked(|known| !known.is_empty());
                    // First, because the panel is about the grant.
                    grant.set(now);
                    open.set(choose);
                }
                Err(failure) => {
                    enabled.set(!wanted);
                    toasts.failed(failure.to_string());
                }
            }
            saving.set(false);
        });
    };
    let close = Callback::new(move |()| {
        open.set(false);
        browser::focus(focus.clone());
    });
    let shown = move || {
        let id =
            open.get().then(|| grant.with_untracked(|grant| grant.as_ref().map(|grant| grant.id.clone())));
        let id = id.flatten()?;
        Some(view! { <Scopes id=id grant=grant known=known close=close/> })
    };
    view! {
        <div class="grid gap-3 sm:pl-12">
            <div class="flex flex-wrap items-center gap-3">
                <span class="flex min-w-0 flex-1 flex-wrap items-center gap-2 text-sm">
                    {title} <Count grant=grant known=known/>
                </span>
                <button
                    type="button"
                    class="btn btn-quiet btn-small"
                    id=button
                    hidden=move || !enabled.get() || known.with(Vec::is_empty)
                    disabled=waiting
                    aria-expanded=move || open.get().to_string()
                    aria-controls=panel.clone()
                    aria-label=scopes_label
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    "Scopes"
                </button>
                <input
                    class="toggle"
                    type="checkbox"
                    role="switch"
                    aria-label=label
                    aria-busy=move || saving.get().then_some("true")
                    disabled=move || waiting.get() || !allowed.get()
                    checked=start
                    prop:checked=enabled
                    on:change=change
                />
            </div>
            <div id=panel hidden=move || !open.get()>{shown}</div>
        </div>
    }
    .into_any()
}

/// How many of the API's scopes it has.
#[component]
fn Count(grant: RwSignal<Option<ClientGrantView>>, known: Signal<Vec<ApiScope>>) -> impl IntoView {
    move || {
        let all = known.with(Vec::len);
        let granted = grant.with(|grant| {
            grant.as_ref().map(|grant| {
                known.with(|known| known.iter().filter(|scope| grant.scopes.contains(&scope.value)).count())
            })
        });
        granted.filter(|_| all > 0).map(|granted| {
            let class = if granted == 0 { "badge badge-warn" } else { "badge badge-ok" };
            view! { <span class=class>{format!("{granted} of {all} scopes")}</span> }
        })
    }
}
