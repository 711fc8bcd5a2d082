//! Short messages about what just happened, announced to screen readers.

use std::time::Duration;

use leptos::prelude::*;

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    failed: bool,
}

/// The messages on screen.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// Puts an empty list into the context.
    pub(crate) fn provide() {
        provide_context(Self { list: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
    }

    /// The list of this page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Says that something worked; goes away by itself.
    pub(crate) fn done(self, text: impl Into<String>) {
        let id = self.show(text.into(), false);
        set_timeout(move || self.close(id), Duration::from_secs(6));
    }

    /// Says that something failed; stays until closed.
    pub(crate) fn failed(self, text: impl Into<String>) {
        self.show(text.into(), true);
    }

    fn show(self, text: String, failed: bool) -> u32 {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| list.push(Toast { id, text, failed }));
        id
    }

    fn close(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }
}

/// Where the messages appear.
#[component]
pub(crate) fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::of_page();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.list.get() key=|toast| toast.id let:toast>
                <div class=if toast.failed { "toast toast-danger" } else { "toast" }>
                    <p class="min-w-0 py-1">{toast.text.clone()}</p>
                    <button
                        type="button"
                        class="btn btn-quiet btn-small"
                        aria-label="Close message"
                        on:click=move |_| toasts.close(toast.id)
                    >
                        "✕"
                    </button>
                </div>
            </For>
        </div>
    }
}
