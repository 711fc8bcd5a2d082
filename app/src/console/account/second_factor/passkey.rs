//! Adding a passkey: the password, then the browser's own question.

use coffer_contract::{
    administrator::Role,
    second_factor::{FACTOR_NAME_MAX, RecoveryCodes},
};
use leptos::prelude::*;

use super::{Mine, Stage, add::Cancel};
use crate::{
    browser, passkey,
    server_fns::{
        Failure,
        second_factor::{add_passkey, confirm_passkey},
    },
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
    },
};

/// The HTML id of the field for one's password: the form above has one, too.
const PASSWORD: &str = "add-passkey-password";

#[component]
pub(super) fn BeginPasskey(email: String, stage: RwSignal<Stage>, mine: Mine) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (name, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let add = move || {
        send(errors, pending, make(current.get_untracked(), name.get_untracked()), move |codes| {
            toasts.done("Your passkey is added.");
            stage.set(codes.map_or(Stage::Resting, Stage::Codes));
            mine.refetch();
            browser::focus("#recovery-codes-title");
        });
    };
    Effect::new(|_| browser::focus(format!("#{PASSWORD}")));
    view! {
        <SubmitForm class="grid gap-5" role=Role::Viewer on_submit=add>
            <h3 class="text-sm">"Add a passkey"</h3>
            <p class="text-sm text-muted">
                "Your device, security key or password manager keeps it, and checks that it is you. It proves you after the \
                 password, and signs you in by itself, too."
            </p>
            // For password managers: whose password this is.
            <input class="sr-only" type="text" name="username" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true"/>
            <Field
                label="Your password"
                name="current_password"
                id=PASSWORD.to_owned()
                kind="password"
                autocomplete="current-password"
                value=current
                errors=errors
                required=true
            />
            <Field
                label="Name"
                name="name"
                value=name
                errors=errors
                hint=format!("What you call it, such as where it is kept. At most {FACTOR_NAME_MAX} characters.")
            />
            <Problem errors=errors/>
            <div class="flex flex-wrap gap-2">
                <Submit label="Continue" pending=pending/>
                <Cancel stage=stage/>
            </div>
        </SubmitForm>
    }
    .into_any()
}

async fn make(current: String, name: String) -> Result<Option<RecoveryCodes>, Failure> {
    let answer = passkey::create(add_passkey(current, name).await?).await?;
    confirm_passkey(answer).await
}
