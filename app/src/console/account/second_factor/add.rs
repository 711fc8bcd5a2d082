//! Adding a factor: the password; for an authenticator app then the secret, and the first code.

use coffer_contract::{
    administrator::Role,
    second_factor::{FACTOR_NAME_MAX, NewAuthenticator},
};
use leptos::prelude::*;

use super::{Mine, Stage};
use crate::{
    browser,
    console::account::own_password::OwnPassword,
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

/// Asks for the password, and what the new factor is called. `begin` runs with both.
#[component]
pub(super) fn Begin(
    title: &'static str,
    /// What it is, where that is not said later.
    #[prop(optional)]
    text: Option<&'static str>,
    /// About the name.
    hint: &'static str,
    email: String,
    stage: RwSignal<Stage>,
    errors: Errors,
    pending: RwSignal<bool>,
    begin: Callback<(String, String)>,
) -> impl IntoView {
    let (name, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    Effect::new(|_| browser::focus(format!("#{PASSWORD}")));
    view! {
        <SubmitForm
            class="grid gap-5"
            role=Role::Viewer
            on_submit=move || begin.run((current.get_untracked(), name.get_untracked()))
        >
            <h3 class="text-sm">{title}</h3>
            {text.map(|text| view! { <p class="text-sm text-muted">{text}</p> })}
            <OwnPassword label="Your password" email=email value=current errors=errors id=PASSWORD/>
            <Field
                label="Name"
                name="name"
                value=name
                errors=errors
                hint=format!("What you call it, such as {hint}. At most {FACTOR_NAME_MAX} characters.")
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
pub(super) fn BeginAuthenticator(email: String, stage: RwSignal<Stage>) -> impl IntoView {
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let begin = Callback::new(move |(current, name)| {
        send(errors, pending, add_authenticator(current, name), move |begun| {
            stage.set(Stage::Confirming(begun))
        });
    });
    view! {
        <Begin
            title="Add an authenticator app"
            hint="the phone it is on"
            email=email
            stage=stage
            errors=errors
            pending=pending
            begin=begin
        />
    }
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
fn Cancel(stage: RwSignal<Stage>) -> impl IntoView {
    view! { <button type="button" class="btn" on:click=move |_| stage.set(Stage::Resting)>"Cancel"</button> }
}
