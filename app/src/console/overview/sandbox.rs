//! The sandbox: the whole story without an account at any provider.

use coffer_contract::{administrator::Role, overview::SandboxView};
use leptos::prelude::*;

use crate::{
    server_fns::overview::set_up_sandbox,
    ui::{
        Errors, Toasts,
        access::allows,
        errors::Problem,
        form::{Press, send},
        layout::Section,
    },
};

/// One click sets it up; then the agent is a link away.
#[component]
pub(super) fn Sandbox(
    sandbox: SandboxView,
    /// Runs after it was set up: the rest of the page has changed, too.
    done: Callback<()>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let allowed = allows(Role::Editor);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let state = RwSignal::new(sandbox);
    let set_up = move || {
        send(errors, pending, set_up_sandbox(), move |now| {
            state.set(now);
            toasts.done("The sandbox is ready.");
            done.run(());
        });
    };
    view! {
        <Section
            title="Try it without a provider account"
            text="A sandbox provider and an example agent run beside this server. See the whole flow in two minutes: consent, \
                  exchange, a call of the provider's API, revoke, and what the agent gets then."
        >
            <div class="flex flex-wrap items-center gap-3">
                {move || if state.with(|state| state.ready) {
                    let agent = state.with(|state| state.agent_url.clone());
                    view! {
                        <a class="btn btn-primary" href=agent target="_blank" rel="noopener">
                            "Open the example agent" <span class="sr-only">" (opens in a new tab)"</span>
                        </a>
                        <p class="hint">"Its connection and its application stand in the lists like any other."</p>
                    }
                    .into_any()
                } else {
                    view! {
                        <Press label="Set up the sandbox" class="btn btn-primary" pending=pending press=set_up/>
                        <p class="hint" hidden=move || !allowed.get()>"Creates a connection and an application."</p>
                        <p class="hint" hidden=move || allowed.get()>"Setting it up takes an editor."</p>
                    }
                    .into_any()
                }}
            </div>
            <Problem errors=errors/>
        </Section>
    }
    .into_any()
}
