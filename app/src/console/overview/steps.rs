//! What a new installation still lacks.

use coffer_contract::overview::Step;
use leptos::prelude::*;

use crate::ui::icon::{Glyph, Icon};

/// The steps in their order; the first open one stands out.
#[component]
pub(super) fn Steps(steps: Vec<Step>) -> impl IntoView {
    let all = steps.len();
    let done = steps.iter().filter(|step| step.done).count();
    let next = steps.iter().position(|step| !step.done);
    let rows =
        steps.into_iter().enumerate().map(|(at, step)| row(at + 1, step, next == Some(at))).collect_view();
    view! {
        <section class="card p-2 sm:p-3" aria-labelledby="steps-title">
            <div class="flex flex-wrap items-baseline justify-between gap-x-4 px-3 pt-3 pb-2">
                <h2 class="text-base" id="steps-title">"First steps"</h2>
                <p class="hint">{format!("{done} of {all} done")}</p>
            </div>
            <ol class="grid gap-1">{rows}</ol>
        </section>
    }
    .into_any()
}

fn row(number: usize, step: Step, next: bool) -> AnyView {
    let Step { title, href, done } = step;
    if done {
        return view! {
            <li class="flex items-center gap-3 px-3 py-2">
                <span class="step-mark step-done"><Glyph icon=Icon::Done/></span>
                <span class="min-w-0 text-muted">{title} <span class="sr-only">" (done)"</span></span>
            </li>
        }
        .into_any();
    }
    if next {
        return view! {
            <li class="flex flex-wrap items-center gap-3 rounded-lg bg-accent-soft px-3 py-3" aria-current="step">
                <span class="step-mark step-next" aria-hidden="true">{number}</span>
                <span class="min-w-0 flex-1 font-semibold">{title.clone()}</span>
                <a class="btn btn-primary" href=href>"Do this next" <span class="sr-only">": " {title}</span></a>
            </li>
        }
        .into_any();
    }
    view! {
        <li class="flex items-center gap-3 px-3 py-2">
            <span class="step-mark" aria-hidden="true">{number}</span>
            <a class="min-w-0 hover:underline" href=href>{title}</a>
        </li>
    }
    .into_any()
}
