//! Adding an authenticator app: the password, the secret, the first code.

use coffer_contract::{
    administrator::Role,
    second_factor::{FACTOR_NAME_MAX, NewAuthenticator},
};
use leptos::prelude::*;

use super::{Mine, Stage};
use crate::{
    browser,
    console::second_factor::{CodeField, Secret},
    server_fns::second_factor::{add_authenticator, confirm_authenticator},
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
    },
};

/// The HTML id of the field for one's password: the form above has one, too.
const PASSWORD: &str = "add-factor-password";

#[component]
pub(super) fn Begin(email: String, stage: RwSignal<Stage>) -> impl IntoView {
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (name, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let begin = move || {
        let request = add_authenticator(current.get_untracked(), name.get_untracked());
        send(errors, pending, request, move |begun| stage.set(Stage::Confirming(begun)));
    };
    Effect::new(|_| browser::focus(format!("#{PASSWORD}")));
    view! {
        <SubmitForm class="grid gap-5" role=Role::Viewer on_submit=begin>
            <h3 class="text-sm">"Add an authenticator app"</h3>
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
                hint=format!("What you call it, such as the phone it is on. At most {FACTOR_NAME_MAX} characters.")
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

#[component]
pub(super) fn Confirm(authenticator: NewAuthenticator, stage: RwSignal<Stage>, mine: Mine) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let code = RwSignal::new(String::new());
    let id = StoredValue::new(authenticator.id.clone());
    let confirm = move || {
        let request = confirm_authenticator(id.get_value(), code.get_untracked());
        send(errors, pending, request, move |codes| {
            toasts.done("Your second factor is added.");
            stage.set(codes.map_or(Stage::Resting, Stage::Codes));
            mine.refetch();
            browser::focus("#recovery-codes-title");
        });
    };
    Effect::new(|_| browser::focus("#field-code"));
    view! {
        <SubmitForm class="grid gap-5" role=Role::Viewer on_submit=confirm>
            <h3 class="text-sm">"Add an authenticator app"</h3>
            <Secret authenticator=authenticator/>
            <CodeField
                label="Code"
                hint="The six digits that the app shows now."
                errors=errors
                value=code
            />
            <Problem errors=errors/>
            <div class="flex flex-wrap gap-2">
                <Submit label="Add" pending=pending/>
                <Cancel stage=stage/>
            </div>
        </SubmitForm>
    }
    .into_any()
}

#[component]
pub(super) fn Cancel(stage: RwSignal<Stage>) -> impl IntoView {
    view! { <button type="button" class="btn" on:click=move |_| stage.set(Stage::Resting)>"Cancel"</button> }
}
