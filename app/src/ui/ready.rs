//! Whether scripts run yet. Controls that need them wait, so that an early click is not lost.

use leptos::prelude::*;

/// Whether the page that the server wrote is taken over.
#[derive(Clone, Default)]
pub(crate) struct Ready(ArcRwSignal<bool>);

#[cfg(feature = "hydrate")]
impl Ready {
    /// Puts it into the context.
    pub(crate) fn provide(self) {
        provide_context(self);
    }

    /// It is, now.
    pub(crate) fn now(&self) {
        self.0.set(true);
    }
}

/// Puts it into the context of the server, where it never is.
pub(crate) fn provide() {
    if use_context::<Ready>().is_none() {
        provide_context(Ready::default());
    }
}

/// True once the page is hydrated.
pub(crate) fn waiting() -> Signal<bool> {
    match use_context::<Ready>() {
        Some(Ready(ready)) => Signal::derive(move || !ready.get()),
        None => Signal::stored(false),
    }
}
