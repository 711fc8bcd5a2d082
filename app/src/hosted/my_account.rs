//! The person's own page: accounts they connected, who may use them, and how to take that back.

use coffer_contract::{Timestamp, user::AccountState};
use leptos::prelude::*;

use super::{
    consent::line,
    frame::{Frame, document, wide_document},
    sign_in::{ConnectionButton, buttons},
};
use crate::ui::time::Time;

/// Offers the ways to sign in to the page. Each button posts `connection` to `/u/account/sign-in`.
#[derive(Clone, Debug)]
pub struct MyAccountSignInPage {
    /// The ways to sign in.
    pub connections: Vec<ConnectionButton>,
}

/// The page of somebody who is signed in. Its forms post `account` to `/u/account/...`.
#[derive(Clone, Debug)]
pub struct MyAccountPage {
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// Connected accounts.
    pub accounts: Vec<AccountCard>,
}

/// One connected account.
#[derive(Clone, Debug)]
pub struct AccountCard {
    /// Its id.
    pub id: String,
    /// The connection's name for people.
    pub connection: String,
    /// What people call the account.
    pub label: String,
    /// Whether it can be used.
    pub state: AccountState,
    /// What the provider granted, in words.
    pub scopes: Vec<String>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// The applications that may use it.
    pub applications: Vec<AccountApplication>,
}

/// An application that may use an account.
#[derive(Clone, Debug)]
pub struct AccountApplication {
    /// Its name.
    pub name: String,
    /// When it got a token last.
    pub released_at: Option<Timestamp>,
}

impl MyAccountSignInPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let choice = if self.connections.is_empty() {
            view! {
                <p class="alert alert-warn mt-6">
                    "No way to sign in is set up here yet. Ask the people who run this service."
                </p>
            }
            .into_any()
        } else {
            buttons(&self.connections, "/u/account/sign-in", None).into_any()
        };
        document(
            frame,
            "My account",
            view! {
                <h1 class="text-2xl">"My account"</h1>
                <p class="mt-1 text-muted">
                    "Sign in to see which accounts you connected, and which applications may use them."
                </p>
                {choice}
            },
        )
    }
}

impl MyAccountPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let email = self.email.clone().filter(|email| *email != self.person);
        let cards = self.accounts.iter().cloned().map(card).collect_view();
        let none = self.accounts.is_empty().then(|| {
            view! {
                <p class="card mt-4 p-6 text-muted">
                    "You have connected no account. Applications ask you when they need one."
                </p>
            }
        });
        wide_document(
            frame,
            "My account",
            view! {
                <header class="flex flex-wrap items-start justify-between gap-4">
                    <div class="min-w-0">
                        <h1 class="text-2xl">"My account"</h1>
                        <p class="mt-1 text-muted break-words">
                            "Signed in as " <strong class="text-ink">{self.person.clone()}</strong>
                            {email.map(|email| format!(" ({email})"))}
                        </p>
                    </div>
                    <a class="btn" href="/oidc/logout">"Sign out"</a>
                </header>
                <h2 class="mt-8 text-lg">"Connected accounts"</h2>
                {none}
                <ul class="mt-4 grid gap-4">{cards}</ul>
                <section class="card mt-8 p-6">
                    <h2 class="text-base">"Sign out everywhere"</h2>
                    <p class="hint mt-1">
                        "Ends every sign-in of yours, in all browsers and applications. Connected accounts stay."
                    </p>
                    <form method="post" action="/u/account/sign-out-everywhere" class="mt-4">
                        <button type="submit" class="btn btn-danger">"Sign out everywhere"</button>
                    </form>
                </section>
            },
        )
    }
}

fn card(account: AccountCard) -> impl IntoView {
    let AccountCard { id, connection, label, state, scopes, connected_at, applications } = account;
    let badge = match &state {
        AccountState::Healthy => "badge badge-ok",
        AccountState::NeedsConsent { .. } => "badge badge-danger",
        _ => "badge badge-warn",
    };
    let (title, explanation) = (state.label(), in_words(&state));
    let explained = explanation.map(|text| view! { <p class="mt-3 text-sm">{text}</p> });
    let allowed = (!scopes.is_empty()).then(|| {
        let lines = scopes.into_iter().map(line).collect_view();
        view! {
            <details class="mt-4">
                <summary class="text-sm font-semibold">"What it allows"</summary>
                <ul class="mt-2 grid gap-2 text-sm">{lines}</ul>
            </details>
        }
    });
    let users = if applications.is_empty() {
        view! { <p class="hint mt-1">"No application may use it now."</p> }.into_any()
    } else {
        let lines = applications.into_iter().map(application).collect_view();
        view! { <ul class="mt-1 grid gap-1 text-sm">{lines}</ul> }.into_any()
    };
    let heading = format!("{connection}: {label}");
    let (reconnect, disconnect) = (format!("Reconnect {heading}"), format!("Disconnect {heading} now"));
    view! {
        <li class="card p-5 sm:p-6">
            <div class="flex flex-wrap items-start justify-between gap-3">
                <div class="min-w-0">
                    <h3 class="text-base break-words">{connection}</h3>
                    <p class="text-muted break-all">{label}</p>
                </div>
                <span class=badge>{title}</span>
            </div>
            {explained}
            <h4 class="mt-4 text-sm">"Applications that may use it"</h4>
            {users}
            {allowed}
            <p class="hint mt-4">"Connected on " <Time at=connected_at/></p>
            <div class="mt-4 flex flex-wrap items-start gap-3">
                <form method="post" action="/u/account/reconnect">
                    <input type="hidden" name="account" value=id.clone()/>
                    <button type="submit" class="btn" aria-label=reconnect>"Reconnect"</button>
                </form>
                <details>
                    <summary class="btn btn-danger">"Disconnect"</summary>
                    <form method="post" action="/u/account/disconnect" class="mt-3 grid gap-3">
                        <p class="text-sm">
                            "Applications lose it at once, and the access is taken back at the provider."
                        </p>
                        <input type="hidden" name="account" value=id/>
                        <div>
                            <button type="submit" class="btn btn-danger-solid" aria-label=disconnect>
                                "Disconnect now"
                            </button>
                        </div>
                    </form>
                </details>
            </div>
        </li>
    }
}

fn application(line: AccountApplication) -> impl IntoView {
    let last = match line.released_at {
        Some(at) => view! { <span class="text-muted">"last used on " <Time at=at/></span> }.into_any(),
        None => view! { <span class="text-muted">"not used yet"</span> }.into_any(),
    };
    view! {
        <li class="flex flex-wrap justify-between gap-x-4">
            <span class="break-words">{line.name}</span>
            {last}
        </li>
    }
}

/// What a state means to the person; nothing where all is well.
fn in_words(state: &AccountState) -> Option<String> {
    match state {
        AccountState::Healthy => None,
        AccountState::Expiring { at } => {
            Some(format!("The access ends on {} unless an application uses it before.", at.readable()))
        }
        AccountState::NoRefreshToken { at: Some(at) } => {
            Some(format!("The access ends on {}. Reconnect the account to go on after that.", at.readable()))
        }
        AccountState::NoRefreshToken { at: None } => None,
        AccountState::Waiting { .. } => Some("The provider does not answer at the moment.".to_owned()),
        AccountState::NeedsConsent { .. } => Some(
            "The provider ended the access. Reconnect the account to let applications use it again."
                .to_owned(),
        ),
    }
}
