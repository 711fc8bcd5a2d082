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
    /// Closes the dialog when it turns true.
    #[prop(optional, into)]
    done: Signal<u32>,
    confirm: Callback<String>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let waiting = ready::waiting();
    let allowed = allows(role);
    let entered = RwSignal::new(String::new());
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let close = move || {
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
        entered.set(String::new());
        errors.clear();
        if let Some(dialog) = dialog.get_untracked() {
            _ = dialog.show_modal();
        }
    };
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
        <button type="button" class=class hidden=move || !allowed.get() disabled=waiting on:click=open>
            {button}
        </button>
        <dialog node_ref=dialog aria-labelledby=labelled_by>
            <SubmitForm class="grid gap-4" role=role on_submit=move || confirm.run(entered.get_untracked())>
                <h2 class="text-lg" id=heading>{move || title.get()}</h2>
                <p class="text-sm text-muted">{text}</p>
                {name_field}
                <Problem errors=errors/>
                <div class="flex flex-wrap justify-end gap-2">
                    <button type="button" class="btn" on:click=move |_| close()>"Cancel"</button>
                    <Submit label=action pending=pending class="btn btn-danger-solid"/>
                </div>
            </SubmitForm>
        </dialog>
    }
    .into_any()
}
