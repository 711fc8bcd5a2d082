//! What every page says while a sandbox runs beside the server.

use leptos::prelude::*;

/// The note, at the page's edge.
pub(crate) fn sandbox_note(on: bool) -> Option<impl IntoView> {
    on.then(|| {
        view! {
            <aside class="sandbox-note" aria-label="Sandbox">
                "Sandbox: anyone can sign in as anyone. Not for production."
            </aside>
        }
    })
}
