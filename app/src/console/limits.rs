//! The scope ceiling beside a toggle: a badge, the button and the panel that it opens.

use coffer_contract::connection::Enablement;
use leptos::prelude::*;

use super::ceiling::Ceiling;
use crate::{browser, ui::ready};

/// Says that there is a limit.
#[component]
pub(super) fn Limited(ceiling: RwSignal<Option<Vec<String>>>) -> impl IntoView {
    move || {
        ceiling.with(|ceiling| ceiling.as_ref().map(Vec::len)).map(|count| {
            let words = if count == 1 {
                "Limited to 1 scope".to_owned()
            } else {
                format!("Limited to {count} scopes")
            };
            view! { <span class="badge badge-warn">{words}</span> }
        })
    }
}

/// The scope ceiling of one row; only while its toggle is on.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    row: StoredValue<Enablement>,
    /// HTML id of the panel.
    id: StoredValue<String>,
    enabled: RwSignal<bool>,
    ceiling: RwSignal<Option<Vec<String>>>,
    open: RwSignal<bool>,
}

impl Limits {
    pub fn of(row: &Enablement, enabled: RwSignal<bool>, ceiling: RwSignal<Option<Vec<String>>>) -> Self {
        let open = RwSignal::new(false);
        // Off forgets the limit, so the panel would show what is not true any more.
        Effect::new(move |_| {
            if !enabled.get() {
                open.set(false);
            }
        });
        let id = StoredValue::new(format!("scopes-{}-{}", row.connection_id, row.client_id));
        Self { row: StoredValue::new(row.clone()), id, enabled, ceiling, open }
    }

    /// Opens and closes the panel.
    pub fn button(self, name: &str) -> impl IntoView + use<> {
        let waiting = ready::waiting();
        let Self { id, enabled, open, .. } = self;
        view! {
            <button
                type="button"
                class="btn btn-quiet btn-small"
                id=format!("{}-button", id.get_value())
                hidden=move || !enabled.get()
                disabled=waiting
                aria-expanded=move || open.get().to_string()
                aria-controls=id.get_value()
                aria-label=format!("Scopes for {name}")
                on:click=move |_| open.update(|open| *open = !*open)
            >
                "Scopes"
            </button>
        }
    }

    /// What the button opens.
    pub fn panel(self) -> impl IntoView {
        let Self { row, id, ceiling, open, .. } = self;
        let close = Callback::new(move |()| {
            open.set(false);
            browser::focus(format!("#{}-button", id.get_value()));
        });
        view! {
            <div class="w-full" id=id.get_value() hidden=move || !open.get()>
                {move || open.get().then(|| view! { <Ceiling row=row.get_value() ceiling=ceiling close=close/> })}
            </div>
        }
    }
}
