//! The settings that only some kinds of connection have.

use coffer_contract::{
    catalogue::{CatalogueEntry, OptionField, TenantInfo},
    connection::DiscoverySummary,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    draft::{OptionsDraft, PRIVATE_KEY_JWT},
    mapping::Mapping,
};
use crate::{
    server_fns::{Failure, connection::check_discovery},
    ui::{
        Errors,
        field::{Field, Select, TextArea},
        ready,
        toggle::Toggle,
    },
};

/// One control for each option that the catalogue asks for.
#[component]
pub(super) fn Options(entry: CatalogueEntry, draft: OptionsDraft, errors: Errors) -> impl IntoView {
    let tenant = entry.tenant;
    entry.fields.into_iter().map(|field| control(field, tenant.as_ref(), draft, errors)).collect_view()
}

fn address(
    label: &'static str,
    name: &'static str,
    value: RwSignal<String>,
    required: bool,
    hint: &'static str,
    errors: Errors,
) -> AnyView {
    view! {
        <Field
            label=label
            name=name
            value=value
            errors=errors
            kind="url"
            mono=true
            required=required
            hint=hint
        />
    }
    .into_any()
}

fn control(field: OptionField, tenant: Option<&TenantInfo>, draft: OptionsDraft, errors: Errors) -> AnyView {
    match field {
        OptionField::DiscoveryUrl => {
            view! { <Discovery value=draft.discovery_url errors=errors/> }.into_any()
        }
        OptionField::Tenant => {
            let info = tenant.cloned();
            let default = info.as_ref().and_then(|info| info.default.clone());
            view! {
                <Field
                    label=info.as_ref().map_or_else(|| "Tenant".to_owned(), |info| info.label.clone())
                    name="options.tenant"
                    value=draft.tenant
                    errors=errors
                    mono=true
                    required=default.is_none()
                    placeholder=default.unwrap_or_default()
                    hint=info.map(|info| format!("{}.", info.hint)).unwrap_or_default()
                />
            }
            .into_any()
        }
        OptionField::AuthorizationUrl => address(
            "Authorization URL",
            "options.authorization_url",
            draft.authorization_url,
            true,
            "Where the user's browser is sent.",
            errors,
        ),
        OptionField::TokenUrl => address(
            "Token URL",
            "options.token_url",
            draft.token_url,
            true,
            "Where codes are exchanged for tokens.",
            errors,
        ),
        OptionField::RefreshUrl => address(
            "Refresh URL",
            "options.refresh_url",
            draft.refresh_url,
            false,
            "Only where tokens are refreshed at another address than the token URL.",
            errors,
        ),
        OptionField::UserInfoUrl => address(
            "User info URL",
            "options.user_info_url",
            draft.user_info_url,
            true,
            "Answers JSON about the user to a request with the access token.",
            errors,
        ),
        OptionField::ScopeSeparator => view! {
            <Select
                label="Scope separator"
                name="options.scope_separator"
                value=draft.scope_separator
                errors=errors
                options=vec![
                    ("space".to_owned(), "Space (the standard)".to_owned()),
                    ("comma".to_owned(), "Comma".to_owned()),
                ]
            />
        }
        .into_any(),
        OptionField::ClientAuthentication => view! {
            <Select
                label="Client authentication"
                name="options.client_authentication"
                value=draft.client_authentication
                errors=errors
                hint="How Coffer proves itself at the token URL."
                options=vec![
                    ("basic".to_owned(), "HTTP Basic (client_secret_basic)".to_owned()),
                    ("post".to_owned(), "In the form (client_secret_post)".to_owned()),
                    (PRIVATE_KEY_JWT.to_owned(), "Signed assertion (private_key_jwt)".to_owned()),
                ]
            />
        }
        .into_any(),
        OptionField::RevocationUrl => address(
            "Revocation URL",
            "options.revocation_url",
            draft.revocation_url,
            false,
            "Where tokens are revoked (RFC 7009) when an account is disconnected.",
            errors,
        ),
        OptionField::Pkce => view! {
            <Toggle
                label="PKCE"
                name="options.pkce"
                value=draft.pkce
                hint="Proof Key for Code Exchange (RFC 7636). Switch it off only where the provider refuses it."
            />
        }
        .into_any(),
        OptionField::Profile => view! { <Mapping draft=draft.profile errors=errors/> }.into_any(),
        OptionField::UpstreamHeaders => view! {
            <TextArea
                label="Extra headers"
                name="options.upstream_headers"
                value=draft.upstream_headers
                errors=errors
                mono=true
                hint="Sent with token and user info requests: one Name: value on each line. They are stored as they \
                      are, so no secrets here."
            />
        }
        .into_any(),
        OptionField::UpstreamParams => view! {
            <TextArea
                label="Extra parameters"
                name="options.upstream_params"
                value=draft.upstream_params
                errors=errors
                mono=true
                hint="Sent with the authorization request: one name=value on each line."
            />
        }
        .into_any(),
    }
}

/// The issuer or discovery document, with a button that fetches and checks it.
#[component]
fn Discovery(value: RwSignal<String>, errors: Errors) -> impl IntoView {
    let waiting = ready::waiting();
    let found = RwSignal::new(None::<Result<DiscoverySummary, Failure>>);
    let checking = RwSignal::new(false);
    let check = move |_| {
        if checking.get_untracked() {
            return;
        }
        checking.set(true);
        found.set(None);
        spawn_local(async move {
            found.set(Some(check_discovery(value.get_untracked().trim().to_owned()).await));
            checking.set(false);
        });
    };
    view! {
        <div class="grid gap-3">
            <Field
                label="Discovery URL"
                name="options.discovery_url"
                value=value
                errors=errors
                kind="url"
                mono=true
                required=true
                placeholder="https://login.example.com"
                hint="The provider's issuer, or the whole address of its discovery document."
            />
            <div>
                <button
                    type="button"
                    class="btn"
                    disabled=waiting
                    aria-busy=move || checking.get().then_some("true")
                    on:click=check
                >
                    "Check"
                </button>
            </div>
            <div role="status">
                {move || checking.get().then(|| view! { <p class="hint">"Fetching the discovery document…"</p> })}
                {move || found.get().map(|result| match result {
                    Ok(summary) => endpoints(summary),
                    Err(failure) => {
                        view! { <p class="alert alert-danger">{failure.to_string()}</p> }.into_any()
                    }
                })}
            </div>
        </div>
    }
    .into_any()
}

fn endpoints(summary: DiscoverySummary) -> AnyView {
    let row = |term: &'static str, value: Option<String>| {
        view! {
            <div class="min-w-0">
                <dt class="hint">{term}</dt>
                <dd class="break-all"><code>{value.unwrap_or_else(|| "not offered".to_owned())}</code></dd>
            </div>
        }
    };
    let scopes = (!summary.scopes_supported.is_empty()).then(|| summary.scopes_supported.join(" "));
    view! {
        <div class="alert alert-note">
            <p class="font-semibold">"Found and valid"</p>
            <dl class="mt-2 grid gap-2 text-sm">
                {row("Issuer", Some(summary.issuer))}
                {row("Authorization", Some(summary.authorization_endpoint))}
                {row("Token", summary.token_endpoint)}
                {row("User info", summary.userinfo_endpoint)}
                {row("Scopes", scopes)}
            </dl>
        </div>
    }
    .into_any()
}
