//! The form that invites, and the link that it makes.

use coffer_contract::administrator::{IssuedInvitation, Role};
use leptos::prelude::*;

use super::{page::Shown, role::Roles};
use crate::{
    server_fns::administrator::invite_administrator,
    ui::{
        Errors, Toasts,
        copy::CopyField,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
        layout::Section,
    },
};

/// Invites somebody; the link is shown once.
#[component]
pub(super) fn Invite(fresh: RwSignal<Option<IssuedInvitation>>, page: Shown) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (email, role) = (RwSignal::new(String::new()), RwSignal::new(Role::Viewer));
    let invite = move || {
        let request = invite_administrator(email.get_untracked(), role.get_untracked());
        send(errors, pending, request, move |issued| {
            toasts.done(format!("{} is invited.", issued.email));
            fresh.set(Some(issued));
            email.set(String::new());
            page.refetch();
        });
    };
    let issued = move || {
        fresh.get().map(|issued| {
            let text = format!(
                "Copy the link now and send it to {}, over a way that only they read: whoever opens it first becomes \
                 the administrator. It is not shown again after you leave this page.",
                issued.email
            );
            view! {
                <div class="grid gap-4">
                    <p class="alert alert-warn break-words" role="status">{text}</p>
                    <CopyField label="Invitation link" id="invitation-link" value=issued.link/>
                </div>
            }
        })
    };
    view! {
        <Section
            title="Invite an administrator"
            text="You get a link that works once, for three days. Coffer sends no e-mail: send it yourself."
        >
            {issued}
            <SubmitForm class="grid gap-5" role=Role::Owner on_submit=invite>
                <Field
                    label="E-mail address"
                    name="email"
                    kind="email"
                    value=email
                    errors=errors
                    required=true
                    hint="They sign in with it."
                />
                <Roles value=role/>
                <Problem errors=errors/>
                <div><Submit label="Create invitation" pending=pending/></div>
            </SubmitForm>
        </Section>
    }
    .into_any()
}
