//! Accounts at providers, with which one signs in.

use coffer_contract::administrator::{LinkedAccountView, LinkedAccounts, Role, SignInConnection};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::ask::AskPassword;
use crate::{
    address, browser,
    server_fns::account::{link_account, linked_accounts, unlink_account},
    ui::{
        Errors, Toasts,
        dialog::Confirm,
        form::send,
        layout::Section,
        load::{Fetched, fetched, loaded},
        time::Time,
    },
};

/// What there is, to be fetched again after each change.
type Mine = Fetched<LinkedAccounts>;

/// The section; nothing where no connection is for administrators and none was.
#[component]
pub(super) fn Linked(email: String) -> impl IntoView {
    let mine: Mine = fetched(|| (), |()| linked_accounts());
    let query = use_query_map();
    let back = query.with_untracked(|query| query.get("linked"));
    loaded(mine, move |LinkedAccounts { accounts, connections }: LinkedAccounts| {
        let came = back.as_deref().and_then(came_back);
        if accounts.is_empty() && connections.is_empty() && came.is_none() {
            return ().into_any();
        }
        let none = accounts.is_empty().then(|| view! { <p class="text-sm">"You have linked none."</p> });
        let rows = (!accounts.is_empty()).then(|| {
            let rows = accounts
                .into_iter()
                .map(|account| view! { <Line account=account mine=mine/> })
                .collect_view();
            view! { <ul class="rows rounded-lg border border-line" aria-label="Your linked accounts">{rows}</ul> }
        });
        let buttons = connections
            .into_iter()
            .map(|connection| view! { <Link connection=connection email=email.clone()/> })
            .collect_view();
        view! {
            <Section
                title="Linked accounts"
                text="Accounts elsewhere with which you sign in here, instead of your password. Your second factor is asked for \
                      all the same."
            >
                {came.map(|(class, text)| view! { <p class=class role="status">{text}</p> })}
                {none}
                {rows}
                <div class="flex flex-wrap gap-2">{buttons}</div>
            </Section>
        }
        .into_any()
    })
}

/// What came of a trip to a provider.
fn came_back(outcome: &str) -> Option<(&'static str, &'static str)> {
    const BAD: &str = "alert alert-danger";
    match outcome {
        "yes" => Some(("alert alert-ok", "The account is linked: you can sign in with it from now on.")),
        "provider" => {
            Some((BAD, "The provider did not complete the sign-in, so nothing is linked. Try again."))
        }
        "taken" => Some((BAD, "Another administrator has linked this account.")),
        "ended" => {
            Some((BAD, "That took too long, or is not possible any more. Nothing is linked; begin anew."))
        }
        _ => None,
    }
}

#[component]
fn Line(account: LinkedAccountView, mine: Mine) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let LinkedAccountView { id, connection, label, created_at, last_used_at, usable } = account;
    let used = match last_used_at {
        Some(at) => view! { "last used " <Time at=at/> }.into_any(),
        None => "not used yet".into_any(),
    };
    let closed =
        (!usable).then(|| view! { <span class="badge badge-warn">"Not open to administrators now"</span> });
    let title = Signal::stored(format!("Remove {label}?"));
    let dialog = format!("unlink-{id}");
    let confirm = Callback::new(move |_: String| {
        send(errors, pending, unlink_account(id.clone()), move |()| {
            toasts.done("The account is not linked any more.");
            mine.refetch();
        });
    });
    view! {
        <li class="flex flex-wrap items-center justify-between gap-3 p-4">
            <div class="min-w-0">
                <p class="flex flex-wrap items-center gap-2">
                    <span class="min-w-0 font-semibold break-all">{label}</span> {closed}
                </p>
                <p class="hint">{connection} ", linked " <Time at=created_at/> ", " {used}</p>
            </div>
            <Confirm
                id=dialog
                button="Remove"
                title=title
                text="You cannot sign in with it any more. Your password works as before."
                action="Remove"
                class="btn btn-danger btn-small"
                errors=errors
                pending=pending.into()
                role=Role::Viewer
                confirm=confirm
            />
        </li>
    }
    .into_any()
}

#[component]
fn Link(connection: SignInConnection, email: String) -> impl IntoView {
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let SignInConnection { name, display_name } = connection;
    let dialog = format!("link-{name}");
    let (button, title) =
        (format!("Link an account of {display_name}"), format!("Link an account of {display_name}?"));
    let label = button.clone();
    let text =
        format!("You sign in at {display_name} next. The account that you choose there signs you in here.");
    let confirm = Callback::new(move |current: String| {
        send(errors, pending, link_account(name.clone(), current), |()| browser::load(address::THROUGH));
    });
    view! {
        <AskPassword
            id=dialog
            email=email
            button=button
            label=label
            title=title
            text=text
            action="Continue"
            class="btn"
            action_class="btn btn-primary"
            errors=errors
            pending=pending
            done=RwSignal::new(0)
            confirm=confirm
        />
    }
    .into_any()
}
