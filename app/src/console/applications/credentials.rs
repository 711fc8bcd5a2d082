//! What the application proves itself with.

use coffer_contract::application::{ApplicationDetail, TokenEndpointAuthMethod};
use leptos::prelude::*;

use crate::{
    console::fresh::FreshSecret,
    server_fns::application::rotate_secret,
    ui::{Errors, Toasts, copy::CopyField, dialog::Confirm, form::send, layout::Section, time::Time},
};

/// Client id, and the secret: shown once, replaced by a new one.
#[component]
pub(super) fn Credentials(detail: ApplicationDetail) -> impl IntoView {
    let secret = if detail.form.auth_method == TokenEndpointAuthMethod::PrivateKeyJwt {
        view! {
            <Section title="Public keys">
                <p class="text-sm text-muted">
                    "This application proves itself with a key of its own, so it has no client secret. Its public keys \
                     stand under Settings; to replace a key, add the new one there first, and take out the old one once \
                     the application uses the new one."
                </p>
            </Section>
        }
        .into_any()
    } else if detail.app_type.confidential() {
        view! { <Secret detail=detail.clone()/> }.into_any()
    } else {
        view! {
            <Section title="Client Secret">
                <p class="text-sm text-muted">
                    "This kind of application cannot keep a secret, so it has none. It proves itself with PKCE."
                </p>
            </Section>
        }
        .into_any()
    };
    view! {
        <div class="grid gap-6">
            <Section title="Client ID" text="Not a secret: it names the application in every request.">
                <CopyField label="Client ID" id="credentials-client-id" value=detail.client_id/>
            </Section>
            {secret}
        </div>
    }
    .into_any()
}

#[component]
fn Secret(detail: ApplicationDetail) -> impl IntoView {
    let toasts = Toasts::of_page();
    let fresh = FreshSecret::of_console();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(0_u32);
    let (id, shown_id) = (detail.client_id.clone(), detail.client_id);
    let rotate = Callback::new(move |_: String| {
        let id = id.clone();
        send(errors, pending, rotate_secret(id), move |issued| {
            fresh.keep(issued.client_id, issued.client_secret);
            done.update(|count| *count += 1);
            toasts.done("The client secret is replaced.");
        });
    });
    let replaced = detail.client_secret_replaced_at;
    let secret = fresh.show(shown_id, ("Client Secret", "client-secret"), move || {
        let last =
            replaced.map(|at| view! { <p class="hint">"The secret was last replaced on " <Time at=at/></p> });
        last.into_any()
    });
    view! {
        <Section
            title="Client Secret"
            text="The application proves itself with it at the token endpoint. It is shown here once; afterwards only \
                  the management API gives it out, to clients with read:client_keys."
        >
            {secret}
            <div>
                <Confirm
                    id="rotate-secret"
                    button="Rotate secret"
                    title="Replace the client secret?"
                    text="The application cannot use the old secret from this moment on. Have its new one ready to \
                          be entered."
                    action="Rotate"
                    errors=errors
                    pending=pending.into()
                    done=done
                    confirm=rotate
                />
            </div>
        </Section>
    }
    .into_any()
}
