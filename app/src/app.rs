//! All pages of the console and their addresses.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use crate::{
    address,
    console::{Console, NotFound},
    pages,
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
                <Route path=path!("/console/setup") view={Lazy::<pages::Setup>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/console/invitation") view={Lazy::<pages::Invitation>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in") view={Lazy::<pages::SignIn>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in/factor") view={Lazy::<pages::Factor>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/console/sign-in/enrol") view={Lazy::<pages::Enrol>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("/console") view=Console ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path=address::HOME/> } ssr=SsrMode::Async/>
                    <Route path=path!("overview") view={Lazy::<pages::Overview>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/social") view={Lazy::<pages::Social>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/enterprise") view={Lazy::<pages::Enterprise>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/social/new") view={Lazy::<pages::NewSocial>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/enterprise/new") view={Lazy::<pages::NewEnterprise>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/:group/new/:strategy") view={Lazy::<pages::NewConnection>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("connections/:id") view={Lazy::<pages::Connection>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("applications") view={Lazy::<pages::Applications>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("applications/new") view={Lazy::<pages::NewApplication>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("applications/:client_id") view={Lazy::<pages::Application>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("registration") view={Lazy::<pages::Registration>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("apis") view={Lazy::<pages::Apis>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("apis/new") view={Lazy::<pages::NewApi>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("apis/:id") view={Lazy::<pages::Api>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("users") view={Lazy::<pages::Users>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("users/:id") view={Lazy::<pages::User>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("logs") view={Lazy::<pages::Logs>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("webhooks") view={Lazy::<pages::Webhooks>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/new") view={Lazy::<pages::NewWebhook>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/:id") view={Lazy::<pages::Webhook>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("webhooks/:id/deliveries/:delivery") view={Lazy::<pages::Delivery>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("administrators") view={Lazy::<pages::Administrators>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("account") view={Lazy::<pages::Account>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("*rest") view=NotFound ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion/>
    }
}
