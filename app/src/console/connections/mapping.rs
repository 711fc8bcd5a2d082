//! Where the profile stands in the provider's answer, with a box to try it.

use coffer_contract::connection::MappedProfile;
use leptos::{prelude::*, task::spawn_local};

use super::draft::ProfileDraft;
use crate::{
    server_fns::connection::try_mapping,
    ui::{
        Errors,
        errors::Problem,
        field::{Field, TextArea},
        ready,
    },
};

/// One expression for each member of the profile; folded away, since most servers use the standard claims.
#[component]
pub(super) fn Mapping(draft: ProfileDraft, errors: Errors) -> impl IntoView {
    let expression =
        |label: &'static str, name: &'static str, value: RwSignal<String>, standard: &'static str| {
            view! { <Field label=label name=name value=value errors=errors mono=true placeholder=standard/> }
        };
    let start = draft.mapping() != Default::default();
    view! {
        <details class="grid gap-4" open=start>
            <summary class="label">"Profile mapping"</summary>
            <p class="hint mt-1">
                "JMESPath expressions over the user info answer. Where one is empty, the standard claim is taken."
            </p>
            <div class="mt-4 grid gap-4 sm:grid-cols-2">
                {expression("User id", "options.profile.id", draft.id, "sub || id")}
                {expression("Full name", "options.profile.name", draft.name, "name")}
                {expression("Nickname", "options.profile.nickname", draft.nickname, "nickname")}
                {expression("Picture", "options.profile.picture", draft.picture, "picture")}
                {expression("E-mail", "options.profile.email", draft.email, "email")}
                {expression(
                    "E-mail verified",
                    "options.profile.email_verified",
                    draft.email_verified,
                    "email_verified",
                )}
            </div>
            <TryBox draft=draft/>
        </details>
    }
    .into_any()
}

/// A sample answer, and what the expressions make of it.
#[component]
fn TryBox(draft: ProfileDraft) -> impl IntoView {
    let waiting = ready::waiting();
    let errors = Errors::new();
    let sample = RwSignal::new(String::new());
    let found = RwSignal::new(None::<MappedProfile>);
    let trying = RwSignal::new(false);
    let run = move |_| {
        if trying.get_untracked() {
            return;
        }
        trying.set(true);
        found.set(None);
        errors.clear();
        spawn_local(async move {
            match try_mapping(draft.mapping(), sample.get_untracked()).await {
                Ok(profile) => found.set(Some(profile)),
                Err(failure) => errors.show(failure),
            }
            trying.set(false);
        });
    };
    view! {
        <div class="mt-4 grid gap-3">
            <TextArea
                label="Sample answer"
                name="sample"
                value=sample
                errors=errors
                mono=true
                rows=5
                hint="Paste JSON that the user info URL answers, to see what the expressions make of it. It is not kept."
            />
            <div>
                <button
                    type="button"
                    class="btn"
                    disabled=waiting
                    aria-busy=move || trying.get().then_some("true")
                    on:click=run
                >
                    "Test mapping"
                </button>
            </div>
            <Problem errors=errors/>
            <div role="status">{move || found.get().map(profile)}</div>
        </div>
    }
    .into_any()
}

/// A profile as a list of terms.
pub(super) fn profile(profile: MappedProfile) -> AnyView {
    let row = |term: &'static str, value: Option<String>| {
        view! {
            <div class="min-w-0">
                <dt class="hint">{term}</dt>
                <dd class="break-all">{value.unwrap_or_else(|| "–".to_owned())}</dd>
            </div>
        }
    };
    let verified =
        profile.email.is_some().then(|| if profile.email_verified { "yes" } else { "no" }.to_owned());
    view! {
        <dl class="alert alert-note grid gap-3 text-sm sm:grid-cols-2">
            {row("User id", Some(profile.id))}
            {row("Full name", profile.name)}
            {row("Nickname", profile.nickname)}
            {row("Picture", profile.picture)}
            {row("E-mail", profile.email)}
            {row("E-mail verified", verified)}
        </dl>
    }
    .into_any()
}
