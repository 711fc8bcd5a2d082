//! What deliveries are signed with.

use coffer_contract::webhook::WebhookDetail;
use leptos::prelude::*;

use crate::{
    console::fresh::FreshSecret,
    server_fns::webhook::rotate_webhook_secret,
    ui::{Errors, Toasts, dialog::Confirm, form::send, layout::Section, time::Time},
};

/// The secret: shown once, replaced by a new one.
#[component]
pub(super) fn Signing(detail: WebhookDetail) -> impl IntoView {
    let toasts = Toasts::of_page();
    let fresh = FreshSecret::of_console();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(0_u32);
    let (id, shown_id) = (detail.id.clone(), detail.id);
    let rotate = Callback::new(move |_: String| {
        let id = id.clone();
        send(errors, pending, rotate_webhook_secret(id), move |issued| {
            fresh.keep(issued.id, Some(issued.secret));
            done.update(|count| *count += 1);
            toasts.done("The signing secret is replaced.");
        });
    });
    let made_at = detail.secret_replaced_at;
    let secret = fresh.show(shown_id, ("Signing secret", "signing-secret"), move || {
        view! { <p class="hint">"The secret was made on " <Time at=made_at/></p> }.into_any()
    });
    view! {
        <Section
            title="Signing secret"
            text="Every delivery is signed with it, as Standard Webhooks specifies: its libraries verify them with this \
                  secret as it is."
        >
            {secret}
            <div>
                <Confirm
                    id="rotate-secret"
                    button="Rotate secret"
                    title="Replace the signing secret?"
                    text="For 24 hours deliveries are signed with the old and the new secret, so that the receiver can \
                          change over. Then the old one is of no use."
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
