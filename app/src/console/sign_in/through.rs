//! Signing in through a connection.

use coffer_contract::administrator::SignInConnection;
use leptos::prelude::*;

use crate::{
    address, browser,
    server_fns::session::sign_in_through,
    ui::{Errors, form::send, ready},
};

/// A button for a connection.
#[component]
pub(super) fn Through(
    connection: SignInConnection,
    /// Where to go on.
    return_to: Signal<String>,
    errors: Errors,
) -> impl IntoView {
    let pending = RwSignal::new(false);
    let waiting = ready::waiting();
    let SignInConnection { name, display_name } = connection;
    let sign_in = move |_| {
        let request = sign_in_through(name.clone(), return_to.get_untracked());
        send(errors, pending, request, |()| browser::load(address::THROUGH));
    };
    view! {
        <button
            type="button"
            class="btn btn-wide mt-3"
            disabled=waiting
            aria-busy=move || pending.get().then_some("true")
            on:click=sign_in
        >
            {format!("Sign in with {display_name}")}
        </button>
    }
    .into_any()
}

/// Why somebody who went that way is here again.
pub(super) fn in_vain(why: &str) -> Option<&'static str> {
    match why {
        "provider" => Some(
            "The provider did not complete the sign-in. Try again, or sign in with your password; the log says why it \
             failed.",
        ),
        "unknown" => Some(
            "Nobody here has linked the account that you signed in with. Sign in with your password, and link it on Your \
             account.",
        ),
        "ended" => Some("That took too long, or is not possible any more. Sign in anew."),
        _ => None,
    }
}
