//! The frame around every signed-in page: navigation, who is signed in, content.

use coffer_contract::administrator::AdministratorView;
use leptos::{form::ActionForm, html, prelude::*};
use leptos_meta::Title;
use leptos_router::{components::Outlet, hooks::use_location};

use super::fresh::FreshSecret;
use crate::{
    address,
    server_fns::session::{SignOut, me},
    ui::{
        access::{Access, ReadingNote},
        icon::{Glyph, Icon},
        load::fetched,
        ready,
    },
};

/// Navigation, account and the page itself.
#[component]
pub(crate) fn Console() -> impl IntoView {
    FreshSecret::provide();
    let access = Access::provide();
    let me = fetched(|| (), |()| me());
    // Whoever signs in later gets here without another page from the server.
    Effect::new(move |_| {
        if let Some(Ok(me)) = me.get() {
            access.learn(me.role);
        }
    });
    let account = move || {
        view! {
            <Transition>
                {move || Suspend::new(async move { me.await.ok().map(|me| view! { <Account me=me/> }) })}
            </Transition>
        }
    };
    let menu = NodeRef::<html::Details>::new();
    let close = move |_| {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    view! {
        <a class="skip-link" href="#content">"Skip to content"</a>
        <div class="min-h-screen md:flex">
            <header class="sticky top-0 z-20 border-b border-line bg-surface md:hidden">
                <details class="menu" node_ref=menu>
                    <summary class="flex items-center justify-between px-4 py-3">
                        <Brand/>
                        <span class="flex items-center gap-2 text-sm font-semibold">
                            <Glyph icon=Icon::Menu/> "Menu"
                        </span>
                    </summary>
                    <div class="grid gap-4 border-t border-line px-2 py-4" on:click=close>
                        <Navigation label="Main (menu)"/>
                        {account()}
                    </div>
                </details>
            </header>
            <aside
                class="sticky top-0 hidden h-screen w-64 flex-col gap-6 border-r border-line bg-surface px-3 py-5 md:flex"
                aria-label="Console"
            >
                <div class="px-3"><Brand/></div>
                <div class="flex-1 overflow-y-auto"><Navigation label="Main"/></div>
                {account()}
            </aside>
            <main id="content" class="min-w-0 flex-1" tabindex="-1">
                <div class="mx-auto max-w-5xl px-4 py-6 sm:px-8 sm:py-10"><ReadingNote/> <Outlet/></div>
            </main>
        </div>
    }
}

/// The product's name.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <span class="flex items-center gap-2 text-lg font-bold">
            <span class="text-accent"><Glyph icon=Icon::Coffer/></span>
            "Coffer"
        </span>
    }
}

#[component]
fn Account(me: AdministratorView) -> impl IntoView {
    let action = ServerAction::<SignOut>::new();
    let waiting = ready::waiting();
    view! {
        <div class="border-t border-line px-3 pt-4">
            <p class="hint">"Signed in as"</p>
            <p class="truncate text-sm font-semibold" title=me.email.clone()>{me.email.clone()}</p>
            <p class="hint mb-2">{me.role.label()}</p>
            <div class="flex flex-wrap gap-2">
                <a class="btn btn-small" href=address::ACCOUNT>"Your account"</a>
                <ActionForm action=action>
                    <button type="submit" class="btn btn-small" disabled=waiting>"Sign out"</button>
                </ActionForm>
            </div>
        </div>
    }
}

/// Sections of the navigation: heading (the first has none), then address, name and drawing of each entry.
type Sections = [(&'static str, &'static [(&'static str, &'static str, Icon)]); 6];

const SECTIONS: Sections = [
    ("", &[(address::HOME, "Overview", Icon::Overview)]),
    (
        "Authentication",
        &[
            ("/console/connections/social", "Social", Icon::Social),
            ("/console/connections/enterprise", "Enterprise", Icon::Enterprise),
        ],
    ),
    (
        "Applications",
        &[
            (address::APPLICATIONS, "Applications", Icon::Applications),
            (address::APIS, "APIs", Icon::Apis),
            (address::REGISTRATION, "Registration", Icon::Registration),
        ],
    ),
    ("Users", &[(address::USERS, "Users", Icon::Users)]),
    ("Monitoring", &[("/console/logs", "Logs", Icon::Logs), (address::WEBHOOKS, "Webhooks", Icon::Webhooks)]),
    ("Settings", &[(address::ADMINISTRATORS, "Administrators", Icon::Administrators)]),
];

#[component]
fn Navigation(label: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    let sections = SECTIONS
        .into_iter()
        .map(|(title, entries)| {
            let entries = entries
                .iter()
                .map(|(href, name, icon)| {
                    let current = move || path.with(|path| path.starts_with(href)).then_some("page");
                    view! {
                        <li>
                            <a class="nav-link" href=*href aria-current=current>
                                <Glyph icon=*icon/> {*name}
                            </a>
                        </li>
                    }
                })
                .collect_view();
            view! {
                <li>
                    {(!title.is_empty()).then(|| view! { <p class="nav-title">{title}</p> })}
                    <ul class="mt-1 grid gap-1">{entries}</ul>
                </li>
            }
        })
        .collect_view();
    view! { <nav aria-label=label><ul class="grid gap-5">{sections}</ul></nav> }.into_any()
}

/// The frame of the pages before sign-in: one card in the middle.
#[component]
pub(crate) fn Doorway(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title/>
        <main class="flex min-h-screen flex-col items-center justify-center px-4 py-10">
            <div class="mb-6"><Brand/></div>
            <div class="card w-full max-w-md p-6 sm:p-8">
                <h1 class="text-2xl">{title}</h1>
                {children()}
            </div>
        </main>
    }
    .into_any()
}

/// An address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <div class="card mx-auto max-w-md px-6 py-10 text-center">
            <h1 class="text-xl">"There is no page at this address"</h1>
            <p class="mt-5"><a class="btn" href=address::HOME>"To the overview"</a></p>
        </div>
    }
}
