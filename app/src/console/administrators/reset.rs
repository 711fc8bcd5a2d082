//! Removing the second factors of somebody who lost them.

use coffer_contract::administrator::{AdministratorSummary, Role};
use leptos::prelude::*;

use super::page::Shown;
use crate::{
    server_fns::administrator::reset_factors,
    ui::{Errors, Toasts, dialog::Confirm, form::send},
};

/// The button, and the question that it asks. One's own are removed on one's own page.
#[component]
pub(super) fn Reset(known: AdministratorSummary, page: Shown) -> impl IntoView {
    if known.you || !(known.second_factor || known.linked_account) {
        return ().into_any();
    }
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let AdministratorSummary { id, email, .. } = known;
    let dialog = format!("reset-{id}");
    let (title, typed) = (format!("Reset the second factor of {email}?"), Signal::stored(email.clone()));
    let confirm = Callback::new(move |entered: String| {
        let text = format!("{email} has no second factor now.");
        send(errors, pending, reset_factors(id.clone(), entered), move |()| {
            toasts.done(text);
            page.refetch();
        });
    });
    view! {
        <Confirm
            id=dialog
            button="Reset second factor"
            title=title
            text="Their second factors, recovery codes and linked accounts are removed, and they are signed out. Make sure that \
                  it is really them who asks: their password alone lets anybody in until they add another."
            action="Reset"
            typed=typed
            typed_label="E-mail address"
            class="btn btn-danger btn-small"
            errors=errors
            pending=pending.into()
            role=Role::Owner
            confirm=confirm
        />
    }
    .into_any()
}
