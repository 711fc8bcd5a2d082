//! One delivery: what it says, what came of it, and sending it again.

use std::time::Duration;

use coffer_contract::{
    Timestamp,
    webhook::{Attempt, DeliveryDetail, DeliveryState, DeliverySummary},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

use super::state::{answer_badge, delivery_badge};
use crate::{
    address,
    server_fns::webhook::{delivery, resend_delivery},
    ui::{
        Toasts,
        form::{Press, act},
        layout::{PageHead, Section},
        load::{fetched, loaded},
        table::table,
        time::Time,
    },
};

/// Pause between two looks for what came of an attempt.
const EVERY: Duration = Duration::from_millis(700);
/// Looks for one attempt: as long as a request may take, and a little more.
const LOOKS: u32 = 60;

/// The delivery that the address names.
#[component]
pub(crate) fn Delivery() -> impl IntoView {
    let params = use_params_map();
    let ids = Memo::new(move |_| {
        params
            .with(|params| (params.get("id").unwrap_or_default(), params.get("delivery").unwrap_or_default()))
    });
    let detail = fetched(move || ids.get(), |(webhook, id)| delivery(webhook, id));
    loaded(detail, |detail| view! { <Shown detail=detail/> }.into_any())
}

#[component]
fn Shown(detail: DeliveryDetail) -> impl IntoView {
    let title = detail.summary.event.label();
    let above = address::webhook(&detail.webhook_id);
    let (code, id) = (detail.summary.event.code(), detail.summary.id.clone());
    let (url, happened, payload) = (detail.url.clone(), detail.summary.created_at, detail.payload.clone());
    let enabled = detail.enabled;
    let detail = RwSignal::new(detail);
    // Runs in the browser alone: one that was just made is attempted within moments.
    Effect::new(move |_| {
        let fresh = |detail: &DeliveryDetail| {
            detail.summary.state == DeliveryState::Pending && detail.attempts.is_empty()
        };
        if detail.with_untracked(fresh) {
            look(detail, None, LOOKS);
        }
    });
    view! {
        <PageHead title=title above=(above, "Webhook")>
            <SendAgain detail=detail enabled=enabled/>
        </PageHead>
        <div class="grid gap-6">
            <Section title="Delivery">
                <dl class="grid gap-4 sm:grid-cols-2" aria-live="polite">
                    {row("State", move || detail.with(|detail| standing(&detail.summary)))}
                    {row("Event", view! { <code class="break-all">{code}</code> })}
                    {row("Happened", view! { <Time at=happened/> })}
                    {row("Id (webhook-id)", view! { <code class="break-all">{id}</code> })}
                    <div class="min-w-0 sm:col-span-2">
                        <dt class="hint">"Receiver"</dt>
                        <dd><code class="break-all">{url}</code></dd>
                    </div>
                </dl>
            </Section>
            <section aria-labelledby="attempts-title">
                <h2 class="mb-3 text-base" id="attempts-title">"Attempts"</h2>
                {move || detail.with(|detail| attempts(&detail.attempts))}
            </section>
            <Section title="Body" text="Shown over several lines; it is sent, and signed, on one.">
                <pre class="overflow-x-auto rounded-lg bg-sunken p-4 text-sm" tabindex="0">{payload}</pre>
            </Section>
        </div>
    }
    .into_any()
}

fn row(term: &'static str, value: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="min-w-0">
            <dt class="hint">{term}</dt>
            <dd class="break-words">{value}</dd>
        </div>
    }
}

fn standing(summary: &DeliverySummary) -> AnyView {
    let due = summary.due_at.map(|at| view! { <span class="text-sm">"Next attempt: " <Time at=at/></span> });
    view! {
        <span class="flex flex-wrap items-center gap-2">{delivery_badge(summary.state)} {due}</span>
    }
    .into_any()
}

fn attempts(list: &[Attempt]) -> AnyView {
    if list.is_empty() {
        return view! { <p class="card px-5 py-4 text-sm text-muted">"None yet."</p> }.into_any();
    }
    let rows = list
        .iter()
        .map(|attempt| {
            let note = if attempt.note.is_empty() { "–".to_owned() } else { attempt.note.clone() };
            view! {
                <tr>
                    <td><Time at=attempt.at/></td>
                    <td data-label="Result">{answer_badge(attempt)}</td>
                    <td data-label="Took">{format!("{} ms", attempt.took)}</td>
                    <td data-label="Answer"><span class="min-w-0 break-words">{note}</span></td>
                </tr>
            }
        })
        .collect_view();
    table("Attempts, newest first", &["When", "Result", "Took", "Answer"], rows)
}

#[component]
fn SendAgain(detail: RwSignal<DeliveryDetail>, enabled: bool) -> impl IntoView {
    let toasts = Toasts::of_page();
    let pending = RwSignal::new(false);
    let send = move || {
        let (webhook, id, before) =
            detail.with_untracked(|d| (d.webhook_id.clone(), d.summary.id.clone(), latest(d)));
        act(toasts, pending, resend_delivery(webhook, id), move |()| {
            toasts.done("The delivery is sent again.");
            look(detail, before, LOOKS);
        });
    };
    if !enabled {
        return view! { <p class="text-sm text-muted">"The webhook is off."</p> }.into_any();
    }
    view! { <Press label="Send again" class="btn btn-primary" pending=pending press=send/> }.into_any()
}

fn latest(detail: &DeliveryDetail) -> Option<Timestamp> {
    detail.attempts.first().map(|attempt| attempt.at)
}

/// Looks again until there is an attempt after the one `before`, or the page is left.
fn look(detail: RwSignal<DeliveryDetail>, before: Option<Timestamp>, left: u32) {
    let again = move || {
        spawn_local(async move {
            let ids = |d: &DeliveryDetail| (d.webhook_id.clone(), d.summary.id.clone());
            let Some((webhook, id)) = detail.try_with_untracked(ids) else { return };
            let attempted = match delivery(webhook, id).await {
                Ok(now) => {
                    let attempted = latest(&now) != before;
                    if detail.try_set(now).is_some() {
                        return;
                    }
                    attempted
                }
                // The network may come back.
                Err(_) => false,
            };
            if !attempted && left > 0 {
                look(detail, before, left - 1);
            }
        });
    };
    set_timeout(again, EVERY);
}
