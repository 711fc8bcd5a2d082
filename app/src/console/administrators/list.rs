//! Everybody who administers.

use coffer_contract::administrator::{AdministratorSummary, Role};
use leptos::prelude::*;

use super::{page::Shown, reset::Reset, role::ChangeRole};
use crate::{
    address, browser,
    server_fns::administrator::remove_administrator,
    ui::{Errors, Toasts, dialog::Confirm, form::send, table::table, time::Time},
};

/// A row for each.
#[component]
pub(super) fn List(administrators: Vec<AdministratorSummary>, page: Shown) -> impl IntoView {
    let rows = administrators.into_iter().map(|known| view! { <Row known=known page=page/> }).collect_view();
    table("Administrators", &["Administrator", "Role", "Second factor", "Last sign-in", "Actions"], rows)
}

#[component]
fn Row(known: AdministratorSummary, page: Shown) -> impl IntoView {
    let you = known.you.then(|| view! { <span class="badge badge-ok">"You"</span> });
    let factor = match known.second_factor {
        true => view! { <span class="badge badge-ok">"Yes"</span> }.into_any(),
        false => "None".into_any(),
    };
    let last = match known.last_sign_in_at {
        Some(at) => view! { <Time at=at/> }.into_any(),
        None => "Never".into_any(),
    };
    view! {
        <tr>
            <td>
                <span class="flex flex-wrap items-center gap-2">
                    <span class="min-w-0 font-semibold break-all">{known.email.clone()}</span> {you}
                </span>
            </td>
            <td data-label="Role">{known.role.label()}</td>
            <td data-label="Second factor">{factor}</td>
            <td data-label="Last sign-in">{last}</td>
            <td>
                <div class="flex flex-wrap justify-end gap-2">
                    <ChangeRole known=known.clone() page=page/>
                    <Reset known=known.clone() page=page/>
                    <Remove known=known page=page/>
                </div>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Remove(known: AdministratorSummary, page: Shown) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let AdministratorSummary { id, email, you, .. } = known;
    let dialog = format!("remove-{id}");
    let (title, typed) = (format!("Remove {email}?"), Signal::stored(email.clone()));
    let confirm = Callback::new(move |entered: String| {
        let text = format!("{email} is removed.");
        send(errors, pending, remove_administrator(id.clone(), entered), move |()| {
            if you {
                browser::load(address::SIGN_IN);
            } else {
                toasts.done(text);
                page.refetch();
            }
        });
    });
    view! {
        <Confirm
            id=dialog
            button="Remove"
            title=title
            text="They are signed out everywhere and cannot sign in any more. Invitations that they made end. What they did \
                  stays in the logs."
            action="Remove"
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
