//! One's own second factors: what there is, adding, removing, and recovery codes.

mod add;
mod ask;
mod list;
mod recovery;

use coffer_contract::{
    administrator::Role,
    second_factor::{NewAuthenticator, RecoveryCodes, SecondFactors},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::{
    add::{Begin, Confirm},
    list::List,
    recovery::Renew,
};
use crate::{
    console::second_factor::Codes,
    server_fns::second_factor::second_factors,
    ui::{
        form::Press,
        layout::Section,
        load::{Fetched, fetched, loaded},
    },
};

/// What there is, to be fetched again after each change.
type Mine = Fetched<SecondFactors>;

/// What the section is at.
#[derive(Clone)]
enum Stage {
    Resting,
    /// Asks for the password before an authenticator app is added.
    Beginning,
    /// Shows its secret, and asks for its code.
    Confirming(NewAuthenticator),
    /// Shows recovery codes, once.
    Codes(RecoveryCodes),
}

/// The section.
#[component]
pub(super) fn SecondFactor(email: String) -> impl IntoView {
    let mine: Mine = fetched(|| (), |()| second_factors());
    let stage = RwSignal::new(Stage::Resting);
    let email = StoredValue::new(email);
    let now = move || match stage.get() {
        Stage::Resting => view! {
            <div>
                <Press
                    label="Add authenticator app"
                    pending=false
                    role=Role::Viewer
                    press=move || stage.set(Stage::Beginning)
                />
            </div>
        }
        .into_any(),
        Stage::Beginning => view! { <Begin email=email.get_value() stage=stage/> }.into_any(),
        Stage::Confirming(authenticator) => {
            view! { <Confirm authenticator=authenticator stage=stage mine=mine/> }.into_any()
        }
        Stage::Codes(codes) => view! {
            <Codes codes=codes/>
            <div>
                <Press
                    label="I have kept them"
                    pending=false
                    class="btn btn-primary"
                    role=Role::Viewer
                    press=move || stage.set(Stage::Resting)
                />
            </div>
        }
        .into_any(),
    };
    view! {
        <Section
            title="Second factor"
            text="Asked for at sign-in, after the password: whoever learns your password alone does not get in."
        >
            {loaded(mine, move |there| {
                view! { <There there=there email=email.get_value() mine=mine stage=stage/> }.into_any()
            })}
            {now}
        </Section>
    }
    .into_any()
}

#[component]
fn There(there: SecondFactors, email: String, mine: Mine, stage: RwSignal<Stage>) -> impl IntoView {
    let query = use_query_map();
    let SecondFactors { factors, recovery_codes_left: left, required } = there;
    let recovered = query.with_untracked(|query| query.get("signed-in")).as_deref() == Some("recovery-code");
    let recovered = (recovered && !factors.is_empty()).then(|| {
        view! {
            <p class="alert alert-warn" role="status">
                "You signed in with a recovery code, which works no more. " {left_in_words(left)}
                " If your app is lost, remove it here and add another."
            </p>
        }
    });
    if factors.is_empty() {
        let rule = required.then_some(" Every administrator needs one: add it now.");
        return view! { <p class="text-sm">"You have none." {rule}</p> }.into_any();
    }
    view! {
        {recovered}
        <List factors=factors email=email.clone() mine=mine/>
        <Renew left=left email=email mine=mine stage=stage/>
    }
    .into_any()
}

/// How many recovery codes there are.
fn left_in_words(left: u64) -> String {
    match left {
        0 => "You have no recovery codes left: make new ones now.".to_owned(),
        1 => "You have one recovery code left.".to_owned(),
        left => format!("You have {left} recovery codes left."),
    }
}
