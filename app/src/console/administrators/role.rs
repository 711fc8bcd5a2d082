//! Giving an administrator another role.

use coffer_contract::administrator::{AdministratorSummary, Role};
use leptos::{html, prelude::*};

use super::page::Shown;
use crate::{
    address, browser,
    server_fns::administrator::set_administrator_role,
    ui::{
        Errors, Toasts,
        access::allows,
        errors::Problem,
        form::{Submit, SubmitForm, send},
        ready,
        toggle::RadioCard,
    },
};

/// The choices of a form, as cards.
#[component]
pub(super) fn Roles(value: RwSignal<Role>) -> impl IntoView {
    let cards = Role::ALL
        .into_iter()
        .map(|role| {
            view! { <RadioCard name="role" label=role.label() hint=role.description() item=role value=value/> }
        })
        .collect_view();
    view! {
        <fieldset>
            <legend class="label">"Role"</legend>
            <div class="mt-2 grid gap-3">{cards}</div>
        </fieldset>
    }
    .into_any()
}

/// The button, and the dialog that it opens.
#[component]
pub(super) fn ChangeRole(known: AdministratorSummary, page: Shown) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let owner = allows(Role::Owner);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let dialog = NodeRef::<html::Dialog>::new();
    let AdministratorSummary { id, email, role: before, you, .. } = known;
    let role = RwSignal::new(before);
    let heading = format!("role-{id}-title");
    let labelled_by = heading.clone();
    let title = format!("Role of {email}");
    let label = format!("Change role of {email}");
    let open = move |_| {
        role.set(before);
        errors.clear();
        if let Some(dialog) = dialog.get_untracked() {
            _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let save = move || {
        let chosen = role.get_untracked();
        let text = format!("{email} is {} now.", chosen.with_article());
        send(errors, pending, set_administrator_role(id.clone(), chosen), move |()| {
            close();
            if you && chosen < before {
                browser::load(address::SIGN_IN);
            } else {
                toasts.done(text);
                page.refetch();
            }
        });
    };
    view! {
        <button
            type="button"
            class="btn btn-small"
            hidden=move || !owner.get()
            disabled=waiting
            aria-label=label
            on:click=open
        >
            "Change role"
        </button>
        <dialog node_ref=dialog aria-labelledby=labelled_by>
            <SubmitForm class="grid gap-4" role=Role::Owner on_submit=save>
                <h2 class="text-lg break-words" id=heading>{title}</h2>
                <Roles value=role/>
                <p class="text-sm text-muted">"Who loses rights by this is signed out, and signs in again with the new role."</p>
                <Problem errors=errors/>
                <div class="flex flex-wrap justify-end gap-2">
                    <button type="button" class="btn" on:click=move |_| close()>"Cancel"</button>
                    <Submit label="Save role" pending=pending/>
                </div>
            </SubmitForm>
        </dialog>
    }
    .into_any()
}
