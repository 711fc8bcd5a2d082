//! The application as it was saved last, for all tabs that change a part of it.

use coffer_contract::application::{ApplicationDetail, ApplicationForm};
use leptos::prelude::*;

/// One signal for each part.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    pub form: RwSignal<ApplicationForm>,
    /// Shared, so that one tab's save does not make another's look stale.
    pub version: RwSignal<i64>,
}

impl Saved {
    /// As it is.
    pub fn new(detail: &ApplicationDetail) -> Self {
        Self { form: RwSignal::new(detail.form.clone()), version: RwSignal::new(detail.version) }
    }
}
