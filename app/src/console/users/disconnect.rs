//! Taking an account away from its user.

use coffer_contract::user::AccountView;
use leptos::prelude::*;

use crate::{
    browser,
    server_fns::user::disconnect_account,
    ui::{Errors, Toasts, dialog::Confirm, form::send},
};

/// The button and its question; `accounts` is the list that the account leaves.
#[component]
pub(super) fn Disconnect(
    user_id: String,
    id: String,
    name: String,
    accounts: RwSignal<Vec<AccountView>>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (dialog, title) = (format!("disconnect-{id}"), format!("Disconnect {name}?"));
    let confirm = Callback::new(move |_: String| {
        let (user_id, id, name) = (user_id.clone(), id.clone(), name.clone());
        send(errors, pending, disconnect_account(user_id, id.clone()), move |()| {
            toasts.done(format!("{name} is disconnected."));
            // The card goes with its dialog; what was focused is gone with them.
            accounts.update(|list| list.retain(|account| account.id != id));
            browser::focus("#accounts-title");
        });
    });
    view! {
        <Confirm
            id=dialog
            button="Disconnect"
            class="btn btn-danger btn-small"
            title=title
            text="Its tokens are gone at once, and Coffer asks the provider to revoke them. Applications cannot act for \
                  this account until the user connects it again."
            action="Disconnect"
            errors=errors
            pending=pending.into()
            confirm=confirm
        />
    }
    .into_any()
}
