//! The second page of a sign-in where everybody needs a second factor and this administrator has none.

use coffer_contract::second_factor::{HalfWayView, NewAuthenticator, RecoveryCodes};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    address, browser,
    console::{
        frame::Doorway,
        second_factor::{CodeField, Codes, Secret},
    },
    passkey,
    server_fns::{
        Failure,
        second_factor::{CompleteEnrolment, complete_passkey_enrolment, enrol_passkey, half_way},
    },
    ui::{
        Errors,
        errors::Problem,
        form::{Submit, send},
        load::{fetched, loaded},
    },
};

/// Adds an authenticator app, and shows the recovery codes before it goes on.
#[component]
pub(crate) fn Enrol() -> impl IntoView {
    let state = fetched(|| (), |()| half_way());
    let action = ServerAction::<CompleteEnrolment>::new();
    let by_passkey = RwSignal::new(None::<RecoveryCodes>);
    let added = move || by_passkey.get().or_else(|| action.value().get().and_then(Result::ok));
    view! {
        <Doorway title="Add a second factor">
            {move || match added() {
                Some(codes) => view! { <Added codes=codes/> }.into_any(),
                None => loaded(state, move |state: HalfWayView| match state {
                    HalfWayView::Enrolment { email, authenticator, passkeys } => view! {
                        <p class="mt-2 mb-5 text-muted">
                            "Every administrator needs one here. You sign in as " <strong>{email}</strong> "."
                        </p>
                        {passkeys.then(|| view! { <WithPasskey done=by_passkey/> })}
                        <Add authenticator=authenticator action=action/>
                    }
                    .into_any(),
                    HalfWayView::Factor { .. } => view! {
                        <p class="mt-2">"You have a second factor already."</p>
                        <a class="btn btn-primary btn-wide mt-6" href=address::SIGN_IN_FACTOR>"Sign in with it"</a>
                    }
                    .into_any(),
                }),
            }}
        </Doorway>
    }
}

/// A passkey, in browsers that have them, before the app that everybody can have.
#[component]
fn WithPasskey(done: RwSignal<Option<RecoveryCodes>>) -> impl IntoView {
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let available = RwSignal::new(false);
    Effect::new(move |_| available.set(passkey::available()));
    let add = move |_| send(errors, pending, make(), move |codes| done.set(Some(codes)));
    view! {
        <div class="mb-6 grid gap-3" hidden=move || !available.get()>
            <button
                type="button"
                class="btn btn-wide"
                aria-busy=move || pending.get().then_some("true")
                on:click=add
            >
                "Add a passkey"
            </button>
            <Problem errors=errors/>
            <p class="hint">"Or an authenticator app:"</p>
        </div>
    }
    .into_any()
}

async fn make() -> Result<RecoveryCodes, Failure> {
    let answer = passkey::create(enrol_passkey().await?).await?;
    complete_passkey_enrolment(answer).await
}

#[component]
fn Add(authenticator: NewAuthenticator, action: ServerAction<CompleteEnrolment>) -> impl IntoView {
    let errors = Errors::new();
    errors.claim("code");
    errors.follow(action.value());
    view! {
        <Secret authenticator=authenticator/>
        <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
            <Problem errors=errors/>
            <CodeField
                label="Code"
                hint="The six digits that the app shows now."
                errors=errors
                value=RwSignal::new(String::new())
            />
            <Submit label="Add and sign in" pending=action.pending() class="btn btn-primary btn-wide"/>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn Added(codes: RecoveryCodes) -> impl IntoView {
    let query = use_query_map();
    let onwards = move || {
        let target = query.with_untracked(|query| query.get("return_to")).unwrap_or_default();
        browser::load(address::inside(&target));
    };
    Effect::new(|_| browser::focus("#recovery-codes-title"));
    view! {
        <div class="mt-2 grid gap-5">
            <p class="text-muted" role="status">"Your second factor is added, and you are signed in."</p>
            <Codes codes=codes/>
            <button type="button" class="btn btn-primary btn-wide" on:click=move |_| onwards()>"Continue"</button>
        </div>
    }
    .into_any()
}
