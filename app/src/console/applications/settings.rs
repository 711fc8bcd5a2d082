//! The Settings form of an application.

use coffer_contract::application::{
    ApplicationDetail, ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod,
};
use leptos::prelude::*;

use super::{draft::Draft, saved::Saved};
use crate::{
    address,
    server_fns::application::{delete_application, update_application},
    ui::{
        Errors, Toasts,
        copy::CopyField,
        danger::DangerZone,
        errors::Problem,
        field::{Field, Select, TextArea, error_text},
        form::{Submit, SubmitForm, send},
        layout::Section,
        toggle::{Check, Toggle},
    },
};

/// Everything about the application but its secret.
#[component]
pub(super) fn Settings(detail: ApplicationDetail, saved: Saved, title: RwSignal<String>) -> impl IntoView {
    let toasts = Toasts::of_page();
    let draft = Draft::edit(&detail.form, &detail.keys);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (id, client_id) = (detail.client_id.clone(), detail.client_id.clone());
    let save = move || {
        let id = id.clone();
        send(
            errors,
            pending,
            update_application(id, draft.form(), draft.keys(), saved.version.get_untracked()),
            move |now| {
                saved.version.set(now.version);
                // Pasted as it was, kept as a key set.
                draft.jwks.set(now.keys.jwks);
                title.set(now.form.name.clone());
                saved.form.set(now.form);
                toasts.done("Changes saved.");
            },
        );
    };
    view! {
        <SubmitForm on_submit=save>
            <Section title="Basic information">
                <Field label="Name" name="name" value=draft.name errors=errors required=true hint="Users see it when they consent."/>
                <Field label="Description" name="description" value=draft.description errors=errors/>
                <div class="grid gap-5 lg:grid-cols-2">
                    <CopyField label="Client ID" id="settings-client-id" value=detail.client_id.clone()/>
                    <CopyField label="Issuer" id="settings-issuer" value=detail.issuer.clone()/>
                </div>
            </Section>
            <Addresses draft=draft errors=errors/>
            <Grants draft=draft errors=errors app_type=detail.app_type/>
            <Section title="Connected accounts">
                <Toggle
                    label="My Account API"
                    name="connect_accounts"
                    value=draft.connect_accounts
                    hint="Let the application ask its users to connect more accounts, and see and disconnect those they \
                          have. Users agree to it when they sign in."
                />
            </Section>
            <Section title="Consent">
                <Toggle
                    label="Skip the consent page"
                    name="first_party"
                    value=draft.first_party
                    hint="For applications of your own organisation, whose users need not be asked."
                />
            </Section>
            <Problem errors=errors/>
            <div><Submit label="Save changes" pending=pending/></div>
        </SubmitForm>
        <DangerZone
            warning="Deleting an application signs its users out of it and ends its access to every provider."
            what="application"
            text="Its client id and secret stop working at once."
            typed=Signal::from(title)
            done="The application is deleted."
            list=address::APPLICATIONS
            delete=move |entered| delete_application(client_id.clone(), entered)
        />
    }
    .into_any()
}

#[component]
fn Addresses(draft: Draft, errors: Errors) -> impl IntoView {
    view! {
        <Section title="Addresses" text="Compared exactly, one on each line.">
            <TextArea
                label="Allowed callback URLs"
                name="callbacks"
                value=draft.callbacks
                errors=errors
                mono=true
                hint="Where users come back to after they signed in (redirect_uri)."
            />
            <TextArea
                label="Allowed logout URLs"
                name="logout_urls"
                value=draft.logout_urls
                errors=errors
                mono=true
                rows=2
                hint="Where users may be sent after they signed out."
            />
            <Field
                label="Back-channel logout URL"
                name="backchannel_logout_uri"
                value=draft.backchannel_logout_uri
                errors=errors
                mono=true
                hint="Where the application is told, by a signed logout token, that a user's session ended."
            />
            <TextArea
                label="Allowed web origins"
                name="web_origins"
                value=draft.web_origins
                errors=errors
                mono=true
                rows=2
                hint="Whose scripts may call the token endpoint and get answers in a frame or window, such as \
                      https://app.example.com."
            />
        </Section>
    }
    .into_any()
}

#[component]
fn Grants(draft: Draft, errors: Errors, app_type: ApplicationType) -> impl IntoView {
    errors.claim("grants");
    let methods = [
        (TokenEndpointAuthMethod::ClientSecretPost, "In the form (client_secret_post)"),
        (TokenEndpointAuthMethod::ClientSecretBasic, "HTTP Basic (client_secret_basic)"),
        (TokenEndpointAuthMethod::PrivateKeyJwt, "A key of its own (private_key_jwt)"),
        (TokenEndpointAuthMethod::None, "None: PKCE alone"),
    ];
    // A method of the other kind stays in the list only where the application has it already.
    let present = draft.auth_method.get_untracked();
    let methods = methods
        .into_iter()
        .filter(|(method, _)| {
            app_type.confidential() != (*method == TokenEndpointAuthMethod::None) || method.code() == present
        })
        .map(|(method, words)| (method.code().to_owned(), words.to_owned()))
        .collect::<Vec<_>>();
    let algorithms = SigningAlgorithm::ALL
        .into_iter()
        .map(|alg| (alg.code().to_owned(), alg.code().to_owned()))
        .collect::<Vec<_>>();
    let grants = GrantType::ALL
        .into_iter()
        .map(|grant| {
            view! { <Check label=grant.label() hint=grant.description() item=grant list=draft.grants/> }
        })
        .collect_view();
    view! {
        <Section title="OAuth">
            <fieldset aria-describedby="field-grants-error">
                <legend class="label">"Grants"</legend>
                <div class="mt-2 grid gap-3">{grants}</div>
                {error_text("field-grants".to_owned(), errors.of("grants"))}
            </fieldset>
            <div class="grid gap-5 lg:grid-cols-2">
                <Select
                    label="Token endpoint authentication"
                    name="auth_method"
                    value=draft.auth_method
                    options=methods
                    errors=errors
                />
                <Select
                    label="ID token algorithm"
                    name="id_token_alg"
                    value=draft.id_token_alg
                    options=algorithms
                    errors=errors
                />
            </div>
            <Keys draft=draft errors=errors/>
            <Toggle
                label="Require pushed authorization requests"
                name="require_par"
                value=draft.require_par
                hint="Sign-ins begin with a request that the application sends itself, authenticated (RFC 9126); one \
                      that is only in the browser's address is refused."
            />
        </Section>
    }
    .into_any()
}

/// Shown where the application proves itself with a key.
#[component]
fn Keys(draft: Draft, errors: Errors) -> impl IntoView {
    let other = move || draft.auth_method.get() != TokenEndpointAuthMethod::PrivateKeyJwt.code();
    view! {
        <div class="grid gap-5" hidden=other>
            <TextArea
                label="Public keys"
                name="jwks"
                value=draft.jwks
                errors=errors
                mono=true
                rows=6
                hint="A JWKS document, a JWK, or public keys as PEM: RSA of 2048 bits or more, P-256 or Ed25519."
            />
            <Field
                label="Address of its public keys"
                name="jwks_uri"
                value=draft.jwks_uri
                errors=errors
                mono=true
                hint="Instead of pasted keys: where the application publishes its JWKS document (jwks_uri)."
            />
        </div>
    }
    .into_any()
}
