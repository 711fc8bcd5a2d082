//! Who administers, and who is invited to.

use coffer_contract::administrator::{AdministratorsPage, IssuedInvitation, Role};
use leptos::prelude::*;

use super::{invitations::Invitations, invite::Invite, list::List, required::Required};
use crate::{
    server_fns::administrator::list_administrators,
    ui::{
        access::allows,
        layout::PageHead,
        load::{Fetched, fetched, loaded},
    },
};

/// The page's content, to be fetched again after each change.
pub(super) type Shown = Fetched<AdministratorsPage>;

/// The list, the invitations and the form for a new one.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let page: Shown = fetched(|| (), |()| list_administrators());
    // The link of an invitation outlives the list's being fetched again.
    let fresh = RwSignal::new(None::<IssuedInvitation>);
    let owner = allows(Role::Owner);
    let editor = allows(Role::Editor);
    view! {
        <PageHead title="Administrators" text="Who may sign in to this dashboard, and what each may do here."/>
        <p class="alert alert-note mb-6" hidden=move || owner.get() || !editor.get()>
            "Owners decide who administers. You can see who does."
        </p>
        <div class="grid gap-6">
            {loaded(page, move |shown: AdministratorsPage| {
                let AdministratorsPage { administrators, invitations, second_factor_required } = shown;
                view! {
                    <div class="grid gap-6">
                        <List administrators=administrators page=page/>
                        <Invitations invitations=invitations page=page/>
                        <Required required=second_factor_required page=page/>
                    </div>
                }
                .into_any()
            })}
            <div hidden=move || !owner.get()><Invite fresh=fresh page=page/></div>
        </div>
    }
    .into_any()
}
