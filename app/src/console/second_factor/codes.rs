//! Recovery codes, in the only moment in which they can be seen.

use coffer_contract::second_factor::RecoveryCodes;
use leptos::prelude::*;

use crate::{
    browser,
    ui::{Toasts, ready},
};

/// The codes, to be copied, downloaded or printed.
#[component]
pub(crate) fn Codes(codes: RecoveryCodes) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let text = StoredValue::new(codes.codes.join("\n"));
    let save = move |_| {
        let text = format!(
            "Recovery codes for Coffer at {}. Each works once.\n\n{}\n",
            browser::host(),
            text.get_value()
        );
        browser::save("coffer-recovery-codes.txt", &text);
    };
    let copy = move |_| {
        if browser::copy(&text.get_value()) {
            toasts.done("Recovery codes copied.");
        } else {
            toasts
                .failed("This browser copies only on secure pages. Select the codes and copy them yourself.");
        }
    };
    let rows = codes
        .codes
        .into_iter()
        .map(|code| view! { <li class="whitespace-nowrap"><code>{code}</code></li> })
        .collect_view();
    view! {
        <div class="grid gap-4" role="group" aria-labelledby="recovery-codes-title">
            <div class="sheet grid gap-3 rounded-lg bg-sunken p-4">
                <p class="text-sm font-semibold" id="recovery-codes-title" tabindex="-1">
                    "Your recovery codes for Coffer"
                </p>
                <ol class="grid gap-2 sm:grid-cols-2">{rows}</ol>
                <p class="hint">"Each works once, in the place of your second factor."</p>
            </div>
            <p class="alert alert-warn">
                "Keep them where you find them without your phone, such as a password manager or a printed sheet. They are \
                 not shown again."
            </p>
            <div class="flex flex-wrap gap-2">
                <button type="button" class="btn" disabled=waiting on:click=copy>"Copy codes"</button>
                <button type="button" class="btn" disabled=waiting on:click=save>"Download codes"</button>
                <button type="button" class="btn" disabled=waiting on:click=move |_| browser::print()>
                    "Print codes"
                </button>
            </div>
        </div>
    }
    .into_any()
}
