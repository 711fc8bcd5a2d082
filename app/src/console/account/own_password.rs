//! The password that somebody has, before something that takes it.

use leptos::prelude::*;

use crate::ui::{Errors, field::Field};

/// The field `current_password`.
#[component]
pub(super) fn OwnPassword(
    label: &'static str,
    /// Whose password it is, for password managers.
    email: String,
    value: RwSignal<String>,
    errors: Errors,
    /// Its HTML id: the page has several of these.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    view! {
        <input class="sr-only" type="text" name="username" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true"/>
        <Field
            label=label
            name="current_password"
            id=id
            kind="password"
            autocomplete="current-password"
            value=value
            errors=errors
            required=true
        />
    }
    .into_any()
}
