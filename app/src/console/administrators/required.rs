//! Whether everybody needs a second factor.

use coffer_contract::administrator::Role;
use leptos::prelude::*;

use super::page::Shown;
use crate::{
    server_fns::administrator::require_second_factor,
    ui::{Errors, Toasts, dialog::Confirm, form::send, layout::Section},
};

/// What applies, and for owners the button that changes it.
#[component]
pub(super) fn Required(required: bool, page: Shown) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(0);
    let text = if required {
        "Every administrator needs a second factor. Who has none adds one at the next sign-in, before anything else."
    } else {
        "Administrators choose for themselves whether to add a second factor."
    };
    let (button, title, question, action, class) = if required {
        (
            "Stop requiring it",
            "Stop requiring a second factor?",
            "Administrators can remove theirs then, and sign in with the password alone.",
            "Stop requiring it",
            "btn btn-danger",
        )
    } else {
        (
            "Require a second factor",
            "Require a second factor of everybody?",
            "Who has none is signed out now, and adds one at the next sign-in. You need one of your own first.",
            "Require it",
            "btn",
        )
    };
    let confirm = Callback::new(move |_: String| {
        send(errors, pending, require_second_factor(!required), move |()| {
            done.update(|done| *done += 1);
            toasts.done(if required {
                "It is not required any more."
            } else {
                "A second factor is required now."
            });
            page.refetch();
        });
    });
    view! {
        <Section title="Second factor" text=text>
            <div>
                <Confirm
                    id="require-factor"
                    button=button
                    title=Signal::stored(title.to_owned())
                    text=question
                    action=action
                    class=class
                    errors=errors
                    pending=pending.into()
                    role=Role::Owner
                    done=done
                    confirm=confirm
                />
            </div>
        </Section>
    }
    .into_any()
}
