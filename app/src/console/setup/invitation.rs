//! What an invitation's link opens.

use coffer_contract::administrator::{AdministratorView, InvitationState};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use super::password::NewPassword;
use crate::{
    address,
    console::frame::Doorway,
    server_fns::administrator::{AcceptInvitation, invitation_state},
    ui::{
        Errors,
        errors::Problem,
        form::Submit,
        load::{fetched, loaded},
    },
};

/// The invited person chooses a password.
#[component]
pub(crate) fn Invitation() -> impl IntoView {
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token")).unwrap_or_default());
    let state = fetched(move || token.get(), invitation_state);
    view! {
        <Doorway title="Join Coffer">
            {loaded(state, move |state: InvitationState| match state.invited {
                Some(invited) => {
                    view! { <Accept token=token.get_untracked() invited=invited/> }.into_any()
                }
                None => view! {
                    <p class="mt-2">"This invitation is not valid: it was used or withdrawn, or it has expired."</p>
                    <p class="mt-2 text-muted">"Ask whoever sent it for a new one."</p>
                    <a class="btn btn-wide mt-6" href=address::SIGN_IN>"Sign in"</a>
                }
                .into_any(),
            })}
        </Doorway>
    }
}

#[component]
fn Accept(token: String, invited: AdministratorView) -> impl IntoView {
    let action = ServerAction::<AcceptInvitation>::new();
    let errors = Errors::new();
    errors.claim("password");
    errors.follow(action.value());
    view! {
        <p class="mt-2 text-muted">
            "You are invited to be " {invited.role.with_article()} " here. " {invited.role.description()}
        </p>
        <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
            <Problem errors=errors/>
            <input type="hidden" name="token" value=token/>
            <div>
                <label class="label" for="invited-email">"E-mail address"</label>
                <input
                    class="input mt-1.5"
                    id="invited-email"
                    type="email"
                    autocomplete="username"
                    value=invited.email
                    readonly
                />
            </div>
            <NewPassword errors=errors/>
            <Submit label="Join" pending=action.pending() class="btn btn-primary btn-wide"/>
        </ActionForm>
    }
    .into_any()
}
