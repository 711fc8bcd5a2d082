//! Connections, and which application may use which.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_admin::Editor;
use coffer_contract::{
    ApiError,
    catalogue::{ConnectionGroup, OptionField},
    connection::{ConnectionForm, ConnectionOptions, ProfileMapping},
    validate,
};
use coffer_core::{
    connection::Connection,
    ids::{ClientId, ConnectionId},
};
use coffer_store::{ClientFilter, ConnectionFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    answer::{precondition, versioned},
    body::{object, overlaid, read},
    caller::Caller,
    connection_settings::{ConnectionSettings, NAMES},
    once::{Made, Once},
    query::{ListQuery, OneQuery, Q, query},
    refusal::{ErrorBody, Refusal},
};

/// A connection.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionView {
    /// Its id.
    id: String,
    /// Always false.
    is_domain_connection: bool,
    /// Its name.
    realms: Vec<String>,
    #[serde(flatten)]
    settings: ConnectionSettings,
}

/// An application that may use a connection.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnabledClient {
    /// Its client id.
    client_id: String,
}

/// A switch: whether an application may use a connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enable {
    /// The application.
    client_id: String,
    /// Whether it may.
    status: bool,
}

query! {
    /// Which connections are listed.
    ConnectionsQuery {
        /// Kinds of provider; may be there several times.
        strategy: [Vec<String>],
        /// The connection's name.
        name: [Option<String>],
    }
}

fn refused(error: ApiError) -> Refusal {
    Refusal::of(error, "inexistent_connection", NAMES)
}

async fn views(signed: &Editor, connections: &[Connection]) -> Result<Vec<ConnectionView>, Refusal> {
    let ids: Vec<ConnectionId> = connections.iter().map(|connection| connection.id.clone()).collect();
    let mut clients = signed.clients_of(&ids).await.map_err(refused)?;
    let mut metadata = signed.connection_metadata(&ids).await.map_err(refused)?;
    let view = |connection: &Connection| {
        let enabled = clients.remove(&connection.id).unwrap_or_default();
        let enabled = enabled.iter().map(ClientId::to_string).collect();
        let notes = metadata.remove(&connection.id).unwrap_or_default();
        ConnectionView {
            id: connection.id.to_string(),
            is_domain_connection: false,
            realms: vec![connection.name.clone()],
            settings: ConnectionSettings::of(connection, enabled, notes),
        }
    };
    Ok(connections.iter().map(view).collect())
}

async fn view(signed: &Editor, connection: &Connection) -> Result<ConnectionView, Refusal> {
    let found = views(signed, std::slice::from_ref(connection)).await?;
    found.into_iter().next().ok_or(Refusal::Inside)
}

