//! Headings, sections and empty states.

use leptos::prelude::*;
use leptos_meta::Title;

/// The head of a page: its title, a sentence about it and its main action.
#[component]
pub(crate) fn PageHead(
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] text: String,
    /// Address and name of the page above.
    #[prop(optional)]
    above: Option<(String, &'static str)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let above = above.map(|(href, name)| {
        view! {
            <p class="mb-2 text-sm">
                <a class="link" href=href><span aria-hidden="true">"← "</span> {name}</a>
            </p>
        }
    });
    view! {
        <Title text=move || title.get()/>
        <header class="mb-6">
            {above}
            <div class="flex flex-wrap items-center justify-between gap-3">
                <h1 class="min-w-0 text-2xl break-words" tabindex="-1">{move || title.get()}</h1>
                <div class="flex flex-wrap gap-2">{children.map(|children| children())}</div>
            </div>
            {(!text.is_empty()).then(|| view! { <p class="mt-1 max-w-2xl text-muted">{text}</p> })}
        </header>
    }
    .into_any()
}

/// A part of a form with its own heading.
#[component]
pub(crate) fn Section(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: String,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card p-5 sm:p-6">
            <h2 class="text-base">{title}</h2>
            {(!text.is_empty()).then(|| view! { <p class="hint mt-1 max-w-2xl">{text}</p> })}
            <div class="mt-5 grid grid-cols-1 gap-5">{children()}</div>
        </section>
    }
    .into_any()
}

/// What a list says when it is empty, and the next step.
#[component]
pub(crate) fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="card flex flex-col items-center px-6 py-12 text-center">
            <h2 class="text-base">{title}</h2>
            <p class="mt-1 max-w-md text-sm text-muted">{text}</p>
            {children.map(|children| view! {
                <div class="mt-5 flex flex-wrap justify-center gap-2">{children()}</div>
            })}
        </div>
    }
    .into_any()
}

/// Whether the vault of a connection is on.
#[component]
pub(crate) fn VaultBadge(on: bool) -> impl IntoView {
    if on {
        view! { <span class="badge badge-ok">"Token Vault on"</span> }
    } else {
        view! { <span class="badge">"Token Vault off"</span> }
    }
}
