//! The end of a page: what cannot be undone.

use coffer_contract::administrator::Role;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Errors, Toasts, access::allows, dialog::Confirm, form::send, layout::Section};
use crate::server_fns::Failure;

/// A section that deletes what the page shows, after a question, and goes back to the list.
#[component]
pub(crate) fn DangerZone<F>(
    /// What deleting means.
    warning: &'static str,
    /// Such as "application": what is deleted.
    what: &'static str,
    /// Says in the question what happens.
    text: &'static str,
    /// Must be typed first, when given.
    #[prop(optional_no_strip, into)]
    typed: Option<Signal<String>>,
    /// What that is.
    #[prop(default = "Name")]
    typed_label: &'static str,
    /// What it takes.
    #[prop(default = Role::Editor)]
    role: Role,
    /// Said afterwards.
    #[prop(into)]
    done: String,
    /// Address of the list.
    #[prop(into)]
    list: String,
    /// Deletes it; gets what was typed.
    delete: impl Fn(String) -> F + Send + Sync + 'static,
) -> impl IntoView
where
    F: Future<Output = Result<(), Failure>> + 'static,
{
    let toasts = Toasts::of_page();
    let navigate = use_navigate();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let confirm = Callback::new(move |entered: String| {
        let (done, list, navigate) = (done.clone(), list.clone(), navigate.clone());
        send(errors, pending, delete(entered), move |()| {
            toasts.done(done);
            navigate(&list, NavigateOptions::default());
        });
    });
    let title = format!("Delete this {what}?");
    let allowed = allows(role);
    view! {
        <div class="mt-6" hidden=move || !allowed.get()>
            <Section title="Danger zone" text=warning>
                <div>
                    <Confirm
                        id="delete"
                        button=format!("Delete {what}")
                        title=Signal::stored(title)
                        text=format!("{text} This cannot be undone.")
                        action="Delete"
                        typed=typed
                        typed_label=typed_label
                        errors=errors
                        pending=pending.into()
                        role=role
                        confirm=confirm
                    />
                </div>
            </Section>
        </div>
    }
    .into_any()
}
