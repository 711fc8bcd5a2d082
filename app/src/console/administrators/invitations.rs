//! Invitations that nobody has accepted yet.

use coffer_contract::administrator::{InvitationView, Role};
use leptos::prelude::*;

use super::page::Shown;
use crate::{
    server_fns::administrator::withdraw_invitation,
    ui::{Errors, Toasts, dialog::Confirm, form::send, table::table, time::Time},
};

/// A row for each; nothing where there is none.
#[component]
pub(super) fn Invitations(invitations: Vec<InvitationView>, page: Shown) -> impl IntoView {
    if invitations.is_empty() {
        return ().into_any();
    }
    let rows = invitations.into_iter().map(|one| view! { <Row invitation=one page=page/> }).collect_view();
    view! {
        <section>
            <h2 class="mb-3 text-base">"Pending invitations"</h2>
            {table("Pending invitations", &["Invited", "Role", "Invited by", "Link works until", "Actions"], rows)}
        </section>
    }
    .into_any()
}

#[component]
fn Row(invitation: InvitationView, page: Shown) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let InvitationView { id, email, role, invited_by, expires_at } = invitation;
    let dialog = format!("withdraw-{id}");
    let title = format!("Withdraw the invitation of {email}?");
    let confirm = Callback::new(move |_: String| {
        send(errors, pending, withdraw_invitation(id.clone()), move |()| {
            toasts.done("The invitation is withdrawn.");
            page.refetch();
        });
    });
    view! {
        <tr>
            <td class="font-semibold break-all">{email}</td>
            <td data-label="Role">{role.label()}</td>
            <td data-label="Invited by"><span class="break-all">{invited_by}</span></td>
            <td data-label="Link works until"><Time at=expires_at/></td>
            <td>
                <div class="flex justify-end">
                    <Confirm
                        id=dialog
                        button="Withdraw"
                        title=title
                        text="The link stops working. You can invite them again."
                        action="Withdraw"
                        class="btn btn-danger btn-small"
                        errors=errors
                        pending=pending.into()
                        role=Role::Owner
                        confirm=confirm
                    />
                </div>
            </td>
        </tr>
    }
    .into_any()
}
