//! What stands in the form of a webhook while somebody edits it, and its fields.

use coffer_contract::webhook::{EventType, WebhookForm};
use leptos::prelude::*;

use crate::ui::{
    Errors,
    field::{Field, error_text},
    layout::Section,
    toggle::Check,
};

/// One signal for each control.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub url: RwSignal<String>,
    pub description: RwSignal<String>,
    pub types: RwSignal<Vec<EventType>>,
    pub enabled: RwSignal<bool>,
}

impl Draft {
    /// The webhook as it is.
    pub fn edit(form: &WebhookForm) -> Self {
        Self {
            url: RwSignal::new(form.url.clone()),
            description: RwSignal::new(form.description.clone()),
            types: RwSignal::new(form.types.clone()),
            enabled: RwSignal::new(form.enabled),
        }
    }

    /// What is sent.
    pub fn form(self) -> WebhookForm {
        WebhookForm {
            url: self.url.get_untracked().trim().to_owned(),
            description: self.description.get_untracked().trim().to_owned(),
            types: self.types.get_untracked(),
            enabled: self.enabled.get_untracked(),
        }
    }
}

/// Where deliveries go.
#[component]
pub(super) fn Receiver(
    draft: Draft,
    errors: Errors,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <Section title="Receiver">
            <Field
                label="URL"
                name="url"
                value=draft.url
                errors=errors
                required=true
                mono=true
                placeholder="https://app.example.com/webhooks/coffer"
                hint="Takes a POST with JSON, and answers with a status 2xx once it has kept the event."
            />
            <Field
                label="Description"
                name="description"
                value=draft.description
                errors=errors
                hint="For administrators: what is behind this address."
            />
            {children.map(|children| children())}
        </Section>
    }
    .into_any()
}

/// What it is told.
#[component]
pub(super) fn Events(draft: Draft, errors: Errors) -> impl IntoView {
    errors.claim("types");
    let checks = EventType::ALL
        .iter()
        .map(|event| {
            view! { <Check label=event.label() hint=event.description() item=*event list=draft.types/> }
        })
        .collect_view();
    view! {
        <Section title="Events" text="What this webhook is told. Deliveries name things by their ids and hold no token.">
            <fieldset aria-describedby="field-types-error">
                <legend class="sr-only">"Events"</legend>
                <div class="grid gap-4 sm:grid-cols-2">{checks}</div>
                {error_text("field-types".to_owned(), errors.of("types"))}
            </fieldset>
        </Section>
    }
    .into_any()
}
