//! Signing administrators in.

mod enrol;
mod factor;
mod passkey;
mod through;

use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

pub(crate) use self::{enrol::Enrol, factor::Factor};
use self::{
    passkey::WithPasskey,
    through::{Through, in_vain},
};
use super::frame::Doorway;
use crate::{
    server_fns::{session, setup::setup_state},
    ui::{Errors, errors::Problem, field::Field, form::Submit, load::fetched},
};

/// E-mail and password.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let query = use_query_map();
    let return_to = move || query.with(|query| query.get("return_to")).unwrap_or_default();
    let action = ServerAction::<session::SignIn>::new();
    let errors = Errors::new();
    errors.claim("email");
    errors.claim("password");
    errors.follow(action.value());
    let in_vain = query.with_untracked(|query| query.get("through")).and_then(|why| in_vain(&why));
    let state = fetched(|| (), |()| setup_state(String::new()));
    view! {
        <Doorway title="Sign in to Coffer">
            <Transition>
                {move || Suspend::new(async move {
                    state.await.is_ok_and(|state| state.needs_setup).then(|| view! {
                        <p class="alert alert-note mt-4">
                            "Nobody can sign in yet. Open the set-up link that the server printed on its terminal."
                        </p>
                    })
                })}
            </Transition>
            {in_vain.map(|why| view! { <p class="alert alert-danger mt-4" role="alert">{why}</p> })}
            <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
                <Problem errors=errors/>
                <input type="hidden" name="return_to" value=return_to/>
                <Field
                    label="E-mail address"
                    name="email"
                    kind="email"
                    autocomplete="username"
                    value=RwSignal::new(String::new())
                    errors=errors
                    required=true
                />
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    value=RwSignal::new(String::new())
                    errors=errors
                    required=true
                />
                <Submit label="Sign in" pending=action.pending() class="btn btn-primary btn-wide"/>
            </ActionForm>
            <Transition>
                {move || Suspend::new(async move {
                    state.await.ok().map(|state| view! {
                        {state.passkeys.then(|| view! {
                            <WithPasskey return_to=Signal::derive(return_to) errors=errors class="btn btn-wide mt-3"/>
                        })}
                        {state.connections.into_iter().map(|connection| view! {
                            <Through connection=connection return_to=Signal::derive(return_to) errors=errors/>
                        }).collect_view()}
                    })
                })}
            </Transition>
        </Doorway>
    }
}
