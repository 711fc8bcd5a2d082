//! A client secret that was just issued: kept in memory until its page is left, shown there once.

use coffer_contract::application::IssuedSecret;
use leptos::prelude::*;

/// The newest secret of this visit to the console.
#[derive(Clone, Copy)]
pub(crate) struct FreshSecret(RwSignal<Option<IssuedSecret>>);

impl FreshSecret {
    /// Puts an empty place for it into the context.
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// The place of this console.
    pub(super) fn of_console() -> Self {
        expect_context()
    }

    /// Keeps what was issued.
    pub(super) fn keep(self, issued: IssuedSecret) {
        self.0.set(Some(issued));
    }

    /// Forgets it.
    pub(super) fn forget(self) {
        self.0.set(None);
    }

    /// The secret issued to this application, if it was just now.
    pub(super) fn for_client(self, client_id: &str) -> Option<String> {
        self.0.with(|issued| {
            issued
                .as_ref()
                .filter(|issued| issued.client_id == client_id)
                .and_then(|i| i.client_secret.clone())
        })
    }
}
