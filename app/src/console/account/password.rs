//! Replacing one's own password.

use coffer_contract::administrator::{PASSWORD_MIN, Role};
use leptos::prelude::*;

use super::own_password::OwnPassword;
use crate::{
    server_fns::account::change_password,
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::{Field, id_of},
        form::{Submit, SubmitForm, send},
        layout::Section,
    },
};

/// The form; every role has it.
#[component]
pub(super) fn ChangePassword(email: String) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let change = move || {
        let request = change_password(current.get_untracked(), new.get_untracked());
        send(errors, pending, request, move |()| {
            current.set(String::new());
            new.set(String::new());
            toasts.done("Your password is changed. You are signed out everywhere else.");
        });
    };
    view! {
        <Section title="Password" text="Changing it signs you out of every other browser.">
            <SubmitForm class="grid gap-5" role=Role::Viewer on_submit=change>
                <OwnPassword
                    label="Current password"
                    email=email
                    value=current
                    errors=errors
                    id=id_of("current_password")
                />
                <Field
                    label="New password"
                    name="new_password"
                    kind="password"
                    autocomplete="new-password"
                    value=new
                    errors=errors
                    required=true
                    hint=format!("At least {PASSWORD_MIN} characters; a few unrelated words are easy to remember.")
                />
                <Problem errors=errors/>
                <div><Submit label="Change password" pending=pending/></div>
            </SubmitForm>
        </Section>
    }
    .into_any()
}
