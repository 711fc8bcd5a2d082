//! All pages of the console and their addresses.

use coffer_contract::catalogue::ConnectionGroup;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use crate::{
    address,
    console::{
        Console, NotFound, account, administrators, apis, applications, connections, logs,
        overview::Overview,
        registration,
        setup::{Invitation, Setup},
        sign_in::{Enrol, Factor, SignIn},
        users, webhooks,
    },
    ui::{Toasts, ready, toasts::ToastRegion},
};

/// The console. Pages wait for their data on the server, so that the first paint is complete.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    ready::provide();
    Toasts::provide();
    view! {
        <Title formatter=|text: String| if text.is_empty() { "Coffer".into() } else { format!("{text} · Coffer") }/>
        <Router>
            <Routes fallback=|| view! { <NotFound/> }>
                <Route path=path!("/console/setup") view=Setup ssr=SsrMode::Async/>
                <Route path=path!("/console/invitation") view=Invitation ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in/factor") view=Factor ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in/enrol") view=Enrol ssr=SsrMode::Async/>
                <ParentRoute path=path!("/console") view=Console ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path=address::HOME/> } ssr=SsrMode::Async/>
                    <Route path=path!("overview") view=Overview ssr=SsrMode::Async/>
                    <Route
                        path=path!("connections/social")
                        view=|| view! { <connections::List group=ConnectionGroup::Social/> }
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=path!("connections/enterprise")
                        view=|| view! { <connections::List group=ConnectionGroup::Enterprise/> }
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=path!("connections/social/new")
                        view=|| view! { <connections::Catalogue group=ConnectionGroup::Social/> }
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=path!("connections/enterprise/new")
                        view=|| view! { <connections::Catalogue group=ConnectionGroup::Enterprise/> }
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=path!("connections/:group/new/:strategy")
                        view=connections::New
                        ssr=SsrMode::Async
                    />
                    <Route path=path!("connections/:id") view=connections::Page ssr=SsrMode::Async/>
                    <Route path=path!("applications") view=applications::List ssr=SsrMode::Async/>
                    <Route path=path!("applications/new") view=applications::New ssr=SsrMode::Async/>
                    <Route path=path!("applications/:client_id") view=applications::Page ssr=SsrMode::Async/>
                    <Route path=path!("registration") view=registration::Page ssr=SsrMode::Async/>
                    <Route path=path!("apis") view=apis::List ssr=SsrMode::Async/>
                    <Route path=path!("apis/new") view=apis::New ssr=SsrMode::Async/>
                    <Route path=path!("apis/:id") view=apis::Page ssr=SsrMode::Async/>
                    <Route path=path!("users") view=users::List ssr=SsrMode::Async/>
                    <Route path=path!("users/:id") view=users::Page ssr=SsrMode::Async/>
                    <Route path=path!("logs") view=logs::Logs ssr=SsrMode::Async/>
                    <Route path=path!("webhooks") view=webhooks::List ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/new") view=webhooks::New ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/:id") view=webhooks::Page ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/:id/deliveries/:delivery") view=webhooks::Delivery ssr=SsrMode::Async/>
                    <Route path=path!("administrators") view=administrators::Page ssr=SsrMode::Async/>
                    <Route path=path!("account") view=account::Page ssr=SsrMode::Async/>
                    <Route path=path!("*rest") view=NotFound ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion/>
    }
}
