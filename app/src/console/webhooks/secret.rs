//! What deliveries are signed with.

use coffer_contract::webhook::WebhookDetail;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    console::fresh::FreshSecret,
    server_fns::webhook::rotate_webhook_secret,
    ui::{Errors, Toasts, copy::CopyField, dialog::Confirm, layout::Section, time::Time},
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
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        errors.clear();
        let id = id.clone();
        spawn_local(async move {
            match rotate_webhook_secret(id).await {
                Ok(issued) => {
                    fresh.keep(issued.id, Some(issued.secret));
                    done.update(|count| *count += 1);
                    toasts.done("The signing secret is replaced.");
                }
                Err(failure) => errors.show(failure),
            }
            pending.set(false);
        });
    });
    let made_at = detail.secret_replaced_at;
    view! {
        <Section
            title="Signing secret"
            text="Every delivery is signed with it, as Standard Webhooks specifies: its libraries verify them with this \
                  secret as it is."
        >
            {move || match fresh.issued_to(&shown_id) {
                Some(secret) => view! {
                    <div class="grid gap-4">
                        <p class="alert alert-warn" role="status">
                            "Copy the secret now and keep it safe. It is not shown again after you leave this page."
                        </p>
                        <CopyField label="Signing secret" id="signing-secret" value=secret/>
                    </div>
                }
                .into_any(),
                None => view! { <p class="hint">"The secret was made on " <Time at=made_at/></p> }.into_any(),
            }}
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
