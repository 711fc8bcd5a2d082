//! The password that somebody chooses who begins.

use coffer_contract::administrator::PASSWORD_MIN;
use leptos::prelude::*;

use crate::ui::{Errors, field::Field};

/// The field `password`, with a word about how good it is.
#[component]
pub(super) fn NewPassword(errors: Errors) -> impl IntoView {
    let password = RwSignal::new(String::new());
    view! {
        <div>
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="new-password"
                value=password
                errors=errors
                required=true
                hint=format!("At least {PASSWORD_MIN} characters; a few unrelated words are easy to remember.")
            />
            <p class="hint mt-1" role="status">{move || strength(&password.read())}</p>
        </div>
    }
    .into_any()
}

/// A word about how good the password is; length counts most.
fn strength(password: &str) -> &'static str {
    let length = password.chars().count();
    let mut seen: Vec<char> = password.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    match length {
        0 => "",
        n if n < PASSWORD_MIN => "Too short so far.",
        _ if seen.len() < 6 => "Weak: it repeats the same few characters.",
        n if n < 16 => "Good. Longer is stronger.",
        _ => "Strong.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_variety_make_a_password_strong() {
        assert_eq!(strength(""), "");
        assert_eq!(strength("short"), "Too short so far.");
        assert!(strength("aaaaaaaaaaaaaaaaaaaa").starts_with("Weak"));
        assert_eq!(strength("correct horse battery"), "Strong.");
    }
}
