//! Forms that a server function answers.

use coffer_contract::administrator::Role;
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::{Errors, Toasts, access::allows, ready};
use crate::server_fns::Failure;

/// Calls the server, one call at a time: `done` gets what it answers, `failed` why it refused.
fn call<T: 'static>(
    pending: RwSignal<bool>,
    request: impl Future<Output = Result<T, Failure>> + 'static,
    done: impl FnOnce(T) + 'static,
    failed: impl FnOnce(Failure) + 'static,
) {
    if pending.get_untracked() {
        return;
    }
    pending.set(true);
    spawn_local(async move {
        match request.await {
            Ok(answer) => done(answer),
            Err(failure) => failed(failure),
        }
        // What was done may have taken the form off the page.
        _ = pending.try_set(false);
    });
}

/// Sends a form: `errors` shows why it was refused.
pub(crate) fn send<T: 'static>(
    errors: Errors,
    pending: RwSignal<bool>,
    request: impl Future<Output = Result<T, Failure>> + 'static,
    done: impl FnOnce(T) + 'static,
) {
    errors.clear();
    call(pending, request, done, move |failure| errors.show(failure));
}

/// Does what stands in no form: a toast says why it was refused.
pub(crate) fn act<T: 'static>(
    toasts: Toasts,
    pending: RwSignal<bool>,
    request: impl Future<Output = Result<T, Failure>> + 'static,
    done: impl FnOnce(T) + 'static,
) {
    call(pending, request, done, move |failure| toasts.failed(failure.to_string()));
}

/// A button outside of forms, for those who may; shows while the answer is awaited.
#[component]
pub(crate) fn Press(
    label: &'static str,
    #[prop(into)] pending: Signal<bool>,
    #[prop(default = "btn")] class: &'static str,
    /// What it takes.
    #[prop(default = Role::Editor)]
    role: Role,
    press: impl Fn() + 'static,
) -> impl IntoView {
    let waiting = ready::waiting();
    let allowed = allows(role);
    view! {
        <button
            type="button"
            class=class
            hidden=move || !allowed.get()
            disabled=waiting
            aria-busy=move || pending.get().then_some("true")
            on:click=move |_| press()
        >
            {label}
        </button>
    }
    .into_any()
}

/// A form whose submission runs `on_submit`. Its controls wait for hydration; until then the method is
/// POST, so that nothing typed could ever stand in an address. Who may not send it can read it, and has no
/// buttons in it.
#[component]
pub(crate) fn SubmitForm(
    on_submit: impl Fn() + Send + Sync + 'static,
    children: Children,
    #[prop(default = "grid gap-6")] class: &'static str,
    /// What sending it takes.
    #[prop(default = Role::Editor)]
    role: Role,
) -> impl IntoView {
    let waiting = ready::waiting();
    let allowed = allows(role);
    view! {
        <form
            method="post"
            novalidate
            on:submit=move |ev: SubmitEvent| {
                ev.prevent_default();
                on_submit();
            }
        >
            <fieldset
                class=class
                class=("read-only", move || !allowed.get())
                disabled=move || waiting.get() || !allowed.get()
            >
                {children()}
            </fieldset>
        </form>
    }
    .into_any()
}

/// A form's own button; shows while the answer is awaited.
#[component]
pub(crate) fn Submit(
    #[prop(into)] label: String,
    #[prop(into)] pending: Signal<bool>,
    #[prop(default = "btn btn-primary")] class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=class aria-busy=move || pending.get().then_some("true")>
            {label}
        </button>
    }
}
