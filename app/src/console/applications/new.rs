//! A new application.

use coffer_contract::application::{ApplicationType, NewApplication};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    address,
    console::fresh::FreshSecret,
    server_fns::application::create_application,
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
        layout::{PageHead, Section},
        toggle::RadioCard,
    },
};

/// Name and type; everything else has a default.
#[component]
pub(crate) fn New() -> impl IntoView {
    let toasts = Toasts::of_page();
    let fresh = FreshSecret::of_console();
    let navigate = use_navigate();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let app_type = RwSignal::new(ApplicationType::RegularWeb);
    let create = move || {
        let navigate = navigate.clone();
        let new = NewApplication {
            name: name.get_untracked().trim().to_owned(),
            app_type: app_type.get_untracked(),
        };
        let title = new.name.clone();
        send(errors, pending, create_application(new), move |issued| {
            toasts.done(format!("{title} is created."));
            let tab = if issued.client_secret.is_some() { "credentials" } else { "settings" };
            let page = format!("{}?tab={tab}", address::application(&issued.client_id));
            fresh.keep(issued.client_id, issued.client_secret);
            navigate(&page, NavigateOptions::default());
        });
    };
    let types = ApplicationType::ALL
        .into_iter()
        .map(|item| {
            view! {
                <RadioCard name="app_type" label=item.label() hint=item.description() item=item value=app_type/>
            }
        })
        .collect_view();
    view! {
        <PageHead title="Create application" above=(address::APPLICATIONS.to_owned(), "Applications")/>
        <SubmitForm on_submit=create>
            <Section title="About the application">
                <Field
                    label="Name"
                    name="name"
                    value=name
                    errors=errors
                    required=true
                    hint="Users see it when they sign in and when they consent."
                />
                <fieldset>
                    <legend class="label">"Type"</legend>
                    <div class="mt-2 grid gap-3 sm:grid-cols-2">{types}</div>
                </fieldset>
            </Section>
            <Problem errors=errors/>
            <div><Submit label="Create application" pending=pending/></div>
        </SubmitForm>
    }
}
