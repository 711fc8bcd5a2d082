//! Forms as people fill them in: stray spaces, empty lines, things named twice.

use coffer_contract::{
    api::ApiForm,
    application::{ApplicationForm, GrantType},
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField},
    connection::{ConnectionForm, ConnectionOptions},
    webhook::{EventType, WebhookForm},
};

fn trim(text: &mut String) {
    if text.trim().len() != text.len() {
        *text = text.trim().to_owned();
    }
}

fn lines(list: &mut Vec<String>) {
    let mut kept: Vec<String> = Vec::with_capacity(list.len());
    for line in list.iter().map(|line| line.trim()) {
        if !line.is_empty() && !kept.iter().any(|k| k == line) {
            kept.push(line.to_owned());
        }
    }
    *list = kept;
}

fn optional(value: &mut Option<String>) {
    *value = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
}

/// A connection's form, with the options alone that this kind of connection has.
pub fn connection(mut form: ConnectionForm, entry: &CatalogueEntry) -> ConnectionForm {
    for text in [&mut form.name, &mut form.display_name, &mut form.client_id, &mut form.client_secret] {
        trim(text);
    }
    if form.display_name.is_empty() {
        form.display_name.clone_from(&entry.name);
    }
    lines(&mut form.scopes);
    let given = std::mem::take(&mut form.options);
    form.options = options(given, entry);
    form
}

fn options(given: ConnectionOptions, entry: &CatalogueEntry) -> ConnectionOptions {
    let mut kept = ConnectionOptions { own_callback: given.own_callback, ..ConnectionOptions::default() };
    for field in &entry.fields {
        match field {
            OptionField::DiscoveryUrl => kept.discovery_url.clone_from(&given.discovery_url),
            OptionField::Tenant => kept.tenant.clone_from(&given.tenant),
            OptionField::AuthorizationUrl => kept.authorization_url.clone_from(&given.authorization_url),
            OptionField::TokenUrl => kept.token_url.clone_from(&given.token_url),
            OptionField::RefreshUrl => kept.refresh_url.clone_from(&given.refresh_url),
            OptionField::UserInfoUrl => kept.user_info_url.clone_from(&given.user_info_url),
            OptionField::ScopeSeparator => kept.scope_separator = given.scope_separator,
            OptionField::ClientAuthentication => kept.client_authentication = given.client_authentication,
            OptionField::RevocationUrl => kept.revocation_url.clone_from(&given.revocation_url),
            OptionField::Pkce => kept.without_pkce = given.without_pkce,
            OptionField::Profile => kept.profile.clone_from(&given.profile),
            OptionField::UpstreamParams => kept.upstream_params.clone_from(&given.upstream_params),
            OptionField::UpstreamHeaders => kept.upstream_headers.clone_from(&given.upstream_headers),
        }
    }
    for value in [
        &mut kept.discovery_url,
        &mut kept.tenant,
        &mut kept.authorization_url,
        &mut kept.token_url,
        &mut kept.refresh_url,
        &mut kept.user_info_url,
        &mut kept.revocation_url,
        &mut kept.profile.id,
        &mut kept.profile.name,
        &mut kept.profile.nickname,
        &mut kept.profile.picture,
        &mut kept.profile.email,
        &mut kept.profile.email_verified,
    ] {
        optional(value);
    }
    // Social connections have buttons; a company is found by its domains.
    if entry.group == ConnectionGroup::Enterprise {
        kept.domain_aliases = given
            .domain_aliases
            .iter()
            .map(|domain| domain.trim().trim_start_matches('@').to_lowercase())
            .collect();
        lines(&mut kept.domain_aliases);
        kept.administrator_sign_in = given.administrator_sign_in;
    }
    kept
}

/// An application's form; its grants in the order they are offered.
pub fn application(mut form: ApplicationForm) -> ApplicationForm {
    trim(&mut form.name);
    trim(&mut form.description);
    lines(&mut form.callbacks);
    lines(&mut form.logout_urls);
    optional(&mut form.backchannel_logout_uri);
    lines(&mut form.web_origins);
    form.grants = GrantType::ALL.into_iter().filter(|grant| form.grants.contains(grant)).collect();
    form
}

/// An API's form, without rows that nobody filled in.
pub fn api(mut form: ApiForm) -> ApiForm {
    trim(&mut form.name);
    for scope in &mut form.scopes {
        trim(&mut scope.value);
        trim(&mut scope.description);
    }
    form.scopes.retain(|scope| !scope.value.is_empty() || !scope.description.is_empty());
    form
}

/// A webhook's form; its events in the order they are offered.
pub fn webhook(mut form: WebhookForm) -> WebhookForm {
    trim(&mut form.url);
    trim(&mut form.description);
    form.types = EventType::ALL.iter().copied().filter(|event| form.types.contains(event)).collect();
    form
}
