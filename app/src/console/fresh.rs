//! A secret that was just issued: kept in memory until its page is left, shown there once.

use leptos::prelude::*;

use crate::ui::copy::CopyField;

/// The newest secret of this visit to the console, and the id of what it was issued to.
#[derive(Clone, Copy)]
pub(crate) struct FreshSecret(RwSignal<Option<(String, String)>>);

impl FreshSecret {
    /// Puts an empty place for it into the context.
    pub(super) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// The place of this console.
    pub(super) fn of_console() -> Self {
        expect_context()
    }

    /// Keeps what was issued to `id`; nothing where it has no secret.
    pub(super) fn keep(self, id: String, secret: Option<String>) {
        self.0.set(secret.map(|secret| (id, secret)));
    }

    /// Forgets it.
    pub(super) fn forget(self) {
        self.0.set(None);
    }

    /// The secret issued to `id`, to be copied; `otherwise` once it is gone.
    pub(super) fn show(
        self,
        id: String,
        (label, field): (&'static str, &'static str),
        otherwise: impl Fn() -> AnyView + Send + 'static,
    ) -> AnyView {
        let shown = move |secret: String| {
            view! {
                <div class="grid gap-4">
                    <p class="alert alert-warn" role="status">
                        "Copy the secret now and keep it safe. It is not shown again after you leave this page."
                    </p>
                    <CopyField label=label id=field value=secret/>
                </div>
            }
            .into_any()
        };
        (move || self.issued_to(&id).map_or_else(&otherwise, shown)).into_any()
    }

    /// The secret issued to `id`, if it was just now.
    fn issued_to(self, id: &str) -> Option<String> {
        self.0.with(|issued| issued.as_ref().filter(|(to, _)| to == id).map(|(_, secret)| secret.clone()))
    }
}
