//! Questions before something that cannot be undone.

use coffer_contract::administrator::Role;
use leptos::{html, prelude::*};

use super::{
    access::allows,
    errors::{Errors, Problem},
    field::Field,
    form::{Submit, SubmitForm},
    ready,
};

/// A dialog with one text to type, which is empty whenever nobody is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) dialog: NodeRef<html::Dialog>,
    pub(crate) entered: RwSignal<String>,
    errors: Errors,
}

impl Question {
    /// One that is over when `done` changes.
    pub(crate) fn until(done: Signal<u32>, errors: Errors) -> Self {
        let question = Self { dialog: NodeRef::new(), entered: RwSignal::new(String::new()), errors };
        Effect::new(move |before: Option<u32>| {
            let now = done.get();
            if before.is_some_and(|before| before != now) {
                question.close();
            }
            now
        });
        question
    }

    pub(crate) fn open(self) {
        self.entered.set(String::new());
        self.errors.clear();
        if let Some(dialog) = self.dialog.get_untracked() {
            _ = dialog.show_modal();
        }
    }

    pub(crate) fn close(self) {
        self.entered.set(String::new());
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }
}

/// A button that opens a dialog, and the dialog. `confirm` runs with what was typed.
#[component]
pub(crate) fn Confirm(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// On the button that opens the dialog.
    #[prop(into)]
    button: String,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: String,
    /// On the button that does it.
    action: &'static str,
    /// When given, this name must be typed first.
    #[prop(optional_no_strip, into)]
    typed: Option<Signal<String>>,
    /// What that is.
    #[prop(default = "Name")]
    typed_label: &'static str,
    #[prop(default = "btn btn-danger")] class: &'static str,
    errors: Errors,
    pending: Signal<bool>,
    /// What it takes; others see no button.
    #[prop(default = Role::Editor)]
    role: Role,
    /// Closes the dialog when it changes.
    #[prop(optional, into)]
    done: Signal<u32>,
    confirm: Callback<String>,
) -> impl IntoView {
    let question = Question::until(done, errors);
    let Question { dialog, entered, .. } = question;
    let waiting = ready::waiting();
    let allowed = allows(role);
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let field = format!("{id}-typed");
    let name_field = typed.map(|name| {
        view! {
            <p class="text-sm">
                "Type " <strong class="break-all">{move || name.get()}</strong> " to confirm."
            </p>
            <Field label=typed_label name="confirm_name" id=field value=entered errors=errors required=true/>
        }
    });
    view! {
        <button type="button" class=class hidden=move || !allowed.get() disabled=waiting on:click=move |_| question.open()>
            {button}
        </button>
        <dialog node_ref=dialog aria-labelledby=labelled_by>
            <SubmitForm class="grid gap-4" role=role on_submit=move || confirm.run(entered.get_untracked())>
                <h2 class="text-lg" id=heading>{move || title.get()}</h2>
                <p class="text-sm text-muted">{text}</p>
                {name_field}
                <Problem errors=errors/>
                <div class="flex flex-wrap justify-end gap-2">
                    <button type="button" class="btn" on:click=move |_| question.close()>"Cancel"</button>
                    <Submit label=action pending=pending class="btn btn-danger-solid"/>
                </div>
            </SubmitForm>
        </dialog>
    }
    .into_any()
}
