//! How webhooks, deliveries and attempts are doing, in words and colours.

use coffer_contract::webhook::{Attempt, DeliveryState, WebhookState};
use leptos::prelude::*;

use crate::ui::time::Time;

/// The state of a webhook, for the list.
pub(super) fn webhook_badge(state: &WebhookState) -> impl IntoView + use<> {
    let class = match state {
        WebhookState::On => "badge badge-ok",
        WebhookState::Failing { .. } => "badge badge-warn",
        WebhookState::Off => "badge",
        WebhookState::GivenUp { .. } => "badge badge-danger",
    };
    view! { <span class=class>{state.label()}</span> }
}

/// What an administrator should know about the state of a webhook; nothing where it is on.
pub(super) fn notice(state: WebhookState) -> AnyView {
    match state {
        WebhookState::On => ().into_any(),
        WebhookState::Failing { since } => view! {
            <p class="alert alert-warn mb-6" role="status">
                "No delivery arrived since " <Time at=since/> ". If that goes on for five days, Coffer switches the \
                webhook off."
            </p>
        }
        .into_any(),
        WebhookState::Off => view! {
            <p class="alert alert-note mb-6" role="status">
                "This webhook is off. It is not told what happens meanwhile."
            </p>
        }
        .into_any(),
        WebhookState::GivenUp { reason } => view! {
            <p class="alert alert-danger mb-6" role="status">
                "Coffer switched this webhook off. " {reason} " Switch it on in the settings once its receiver works \
                again."
            </p>
        }
        .into_any(),
    }
}

/// The state of a delivery.
pub(super) fn delivery_badge(state: DeliveryState) -> impl IntoView {
    let class = match state {
        DeliveryState::Delivered => "badge badge-ok",
        DeliveryState::Pending => "badge badge-warn",
        DeliveryState::GivenUp => "badge badge-danger",
    };
    view! { <span class=class>{state.label()}</span> }
}

/// What an attempt brought.
pub(super) fn answer_badge(attempt: &Attempt) -> impl IntoView + use<> {
    let class = if attempt.succeeded() { "badge badge-ok" } else { "badge badge-danger" };
    let words = attempt.status.map_or_else(|| "No answer".to_owned(), |status| format!("Status {status}"));
    view! { <span class=class>{words}</span> }
}
