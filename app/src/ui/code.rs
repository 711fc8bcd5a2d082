//! Code to copy.

use leptos::prelude::*;

use super::{Toasts, ready};
use crate::browser;

/// Lines of code with a heading and a button that copies them.
#[component]
pub(crate) fn Code(#[prop(into)] title: String, #[prop(into)] text: String) -> impl IntoView {
    let toasts = Toasts::of_page();
    let waiting = ready::waiting();
    let (name, lines) = (title.clone(), text.clone());
    let copy = move |_| {
        if browser::copy(&lines) {
            toasts.done(format!("{name} copied."));
        } else {
            toasts.failed("This browser copies only on secure pages. Select the text and copy it yourself.");
        }
    };
    view! {
        <div>
            <div class="flex items-center justify-between gap-3">
                <h3 class="label">{title.clone()}</h3>
                <button
                    type="button"
                    class="btn btn-small"
                    aria-label=format!("Copy {title}")
                    disabled=waiting
                    on:click=copy
                >
                    "Copy"
                </button>
            </div>
            // Wide lines scroll, with the keyboard, too.
            <pre class="code mt-2" tabindex="0" role="region" aria-label=title><code>{text}</code></pre>
        </div>
    }
    .into_any()
}
