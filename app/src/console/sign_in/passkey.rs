//! Signing in with a passkey, in the password's place or after it.

use coffer_contract::administrator::AdministratorView;
use leptos::prelude::*;

use crate::{
    passkey,
    server_fns::{
        Failure,
        second_factor::{answer_passkey, begin_passkey},
    },
    ui::{Errors, form::send},
};

/// The button, in browsers that have passkeys.
#[component]
pub(super) fn WithPasskey(
    /// Where to go on.
    return_to: Signal<String>,
    errors: Errors,
    class: &'static str,
) -> impl IntoView {
    let pending = RwSignal::new(false);
    let available = RwSignal::new(false);
    Effect::new(move |_| available.set(passkey::available()));
    let sign_in = move |_| send(errors, pending, prove(return_to.get_untracked()), |_| {});
    view! {
        <button
            type="button"
            id="with-passkey"
            class=class
            hidden=move || !available.get()
            aria-busy=move || pending.get().then_some("true")
            on:click=sign_in
        >
            "Sign in with a passkey"
        </button>
    }
    .into_any()
}

async fn prove(return_to: String) -> Result<AdministratorView, Failure> {
    let answer = passkey::get(begin_passkey().await?).await?;
    answer_passkey(answer, return_to).await
}
