//! Whether scripts run yet. Controls that need them wait, so that an early click is not lost.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Ready(RwSignal<bool>);

/// Puts the signal into the context; it turns true after hydration.
pub(crate) fn provide() {
    let ready = RwSignal::new(false);
    provide_context(Ready(ready));
    // Effects run in the browser alone.
    Effect::new(move |_| ready.set(true));
}

/// True once the page is hydrated.
pub(crate) fn waiting() -> Signal<bool> {
    match use_context::<Ready>() {
        Some(Ready(ready)) => Signal::derive(move || !ready.get()),
        None => Signal::stored(false),
    }
}
