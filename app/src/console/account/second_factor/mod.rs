//! One's own second factors: what there is, adding, removing, and recovery codes.

mod add;
mod list;
mod passkey;
mod recovery;

use coffer_contract::{
    administrator::Role,
    second_factor::{FactorKind, NewAuthenticator, RecoveryCodes, SecondFactors},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::{
    add::{BeginAuthenticator, Confirm},
    list::List,
    passkey::BeginPasskey,
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
    /// Asks for the password before a factor is added.
    Beginning(FactorKind),
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
        // The buttons stand where it is known which there are.
        Stage::Resting => ().into_any(),
        Stage::Beginning(FactorKind::Authenticator) => {
            view! { <BeginAuthenticator email=email.get_value() stage=stage/> }.into_any()
        }
        Stage::Beginning(FactorKind::Passkey) => {
            view! { <BeginPasskey email=email.get_value() stage=stage mine=mine/> }.into_any()
        }
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
    let SecondFactors { factors, recovery_codes_left: left, required, passkeys } = there;
    let add =
        move || matches!(stage.get(), Stage::Resting).then(|| view! { <Add stage=stage passkeys=passkeys/> });
    let recovered = query.with_untracked(|query| query.get("signed-in")).as_deref() == Some("recovery-code");
    let recovered = (recovered && !factors.is_empty()).then(|| {
        view! {
            <p class="alert alert-warn" role="status">
                "You signed in with a recovery code, which works no more. " {left_in_words(left)}
                " If your second factor is lost, remove it here and add another."
            </p>
        }
    });
    if factors.is_empty() {
        let rule = required.then_some(" Every administrator needs one: add it now.");
        return view! {
            <p class="text-sm">"You have none." {rule}</p>
            {add}
        }
        .into_any();
    }
    view! {
        {recovered}
        <List factors=factors email=email.clone() mine=mine/>
        <Renew left=left email=email mine=mine stage=stage/>
        {add}
    }
    .into_any()
}

/// The buttons that begin.
#[component]
fn Add(stage: RwSignal<Stage>, passkeys: bool) -> impl IntoView {
    let available = RwSignal::new(false);
    Effect::new(move |_| available.set(crate::passkey::available()));
    let begin = move |kind: FactorKind| stage.set(Stage::Beginning(kind));
    let passkey = passkeys.then(|| {
        view! {
            <div hidden=move || !available.get()>
                <Press
                    label="Add passkey"
                    pending=false
                    role=Role::Viewer
                    press=move || begin(FactorKind::Passkey)
                />
            </div>
        }
    });
    view! {
        <div class="flex flex-wrap gap-2">
            <Press
                label="Add authenticator app"
                pending=false
                role=Role::Viewer
                press=move || begin(FactorKind::Authenticator)
            />
            {passkey}
        </div>
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
