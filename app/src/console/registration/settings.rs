//! The form of the setting.

use coffer_contract::registration::{RegistrationMode, RegistrationSettings};
use leptos::prelude::*;

use super::draft::Draft;
use crate::{
    server_fns::registration::set_registration,
    ui::{
        Errors, Toasts,
        copy::CopyField,
        errors::Problem,
        field::{Field, TextArea, error_text},
        form::{Submit, SubmitForm, send},
        layout::Section,
        toggle::{Check, RadioCard, Toggle},
    },
};

/// Everything that one button saves.
#[component]
pub(super) fn Settings(
    settings: RegistrationSettings,
    version: i64,
    connections: Vec<(String, String)>,
    endpoint: String,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let draft = Draft::edit(&settings);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let version = RwSignal::new(version);
    let save = move || {
        send(errors, pending, set_registration(draft.settings(), version.get_untracked()), move |saved| {
            version.set(saved);
            toasts.done("Changes saved.");
        });
    };
    let modes = RegistrationMode::ALL
        .into_iter()
        .map(|item| {
            view! { <RadioCard name="mode" label=item.label() hint=item.description() item=item value=draft.mode/> }
        })
        .collect_view();
    view! {
        <SubmitForm on_submit=save>
            <Section title="Who may register" text="With Dynamic Client Registration (RFC 7591).">
                <fieldset>
                    <legend class="sr-only">"Who may register"</legend>
                    <div class="grid gap-3">{modes}</div>
                </fieldset>
                <div hidden=move || draft.mode.get() == RegistrationMode::Off>
                    <CopyField
                        label="Registration endpoint"
                        id="registration-endpoint"
                        value=endpoint
                        hint="The server's metadata names it while registration is on."
                    />
                </div>
                <Toggle
                    label="Client ID metadata documents"
                    name="documents"
                    value=draft.documents
                    hint="An https address can stand as client ID; the application is what the document there says. Users \
                          see its host when they are asked."
                />
                <Field
                    label="Registrations of one address in an hour"
                    name="per_hour"
                    value=draft.per_hour
                    errors=errors
                    required=true
                />
            </Section>
            <Allowed draft=draft errors=errors connections=connections/>
            <Section title="Redirect URIs" text="Where users of these applications may be sent with their sign-in.">
                <Toggle
                    label="Programs on the user's device"
                    name="loopback"
                    value=draft.loopback
                    hint="http://localhost and http://127.0.0.1, as command-line and desktop programs use them."
                />
                <Toggle
                    label="Schemes of their own"
                    name="own_schemes"
                    value=draft.own_schemes
                    hint="Such as com.example.app:/callback, as apps on phones use them."
                />
                <TextArea
                    label="Allowed hosts"
                    name="hosts"
                    value=draft.hosts
                    errors=errors
                    mono=true
                    hint="One on each line, such as app.example.com or *.example.com. Leave it empty to allow every https \
                          address."
                />
            </Section>
            <Problem errors=errors/>
            <div><Submit label="Save changes" pending=pending/></div>
        </SubmitForm>
    }
    .into_any()
}

#[component]
fn Allowed(draft: Draft, errors: Errors, connections: Vec<(String, String)>) -> impl IntoView {
    errors.claim("first_party");
    let none = connections.is_empty().then(|| {
        view! { <p class="hint mt-2">"There is no connection yet. Create one under Authentication first."</p> }
    });
    let checks = connections
        .into_iter()
        .map(|(id, name)| view! { <Check label=name item=id list=draft.connections/> })
        .collect_view();
    view! {
        <Section
            title="What they get"
            text="It applies to applications that register from now on. Those that are there have a page of their own \
                  under Applications."
        >
            <fieldset>
                <legend class="label">"Connections to sign in with"</legend>
                {none}
                <div class="mt-2 grid gap-3 sm:grid-cols-2">{checks}</div>
            </fieldset>
            <Toggle
                label="Token vault"
                name="token_vault"
                value=draft.token_vault
                hint="They may exchange their users' tokens for those of providers, if they can keep a secret or a key."
            />
            <Toggle
                label="My Account API"
                name="connect_accounts"
                value=draft.connect_accounts
                hint="They may ask their users to connect more accounts."
            />
            <div>
                <Toggle
                    label="Skip the consent page"
                    name="first_party"
                    value=draft.first_party
                    hint="Only where nobody but your own people can register: users are not asked before an application \
                          gets access."
                />
                {error_text("field-first_party".to_owned(), errors.of("first_party"))}
            </div>
        </Section>
    }
    .into_any()
}
