//! A question that one's password answers.

use coffer_contract::administrator::Role;
use leptos::prelude::*;

use super::own_password::OwnPassword;
use crate::ui::{
    Errors,
    dialog::Question,
    errors::Problem,
    form::{Submit, SubmitForm},
    ready,
};

/// A button that opens a dialog, and the dialog. `confirm` runs with the password.
#[component]
pub(super) fn AskPassword(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// Whose password it is, for password managers.
    email: String,
    /// On the button that opens the dialog.
    #[prop(into)]
    button: String,
    /// The same for screen readers, where there are several.
    #[prop(into)]
    label: String,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    /// On the button that does it.
    action: &'static str,
    class: &'static str,
    action_class: &'static str,
    errors: Errors,
    pending: RwSignal<bool>,
    /// Closes the dialog when it changes.
    done: RwSignal<u32>,
    confirm: Callback<String>,
) -> impl IntoView {
    let question = Question::until(done.into(), errors);
    let Question { dialog, entered, .. } = question;
    let waiting = ready::waiting();
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    view! {
        <button type="button" class=class disabled=waiting aria-label=label on:click=move |_| question.open()>{button}</button>
        <dialog node_ref=dialog aria-labelledby=labelled_by>
            <SubmitForm class="grid gap-4" role=Role::Viewer on_submit=move || confirm.run(entered.get_untracked())>
                <h2 class="text-lg break-words" id=heading>{title}</h2>
                <p class="text-sm text-muted">{text}</p>
                <OwnPassword
                    label="Your password"
                    email=email
                    value=entered
                    errors=errors
                    id=format!("{id}-password")
                />
                <Problem errors=errors/>
                <div class="flex flex-wrap justify-end gap-2">
                    <button type="button" class="btn" on:click=move |_| question.close()>"Cancel"</button>
                    <Submit label=action pending=pending class=action_class/>
                </div>
            </SubmitForm>
        </dialog>
    }
    .into_any()
}
