//! A question that one's password answers.

use coffer_contract::administrator::Role;
use leptos::{html, prelude::*};

use crate::ui::{
    Errors,
    errors::Problem,
    field::Field,
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
    let dialog = NodeRef::<html::Dialog>::new();
    let waiting = ready::waiting();
    let current = RwSignal::new(String::new());
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let close = move || {
        current.set(String::new());
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    Effect::new(move |before: Option<u32>| {
        let now = done.get();
        if before.is_some_and(|before| before != now) {
            close();
        }
        now
    });
    let open = move |_| {
        current.set(String::new());
        errors.clear();
        if let Some(dialog) = dialog.get_untracked() {
            _ = dialog.show_modal();
        }
    };
    view! {
        <button type="button" class=class disabled=waiting aria-label=label on:click=open>{button}</button>
        <dialog node_ref=dialog aria-labelledby=labelled_by>
            <SubmitForm class="grid gap-4" role=Role::Viewer on_submit=move || confirm.run(current.get_untracked())>
                <h2 class="text-lg break-words" id=heading>{title}</h2>
                <p class="text-sm text-muted">{text}</p>
                <input class="sr-only" type="text" name="username" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true"/>
                <Field
                    label="Your password"
                    name="current_password"
                    id=format!("{id}-password")
                    kind="password"
                    autocomplete="current-password"
                    value=current
                    errors=errors
                    required=true
                />
                <Problem errors=errors/>
                <div class="flex flex-wrap justify-end gap-2">
                    <button type="button" class="btn" on:click=move |_| close()>"Cancel"</button>
                    <Submit label=action pending=pending class=action_class/>
                </div>
            </SubmitForm>
        </dialog>
    }
    .into_any()
}
