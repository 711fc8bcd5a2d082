//! The second page of a sign-in: the code of an authenticator app, or a recovery code.

use coffer_contract::second_factor::HalfWayView;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

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
                HalfWayView::Factor { email } => view! { <Ask email=email/> }.into_any(),
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
fn Ask(email: String) -> impl IntoView {
    let query = use_query_map();
    let return_to = move || query.with(|query| query.get("return_to")).unwrap_or_default();
    let action = ServerAction::<AnswerFactor>::new();
    let errors = Errors::new();
    errors.claim("code");
    errors.follow(action.value());
    // Whoever comes here has the app in hand.
    Effect::new(move |_| browser::focus("#field-code"));
    view! {
        <p class="mt-2 text-muted">
            "Your password is right, " <strong class="break-all">{email}</strong> ". Now prove that it is you."
        </p>
        <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
            <Problem errors=errors/>
            <input type="hidden" name="return_to" value=return_to/>
            <CodeField
                label="Code"
                hint="The six digits that your authenticator app shows, or one of your recovery codes."
                errors=errors
                value=RwSignal::new(String::new())
            />
            <Submit label="Sign in" pending=action.pending() class="btn btn-primary btn-wide"/>
        </ActionForm>
        <p class="hint mt-5">
            "No phone and no recovery code? An owner can reset your second factor. "
            <a class="link" href=address::SIGN_IN>"Start again"</a>
        </p>
    }
    .into_any()
}
