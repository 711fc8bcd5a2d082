//! Recovery codes: how many are left, and new ones.

use leptos::prelude::*;

use super::{Mine, Stage, left_in_words};
use crate::{
    browser,
    console::account::ask::AskPassword,
    server_fns::second_factor::make_recovery_codes,
    ui::{Errors, form::send},
};

/// Replaces the codes.
#[component]
pub(super) fn Renew(left: u64, email: String, mine: Mine, stage: RwSignal<Stage>) -> impl IntoView {
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(0);
    let confirm = Callback::new(move |current: String| {
        send(errors, pending, make_recovery_codes(current), move |codes| {
            done.update(|done| *done += 1);
            stage.set(Stage::Codes(codes));
            mine.refetch();
            browser::focus("#recovery-codes-title");
        });
    });
    view! {
        <div class="flex flex-wrap items-center justify-between gap-3">
            <p class="text-sm" class=("text-danger", left == 0)>{left_in_words(left)}</p>
            <AskPassword
                id="recovery"
                email=email
                button="Make new recovery codes"
                label="Make new recovery codes"
                title="Make new recovery codes?"
                text="The ones that you have stop working."
                action="Make codes"
                class="btn btn-small"
                action_class="btn btn-primary"
                errors=errors
                pending=pending
                done=done
                confirm=confirm
            />
        </div>
    }
    .into_any()
}
