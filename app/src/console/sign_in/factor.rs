//! The second page of a sign-in: the code of an authenticator app, or a recovery code.

use coffer_contract::second_factor::{FactorKind, HalfWayView};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use super::passkey::WithPasskey;
use crate::{
    address, browser,
    console::{frame::Doorway, second_factor::CodeField},
    server_fns::second_factor::{AnswerFactor, half_way},
    ui::{
        Errors,
        errors::Problem,
        form::Submit,
        load::{fetched, loaded},
    },
};

/// Asks for the factor. Works without scripts.
#[component]
pub(crate) fn Factor() -> impl IntoView {
    let state = fetched(|| (), |()| half_way());
    view! {
        <Doorway title="Second factor">
            {loaded(state, |state: HalfWayView| match state {
                HalfWayView::Factor { email, kinds } => view! { <Ask email=email kinds=kinds/> }.into_any(),
                HalfWayView::Enrolment { .. } => view! {
                    <p class="mt-2">"Every administrator needs a second factor here, and you have none yet."</p>
                    <a class="btn btn-primary btn-wide mt-6" href=address::SIGN_IN_ENROL>"Add one"</a>
                }
                .into_any(),
            })}
        </Doorway>
    }
}

#[component]
fn Ask(email: String, kinds: Vec<FactorKind>) -> impl IntoView {
    let query = use_query_map();
    let return_to = move || query.with(|query| query.get("return_to")).unwrap_or_default();
    let action = ServerAction::<AnswerFactor>::new();
    let errors = Errors::new();
    errors.claim("code");
    errors.follow(action.value());
    let (app, passkey) = (kinds.contains(&FactorKind::Authenticator), kinds.contains(&FactorKind::Passkey));
    let (label, hint, class) = if app {
        let hint = "The six digits that your authenticator app shows, or one of your recovery codes.";
        ("Code", hint, "btn btn-primary btn-wide")
    } else {
        ("Recovery code", "If your passkey is not at hand. Each works once.", "btn btn-wide")
    };
    let by_passkey = move |class: &'static str| {
        view! { <WithPasskey return_to=Signal::derive(return_to) errors=errors class=class/> }
    };
    // What most people have at hand comes first, and has the focus.
    let (first, last) = match (app, passkey) {
        (false, true) => (Some(by_passkey("btn btn-primary btn-wide mt-5")), None),
        (true, true) => (None, Some(by_passkey("btn btn-wide mt-3"))),
        _ => (None, None),
    };
    Effect::new(move |_| browser::focus(if app { "#field-code" } else { "#with-passkey" }));
    view! {
        <p class="mt-2 mb-4 text-muted">
            "One more step, " <strong>{email}</strong> ": prove that it is you."
        </p>
        <Problem errors=errors/>
        {first}
        <ActionForm action=action attr:class="mt-5 grid gap-5" attr:novalidate="">
            <input type="hidden" name="return_to" value=return_to/>
            <CodeField label=label hint=hint errors=errors value=RwSignal::new(String::new())/>
            <Submit label="Sign in" pending=action.pending() class=class/>
        </ActionForm>
        {last}
        <p class="hint mt-5">
            "Neither factor nor recovery code? An owner can reset your second factor. "
            <a class="link" href=address::SIGN_IN>"Start again"</a>
        </p>
    }
    .into_any()
}
