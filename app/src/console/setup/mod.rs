//! The first administrator, and those who are invited.

mod invitation;

use coffer_contract::administrator::{PASSWORD_MIN, SetupState};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

pub(crate) use self::invitation::Invitation;
use super::frame::Doorway;
use crate::{
    address,
    server_fns::setup::{CompleteSetup, setup_state},
    ui::{Errors, errors::Problem, field::Field, form::Submit, load::loaded},
};

/// What the one-time link opens.
#[component]
pub(crate) fn Setup() -> impl IntoView {
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token")).unwrap_or_default());
    let state = Resource::new(move || token.get(), setup_state);
    view! {
        <Doorway title="Set up Coffer">
            {loaded(state, move |state: SetupState| {
                if !state.needs_setup {
                    view! {
                        <p class="mt-2 text-muted">"This installation has an administrator already."</p>
                        <a class="btn btn-primary btn-wide mt-6" href=address::SIGN_IN>"Sign in"</a>
                    }
                    .into_any()
                } else if !state.link_valid {
                    view! {
                        <p class="mt-2">"This set-up link is not valid, or it has expired."</p>
                        <p class="mt-2 text-muted">
                            "Restart the server: it prints a new link on its terminal. Or create the \
                             administrator there with " <code>"coffer admin create"</code> "."
                        </p>
                    }
                    .into_any()
                } else {
                    view! { <SetupForm token=token.get_untracked()/> }.into_any()
                }
            })}
        </Doorway>
    }
}

#[component]
fn SetupForm(token: String) -> impl IntoView {
    let action = ServerAction::<CompleteSetup>::new();
    let errors = Errors::new();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    errors.claim("email");
    errors.claim("password");
    errors.follow(action.value());
    view! {
        <p class="mt-2 text-muted">"Create the first administrator. You sign in to this console with it."</p>
        <ActionForm action=action attr:class="mt-6 grid gap-5" attr:novalidate="">
            <Problem errors=errors/>
            <input type="hidden" name="token" value=token/>
            <Field
                label="E-mail address"
                name="email"
                kind="email"
                autocomplete="username"
                value=email
                errors=errors
                required=true
            />
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
            <Submit label="Create administrator" pending=action.pending() class="btn btn-primary btn-wide"/>
        </ActionForm>
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
