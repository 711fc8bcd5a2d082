//! The first administrator, and those who are invited.

mod invitation;
mod password;

use coffer_contract::administrator::SetupState;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

pub(crate) use self::invitation::Invitation;
use self::password::NewPassword;
use super::frame::Doorway;
use crate::{
    address,
    server_fns::setup::{CompleteSetup, setup_state},
    ui::{
        Errors,
        errors::Problem,
        field::Field,
        form::Submit,
        load::{fetched, loaded},
    },
};

/// What the one-time link opens.
#[component]
pub(crate) fn Setup() -> impl IntoView {
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token")).unwrap_or_default());
    let state = fetched(move || token.get(), setup_state);
    view! {
        <Doorway title="Set up Coffer">
            {loaded(state, move |state: SetupState| {
                if !state.needs_setup {
                    view! {
                        <p class="mt-2 text-muted">"This installation has an administrator already."</p>
                        <a class="btn btn-primary btn-wide mt-6" href=address::SIGN_IN>"Sign in"</a>
                    }
                    .into_any()
                } else if !state.link_valid {
                    view! {
                        <p class="mt-2">"This set-up link is not valid, or it has expired."</p>
                        <p class="mt-2 text-muted">
                            "Restart the server: it prints a new link on its terminal. Or create the \
                             administrator there with " <code>"coffer admin create"</code> "."
                        </p>
                    }
                    .into_any()
                } else {
                    view! { <SetupForm token=token.get_untracked()/> }.into_any()
                }
            })}
        </Doorway>
    }
}

#[component]
fn SetupForm(token: String) -> impl IntoView {
    let action = ServerAction::<CompleteSetup>::new();
    let errors = Errors::new();
    let email = RwSignal::new(String::new());
    errors.claim("email");
    errors.claim("password");
    errors.follow(action.value());
    view! {
        <p class="mt-2 text-muted">"Create the first administrator. You sign in to this console with it."</p>
        <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
            <Problem errors=errors/>
            <input type="hidden" name="token" value=token/>
            <Field
                label="E-mail address"
                name="email"
                kind="email"
                autocomplete="username"
                value=email
                errors=errors
                required=true
            />
            <NewPassword errors=errors/>
            <Submit label="Create administrator" pending=action.pending() class="btn btn-primary btn-wide"/>
        </ActionForm>
    }
    .into_any()
}
