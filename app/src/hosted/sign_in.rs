//! The page that offers the application's connections.

use leptos::prelude::*;

use super::frame::{Frame, document};
use crate::ui::monogram;

/// One way to sign in.
#[derive(Clone, Debug)]
pub struct ConnectionButton {
    /// The connection's unique name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its strategy id.
    pub strategy: String,
}

/// The sign-in page. Each button posts `handle` and `connection` to `/u/sign-in`; the address, where there
/// is a field for one, goes with `handle` to `/u/identify`.
#[derive(Clone, Debug)]
pub struct SignInPage {
    /// Name of the application that asks.
    pub application: String,
    /// Names the sign-in in progress.
    pub handle: String,
    /// The ways to sign in that have a button.
    pub connections: Vec<ConnectionButton>,
    /// Whether to ask for an e-mail address first.
    pub by_address: bool,
    /// What stands in the address field.
    pub address: String,
    /// What is wrong with the address.
    pub address_error: Option<String>,
}

impl SignInPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let none = (self.connections.is_empty() && !self.by_address).then(|| {
            view! {
                <p class="alert alert-warn mt-6">
                    "No way to sign in is enabled for this application yet. Its administrator can enable a \
                     connection for it."
                </p>
            }
        });
        let both = (self.by_address && !self.connections.is_empty())
            .then(|| view! { <p class="divider mt-6">"or"</p> });
        let choice = (!self.connections.is_empty())
            .then(|| buttons(&self.connections, "/u/sign-in", Some(&self.handle)));
        document(
            frame,
            &format!("Sign in to {}", self.application),
            view! {
                <h1 class="text-2xl">"Sign in"</h1>
                <p class="mt-1 text-muted">"to continue to " <strong>{self.application.clone()}</strong></p>
                {none}
                {self.by_address.then(|| self.address_form())}
                {both}
                {choice}
            },
        )
    }

    fn address_form(&self) -> impl IntoView + use<> {
        let invalid = self.address_error.is_some().then_some("true");
        let described = self.address_error.is_some().then_some("address-error");
        let error = self.address_error.clone().map(|text| {
            view! { <p class="field-error mt-1" id="address-error" role="alert">{text}</p> }
        });
        view! {
            <form method="post" action="/u/identify" class="mt-6 grid gap-4">
                <input type="hidden" name="handle" value=self.handle.clone()/>
                <div>
                    <label class="label" for="address">"Work e-mail address"</label>
                    <input
                        class="input mt-1.5"
                        id="address"
                        name="address"
                        type="email"
                        autocomplete="username"
                        required
                        value=self.address.clone()
                        aria-invalid=invalid
                        aria-describedby=described
                    />
                    {error}
                </div>
                <button type="submit" class="btn btn-primary btn-wide">"Continue"</button>
            </form>
        }
    }
}

/// One button for each connection, which posts its name (and the handle) to `action`.
pub(super) fn buttons(
    connections: &[ConnectionButton],
    action: &'static str,
    handle: Option<&str>,
) -> impl IntoView + use<> {
    let handle = handle.map(str::to_owned);
    let items = connections
        .iter()
        .cloned()
        .map(|connection| {
            let hidden =
                handle.clone().map(|handle| view! { <input type="hidden" name="handle" value=handle/> });
            view! {
                <li>
                    <form method="post" action=action>
                        {hidden}
                        <button type="submit" class="btn btn-wide" name="connection" value=connection.name>
                            <span class="font-bold text-accent" aria-hidden="true">
                                {monogram(&connection.label)}
                            </span>
                            {format!("Continue with {}", connection.label)}
                        </button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="mt-6 grid gap-3">{items}</ul> }
}
