//! Trying a connection: the administrator signs in through it in a window of its own, and this page shows
//! what came of it.

use coffer_contract::{
    administrator::Role,
    connection::{ConnectionDetail, TryResult},
};
use leptos::prelude::*;

use super::{
    attempt::{Stage, Try},
    tried::Tried,
};
use crate::ui::{access::allows, copy::CopyField, errors::Problem, layout::Section, ready};

/// The button, what to do meanwhile, and what came of it.
#[component]
pub(super) fn Trying(detail: ConnectionDetail) -> impl IntoView {
    let ready = ready::waiting();
    let allowed = allows(Role::Editor);
    let attempt = Try::new(detail.id);
    let callback = StoredValue::new(detail.callback_url);
    let known = StoredValue::new(detail.entry.scopes);
    let waits = move || attempt.stage.with(|stage| matches!(stage, Stage::Waiting(_)));
    let label = move || {
        if attempt.stage.with(|stage| *stage == Stage::Idle) { "Try connection" } else { "Try again" }
    };
    view! {
        <Section
            title="Try connection"
            text="Sign in through this connection as a user would, in a new window. It uses the settings as they are \
                  saved. Nobody becomes a user by it, and no token is kept."
        >
            <p class="text-sm text-muted" hidden=move || allowed.get()>"Trying a connection takes an editor."</p>
            <div class="flex flex-wrap gap-2" hidden=move || !allowed.get()>
                <button
                    type="button"
                    class="btn"
                    class=("btn-primary", move || !waits())
                    disabled=ready
                    aria-busy=move || attempt.beginning.get().then_some("true")
                    on:click=move |_| attempt.begin()
                >
                    {label}
                </button>
                <button type="button" class="btn" hidden=move || !waits() on:click=move |_| attempt.cancel()>
                    "Cancel"
                </button>
            </div>
            <Problem errors=attempt.errors/>
            <div role="status" class="text-sm" hidden=move || attempt.stage.with(|stage| *stage == Stage::Idle)>
                {move || attempt.stage.with(summary)}
            </div>
            {move || match attempt.stage.get() {
                Stage::Idle => ().into_any(),
                Stage::Waiting(start) => meanwhile(start.url, callback.get_value()),
                Stage::Done(result) => {
                    view! { <Tried result=result known=known.get_value() callback_url=callback.get_value()/> }
                        .into_any()
                }
            }}
        </Section>
    }
    .into_any()
}

/// One sentence, which screen readers say as it changes.
fn summary(stage: &Stage) -> AnyView {
    match stage {
        Stage::Idle => ().into_any(),
        Stage::Waiting(_) | Stage::Done(TryResult::Waiting) => {
            view! { <p class="alert alert-note">"Waiting for you to sign in, in the other window…"</p> }
                .into_any()
        }
        Stage::Done(TryResult::Worked { .. }) => {
            view! { <p class="alert alert-ok font-semibold">"The connection works."</p> }.into_any()
        }
        Stage::Done(TryResult::Failed { .. }) => {
            view! { <p class="alert alert-danger font-semibold">"The connection does not work yet."</p> }
                .into_any()
        }
    }
}

fn meanwhile(url: String, callback_url: String) -> AnyView {
    view! {
        <div class="grid gap-4 text-sm">
            <p>
                "No window? "
                <a class="link" href=url target="_blank" rel="noopener noreferrer">
                    "Open the provider's sign-in" <span class="sr-only">" (opens in a new tab)"</span>
                </a>
                " yourself."
            </p>
            <div class="grid gap-3 rounded-lg bg-sunken p-4">
                <p>
                    <strong>"The provider shows an error instead of its sign-in page? "</strong>
                    "If it speaks of the redirect URI, register exactly this callback URL there, then try again. \
                     Coffer cannot see that error."
                </p>
                <CopyField label="Callback URL to register" id="try-callback-url" value=callback_url/>
            </div>
        </div>
    }
    .into_any()
}
