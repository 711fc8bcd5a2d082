//! Adding a passkey: the password, then the browser's own question.

use coffer_contract::second_factor::RecoveryCodes;
use leptos::prelude::*;

use super::{Mine, Stage, add::Begin};
use crate::{
    browser, passkey,
    server_fns::{
        Failure,
        second_factor::{add_passkey, confirm_passkey},
    },
    ui::{Errors, Toasts, form::send},
};

#[component]
pub(super) fn BeginPasskey(email: String, stage: RwSignal<Stage>, mine: Mine) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let begin = Callback::new(move |(current, name)| {
        send(errors, pending, make(current, name), move |codes| {
            toasts.done("Your passkey is added.");
            stage.set(codes.map_or(Stage::Resting, Stage::Codes));
            mine.refetch();
            browser::focus("#recovery-codes-title");
        });
    });
    view! {
        <Begin
            title="Add a passkey"
            text="Your device, security key or password manager keeps it, and checks that it is you. It proves you after the \
                  password, and signs you in by itself, too."
            hint="where it is kept"
            email=email
            stage=stage
            errors=errors
            pending=pending
            begin=begin
        />
    }
}

async fn make(current: String, name: String) -> Result<Option<RecoveryCodes>, Failure> {
    let answer = passkey::create(add_passkey(current, name).await?).await?;
    confirm_passkey(answer).await
}
