//! The factors that there are.

use coffer_contract::second_factor::FactorView;
use leptos::prelude::*;

use super::Mine;
use crate::{
    console::account::ask::AskPassword,
    server_fns::second_factor::remove_factor,
    ui::{Errors, Toasts, form::send, time::Time},
};

/// A line for each.
#[component]
pub(super) fn List(factors: Vec<FactorView>, email: String, mine: Mine) -> impl IntoView {
    let last = factors.len() == 1;
    let rows = factors
        .into_iter()
        .map(|factor| view! { <Line factor=factor last=last email=email.clone() mine=mine/> })
        .collect_view();
    view! { <ul class="rows rounded-lg border border-line" aria-label="Your second factors">{rows}</ul> }
        .into_any()
}

#[component]
fn Line(factor: FactorView, last: bool, email: String, mine: Mine) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(0);
    let FactorView { id, kind, name, created_at, last_used_at } = factor;
    let used = match last_used_at {
        Some(at) => view! { "last used " <Time at=at/> }.into_any(),
        None => "not used yet".into_any(),
    };
    let kind = (kind.label() != name).then(|| format!("{}, ", kind.label()));
    let (label, title) = (format!("Remove {name}"), format!("Remove {name}?"));
    let text = if last {
        "It is your only one: you sign in with your password alone then, and your recovery codes end, too."
    } else {
        "You cannot sign in with it any more."
    };
    let dialog = format!("remove-{id}");
    let confirm = Callback::new(move |current: String| {
        send(errors, pending, remove_factor(id.clone(), current), move |()| {
            done.update(|done| *done += 1);
            toasts.done("The second factor is removed.");
            mine.refetch();
        });
    });
    view! {
        <li class="flex flex-wrap items-center justify-between gap-3 p-4">
            <div class="min-w-0">
                <p class="font-semibold break-words">{name}</p>
                <p class="hint">{kind} "added " <Time at=created_at/> ", " {used}</p>
            </div>
            <AskPassword
                id=dialog
                email=email
                button="Remove"
                label=label
                title=title
                text=text
                action="Remove"
                class="btn btn-danger btn-small"
                action_class="btn btn-danger-solid"
                errors=errors
                pending=pending
                done=done
                confirm=confirm
            />
        </li>
    }
    .into_any()
}
