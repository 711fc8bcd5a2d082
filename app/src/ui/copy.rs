//! A value to copy.

use leptos::{html, prelude::*};

use super::{Toasts, ready};
use crate::browser;

/// A read-only value with a button that copies it.
#[component]
pub(crate) fn CopyField(
    #[prop(into)] label: String,
    /// Unique on the page.
    id: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let input = NodeRef::<html::Input>::new();
    let hint_id = format!("{id}-hint");
    let name = label.clone();
    let copy = move |_| {
        if value.with_untracked(|text| browser::copy(text)) {
            toasts.done(format!("{name} copied."));
        } else if let Some(input) = input.get() {
            input.select();
            toasts
                .failed("This browser copies only on secure pages. The text is selected: copy it yourself.");
        }
    };
    view! {
        <div>
            <label class="label" for=id>{label.clone()}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint mt-1" id=hint_id>{hint}</p> })}
            <div class="mt-1.5 flex gap-2">
                <input
                    class="input input-mono"
                    node_ref=input
                    id=id
                    type="text"
                    readonly
                    value=move || value.get()
                />
                <button
                    type="button"
                    class="btn"
                    aria-label=format!("Copy {label}")
                    disabled=waiting
                    on:click=copy
                >
                    "Copy"
                </button>
            </div>
        </div>
    }
    .into_any()
}
