//! An authenticator app's secret, for its camera and for typing, and the code that the app makes of it.

use coffer_contract::second_factor::NewAuthenticator;
use leptos::prelude::*;

use crate::ui::{Errors, copy::CopyField, field::Field};

/// The secret, once.
#[component]
pub(crate) fn Secret(authenticator: NewAuthenticator) -> impl IntoView {
    let NewAuthenticator { secret, qr, .. } = authenticator;
    let view_box = format!("0 0 {0} {0}", qr.size);
    view! {
        <div class="grid gap-5">
            <p class="text-sm text-muted">
                "Scan this with an authenticator app on your phone, or type the key into it. Whoever sees it can make your \
                 codes: it is shown now and not again."
            </p>
            // Cameras want it dark on light, whatever the page's colours are.
            <svg
                class="mx-auto w-48 rounded-lg bg-white"
                viewBox=view_box
                role="img"
                aria-label="QR code with the key, for an authenticator app's camera"
                shape-rendering="crispEdges"
            >
                <path d=qr.path fill="#000"></path>
            </svg>
            <CopyField label="Key" id="authenticator-key" value=secret/>
        </div>
    }
    .into_any()
}

/// The field `code`.
#[component]
pub(crate) fn CodeField(
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    errors: Errors,
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <Field
            label=label
            name="code"
            autocomplete="one-time-code"
            mono=true
            value=value
            errors=errors
            required=true
            hint=hint
        />
    }
}