/// List connections
#[utoipa::path(get, path = "/api/v2/connections", tag = "connections", params(ConnectionsQuery),
    responses((status = 200, body = [ConnectionView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:connections"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<ConnectionsQuery>) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let filter = ConnectionFilter { strategies: query.strategy, name: query.name, client: None };
    answer(&caller.signed, &filter, &paging).await
}

async fn answer(
    signed: &Editor,
    filter: &ConnectionFilter,
    paging: &super::query::Paging,
) -> Result<Json<Value>, Refusal> {
    let listed = signed.select_connections(filter, &paging.span).await.map_err(refused)?;
    let mut rows = views(signed, &listed.items).await?.into_iter();
    paging.answer("connections", &listed.map(|_| rows.next())).map(Json)
}

/// List the connections that an application may use
#[utoipa::path(get, path = "/api/v2/clients/{id}/connections", tag = "clients", params(("id" = String, Path, description = "Client id"), ConnectionsQuery),
    responses((status = 200, body = [ConnectionView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:connections"])))]
pub(crate) async fn of_client(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<ConnectionsQuery>,
) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let client = caller.signed.find_client(&id).await;
    let client = client.map_err(|error| Refusal::of(error, "inexistent_client", NAMES))?;
    let filter = ConnectionFilter { strategies: query.strategy, name: query.name, client: Some(client.id) };
    answer(&caller.signed, &filter, &paging).await
}

/// Read a connection
#[utoipa::path(get, path = "/api/v2/connections/{id}", tag = "connections", params(("id" = String, Path, description = "Connection id"), OneQuery),
    responses((status = 200, body = ConnectionView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:connections"])))]
pub(crate) async fn get(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<OneQuery>,
) -> Result<Response, Refusal> {
    let connection = caller.signed.find_connection(&id).await.map_err(refused)?;
    let body = view(&caller.signed, &connection).await?;
    Ok(versioned(StatusCode::OK, query.fields().of(&body)?, connection.version))
}

/// Create a connection
///
/// Where its kind has a discovery document, that is fetched and checked first.
#[utoipa::path(post, path = "/api/v2/connections", tag = "connections", request_body = ConnectionSettings,
    responses((status = 201, body = ConnectionView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["create:connections"])))]
pub(crate) async fn create(once: Once) -> Result<Response, Refusal> {
    let mut body = object(&once.bytes)?;
    ConnectionSettings::strip(&mut body)?;
    let settings: ConnectionSettings = read(body)?;
    let strategy = settings.strategy.clone();
    if strategy.is_empty() {
        return Err(Refusal::body(
            "strategy: Name the kind of provider, such as google-oauth2, oidc or oauth2.",
        ));
    }
    if once.caller.signed.catalogue_entry(&strategy).is_err() {
        let message = format!("strategy: There is no kind of provider “{strategy}”.");
        return Err(Refusal::body(message));
    }
    let (enabled, metadata) = (settings.enabled_clients.clone(), settings.metadata.clone());
    let form = settings.form()?;
    known_options(&once.caller.signed, &strategy, &form.options)?;
    let signed = discovered(&once.caller.signed, &strategy, &form.options, None).await?;
    once.run(signed, |within| async move {
        let slug = validate::is_slug(&form.name);
        let made = within.create_connection(&strategy, form).await.map_err(|error| named(error, slug))?;
        set_enabled(&within, &made.id, enabled.as_deref()).await?;
        set_metadata(&within, &made.id, &metadata).await?;
        let connection = within.find_connection(&made.id).await.map_err(refused)?;
        let body = OneQuery::default().fields().of(&view(&within, &connection).await?)?;
        Ok(Made::created(body, connection.version))
    })
    .await
}

/// Refuses options that this kind of connection does not have, by name.
fn known_options(signed: &Editor, strategy: &str, options: &ConnectionOptions) -> Result<(), Refusal> {
    let entry = signed.catalogue_entry(strategy).map_err(refused)?;
    let given = [
        (OptionField::DiscoveryUrl, options.discovery_url.is_some(), "discovery_url"),
        (OptionField::Tenant, options.tenant.is_some(), "tenant_domain"),
        (OptionField::AuthorizationUrl, options.authorization_url.is_some(), "authorizationURL"),
        (OptionField::TokenUrl, options.token_url.is_some(), "tokenURL"),
        (OptionField::RefreshUrl, options.refresh_url.is_some(), "refreshURL"),
        (OptionField::UserInfoUrl, options.user_info_url.is_some(), "userInfoURL"),
        (OptionField::RevocationUrl, options.revocation_url.is_some(), "revocationURL"),
        (OptionField::Pkce, options.without_pkce, "pkce_enabled"),
        (OptionField::Profile, options.profile != ProfileMapping::default(), "profile"),
        (OptionField::UpstreamParams, !options.upstream_params.is_empty(), "upstream_params"),
        (OptionField::UpstreamHeaders, !options.upstream_headers.is_empty(), "customHeaders"),
    ];
    let foreign = given.iter().find(|(field, given, _)| *given && !entry.fields.contains(field));
    let domains = entry.group == ConnectionGroup::Social && !options.domain_aliases.is_empty();
    match foreign.map(|(_, _, name)| *name).or(domains.then_some("domain_aliases")) {
        Some(name) => Err(Refusal::body(format!(
            "options.{name}: Connections of the kind {strategy} do not have this option; leave it out."
        ))),
        None => Ok(()),
    }
}

/// A name that is well-formed and refused all the same is taken.
fn named(error: ApiError, slug: bool) -> Refusal {
    match error.message_for("name") {
        Some(message) if slug => {
            Refusal::Conflict { code: "connection_conflict", message: format!("name: {message}") }
        }
        _ => refused(error),
    }
}

/// The use cases, with the discovery document fetched and checked if it is new.
async fn discovered(
    signed: &Editor,
    strategy: &str,
    options: &ConnectionOptions,
    before: Option<&Connection>,
) -> Result<Editor, Refusal> {
    let entry = signed.catalogue_entry(strategy).map_err(refused)?;
    let known = before.and_then(|before| before.options.discovery_url.as_deref());
    match options.discovery_url.as_deref() {
        Some(url) if entry.fields.contains(&OptionField::DiscoveryUrl) && known != Some(url.trim()) => {
            signed.having_discovered(url).await.map_err(refused)
        }
        _ => Ok(signed.clone()),
    }
}

/// Makes `enabled` the applications that may use the connection.
async fn set_enabled(signed: &Editor, id: &str, enabled: Option<&[String]>) -> Result<(), Refusal> {
    let Some(wanted) = enabled else { return Ok(()) };
    let connection = ConnectionId::from_text(id);
    let before = signed.clients_of(std::slice::from_ref(&connection)).await.map_err(refused)?;
    let before: Vec<&str> = before.values().flatten().map(ClientId::as_str).collect();
    for client in before.iter().filter(|client| !wanted.iter().any(|id| id == *client)) {
        signed.set_enablement(id, client, false).await.map_err(refused)?;
    }
    for client in wanted.iter().filter(|client| !before.contains(&client.as_str())) {
        switch(signed, id, client, true).await?;
    }
    Ok(())
}

async fn switch(signed: &Editor, id: &str, client: &str, on: bool) -> Result<(), Refusal> {
    match signed.set_enablement(id, client, on).await {
        Ok(_) => Ok(()),
        Err(ApiError::NotFound { .. }) => Err(Refusal::body(format!("There is no application “{client}”."))),
        Err(error) => Err(refused(error)),
    }
}

async fn set_metadata(signed: &Editor, id: &str, metadata: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let long = |(name, value): (&String, &String)| name.is_empty() || name.len() > 255 || value.len() > 255;
    if metadata.len() > 10 || metadata.iter().any(long) {
        return Err(Refusal::body("metadata: Use at most 10 names and values of at most 255 characters."));
    }
    signed.set_connection_metadata(id, metadata).await.map_err(refused)
}

/// Change a connection
#[utoipa::path(patch, path = "/api/v2/connections/{id}", tag = "connections", params(("id" = String, Path, description = "Connection id")),
    request_body = ConnectionSettings, responses((status = 200, body = ConnectionView), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["update:connections"])))]
pub(crate) async fn update(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let mut body = object(&bytes)?;
    ConnectionSettings::strip(&mut body)?;
    // What only the provider can say is asked before the transaction, and holds in it.
    let (_, now) = merged(&caller.signed, &id, &body).await?;
    let (form, _) = now;
    let connection = caller.signed.find_connection(&id).await.map_err(refused)?;
    known_options(&caller.signed, &connection.strategy, &form.options)?;
    let signed = discovered(&caller.signed, &connection.strategy, &form.options, Some(&connection)).await?;

    let (within, together) = signed.together().await.map_err(refused)?;
    let (before, (form, settings)) = merged(&within, &id, &body).await?;
    precondition(&headers, before.version)?;
    let touched = ["display_name", "options", "authentication", "connected_accounts"];
    if touched.iter().any(|name| body.contains_key(*name)) {
        within.update_connection(&id, form, before.version).await.map_err(refused)?;
    }
    if body.contains_key("enabled_clients") {
        set_enabled(&within, &id, settings.enabled_clients.as_deref()).await?;
    }
    set_metadata(&within, &id, &settings.metadata).await?;
    let after = within.find_connection(&id).await.map_err(refused)?;
    let body = OneQuery::default().fields().of(&view(&within, &after).await?)?;
    signed.commit(together).await.map_err(refused)?;
    Ok(versioned(StatusCode::OK, body, after.version))
}

/// The connection as it is, and what the body makes of it.
async fn merged(
    signed: &Editor,
    id: &str,
    body: &serde_json::Map<String, Value>,
) -> Result<(Connection, (ConnectionForm, ConnectionSettings)), Refusal> {
    let connection = signed.find_connection(id).await.map_err(refused)?;
    let before = view(signed, &connection).await?.settings;
    let settings: ConnectionSettings = read(overlaid(&before, body.clone())?)?;
    if settings.name != connection.name || settings.strategy != connection.strategy {
        return Err(Refusal::body("name, strategy: These are fixed at creation; leave them out."));
    }
    Ok((connection, (settings.clone().form()?, settings)))
}

/// Delete a connection
///
/// Its users go with it, and what they granted is taken back at the provider.
#[utoipa::path(delete, path = "/api/v2/connections/{id}", tag = "connections", params(("id" = String, Path, description = "Connection id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:connections"])))]
pub(crate) async fn delete(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let connection = within.find_connection(&id).await.map_err(refused)?;
    precondition(&headers, connection.version)?;
    within.delete_connection(&id, &connection.name).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the applications that may use a connection
#[utoipa::path(get, path = "/api/v2/connections/{id}/clients", tag = "connections", params(("id" = String, Path, description = "Connection id"), ListQuery),
    responses((status = 200, body = [EnabledClient]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:connections"])))]
pub(crate) async fn clients(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<ListQuery>,
) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?.always_object();
    let connection = caller.signed.find_connection(&id).await.map_err(refused)?;
    let filter = ClientFilter { connection: Some(connection.id), ..ClientFilter::default() };
    let listed = caller.signed.select_clients(&filter, &paging.span).await.map_err(refused)?;
    let listed = listed.map(|client| EnabledClient { client_id: client.id.to_string() });
    paging.answer("clients", &listed).map(Json)
}

/// Switch a connection on or off for applications
#[utoipa::path(patch, path = "/api/v2/connections/{id}/clients", tag = "connections", params(("id" = String, Path, description = "Connection id")),
    request_body = [Enable], responses((status = 204), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["update:connections"])))]
pub(crate) async fn set_clients(
    caller: Caller,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Refusal> {
    let wanted: Vec<Enable> = serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::body(format!("Payload validation error: Send an array of {{client_id, status}}: {error}."))
    })?;
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    within.find_connection(&id).await.map_err(refused)?;
    for Enable { client_id, status } in &wanted {
        switch(&within, &id, client_id, *status).await?;
    }
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
