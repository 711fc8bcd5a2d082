//! The messages of one form: beside their fields where a field shows them, above the buttons otherwise.

use coffer_contract::{ApiError, FieldError};
use leptos::prelude::*;

use crate::{address, browser, server_fns::Failure};

/// What the last attempt to send a form brought back.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    fields: RwSignal<Vec<FieldError>>,
    general: RwSignal<Option<String>>,
    shown: StoredValue<Vec<&'static str>>,
}

impl Errors {
    /// No messages yet.
    pub(crate) fn new() -> Self {
        Self {
            fields: RwSignal::new(Vec::new()),
            general: RwSignal::new(None),
            shown: StoredValue::new(Vec::new()),
        }
    }

    /// Says that the form shows the messages of this field beside it; of all that begin so, where the name ends
    /// with a dot.
    pub(crate) fn claim(self, name: &'static str) {
        self.shown.update_value(|shown| shown.push(name));
    }

    /// The messages for one field, one on each line.
    pub(crate) fn of(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.now(name))
    }

    /// The same, as it is now.
    pub(crate) fn now(self, name: &str) -> Option<String> {
        self.fields.with(|fields| {
            let mine: Vec<_> =
                fields.iter().filter(|e| e.field == name).map(|e| e.message.as_str()).collect();
            (!mine.is_empty()).then(|| mine.join("\n"))
        })
    }

    /// Shows what an action brings back, without scripts too.
    pub(crate) fn follow<T: Send + Sync + 'static>(self, value: MappedSignal<Option<Result<T, Failure>>>) {
        if let Some(failure) =
            value.with_untracked(|value| value.as_ref().and_then(|v| v.as_ref().err().cloned()))
        {
            self.show(failure);
        }
        Effect::new(move |_| {
            let failure = value.with(|value| value.as_ref().map(|result| result.as_ref().err().cloned()));
            match failure {
                Some(Some(failure)) => self.show(failure),
                Some(None) => self.clear(),
                None => {}
            }
        });
    }

    /// Forgets all messages.
    pub(crate) fn clear(self) {
        self.fields.set(Vec::new());
        self.general.set(None);
    }

    /// Shows why the server refused, and moves the focus to the first refused field.
    pub(crate) fn show(self, failure: Failure) {
        match failure.0 {
            ApiError::Invalid { fields } => {
                let loose: Vec<_> = self.shown.with_value(|shown| {
                    let is = |name: &str, field: &str| {
                        if name.ends_with('.') { field.starts_with(name) } else { field == name }
                    };
                    let loose = |e: &&FieldError| !shown.iter().any(|name| is(name, &e.field));
                    fields.iter().filter(loose).map(|e| e.message.clone()).collect()
                });
                self.general.set((!loose.is_empty()).then(|| loose.join("\n")));
                self.fields.set(fields);
            }
            ApiError::Unauthenticated => browser::load(&address::sign_in(&browser::here())),
            other => {
                self.fields.set(Vec::new());
                self.general.set(Some(other.to_string()));
            }
        }
        browser::focus("[aria-invalid='true'], [data-problem]");
    }
}

/// The message that belongs to no field.
#[component]
pub(crate) fn Problem(errors: Errors) -> impl IntoView {
    move || {
        errors.general.get().map(|text| {
            view! {
                <p class="alert alert-danger whitespace-pre-line" role="alert" tabindex="-1" data-problem="">{text}</p>
            }
        })
    }
}
