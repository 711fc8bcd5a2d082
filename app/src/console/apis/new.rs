//! A new API.

use coffer_contract::api::{ApiForm, NewApi};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::draft::{Draft, SCOPE_WORDS};
use crate::{
    address,
    server_fns::api::create_api,
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
        layout::{PageHead, Section},
        pairs::Pairs,
    },
};

/// Name, identifier and scopes; everything else has a default.
#[component]
pub(crate) fn New() -> impl IntoView {
    let toasts = Toasts::of_page();
    let navigate = use_navigate();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let draft = Draft::edit(&ApiForm::default());
    let identifier = RwSignal::new(String::new());
    let create = move || {
        let navigate = navigate.clone();
        let new = NewApi { identifier: identifier.get_untracked().trim().to_owned(), form: draft.form() };
        send(errors, pending, create_api(new), move |api| {
            toasts.done(format!("{} is created.", api.form.name));
            let page = format!("{}/{}?tab=quick-start", address::APIS, api.id);
            navigate(&page, NavigateOptions::default());
        });
    };
    view! {
        <PageHead title="Create API" above=(address::APIS.to_owned(), "APIs")/>
        <SubmitForm on_submit=create>
            <Section title="About the API">
                <Field
                    label="Name"
                    name="name"
                    value=draft.name
                    errors=errors
                    required=true
                    hint="Users see it when they consent."
                />
                <Field
                    label="Identifier"
                    name="identifier"
                    value=identifier
                    errors=errors
                    required=true
                    mono=true
                    placeholder="https://api.example.com/"
                    hint="What applications ask for (audience or resource) and tokens carry (aud). Best the API's own \
                          address. It cannot be changed later."
                />
            </Section>
            <Section title="Scopes" text="What applications can ask for, and what users read when they are asked.">
                <Pairs list=draft.scopes name="scopes." words=SCOPE_WORDS errors=errors/>
            </Section>
            <Problem errors=errors/>
            <div><Submit label="Create API" pending=pending/></div>
        </SubmitForm>
    }
}
