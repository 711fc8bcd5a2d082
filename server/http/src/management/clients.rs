//! Applications.

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_admin::{Editor, NewWholeApplication};
use coffer_contract::application::ApplicationType;
use coffer_core::{client::Client, ids::ClientId};
use coffer_crypto::Secret;
use coffer_store::ClientFilter;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    answer::{precondition, versioned},
    body::{object, overlaid, read, strip},
    caller::Caller,
    client_settings::{ClientSettings, IGNORED, NAMES, UNSUPPORTED},
    once::{Made, Once},
    query::{OneQuery, Q, query},
    refusal::{ErrorBody, Refusal},
};
use crate::AppState;

/// An application.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientView {
    /// Its client id.
    client_id: String,
    /// Its client secret: in the answer that issues it, and for callers with `read:client_keys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Always false.
    global: bool,
    #[serde(flatten)]
    settings: ClientSettings,
}

query! {
    /// Which applications are listed.
    ClientsQuery {
        /// Kinds, separated by commas.
        app_type: [Option<String>],
        /// Whether the consent page is skipped.
        is_first_party: [Option<bool>],
        /// Of no effect unless true: then there is none.
        is_global: [Option<bool>],
        /// Part of the name or the client id.
        q: [Option<String>],
    }
}

fn refused(error: coffer_contract::ApiError) -> Refusal {
    Refusal::of(error, "inexistent_client", NAMES)
}

pub(crate) fn my_account(signed_issuer: &str) -> String {
    format!("{signed_issuer}me/")
}

async fn view(
    state: &AppState,
    signed: &Editor,
    client: &Client,
    secret: Option<String>,
) -> Result<ClientView, Refusal> {
    let api = match &client.resource_server {
        Some(id) => signed.api_identifier(id).await.map_err(refused)?,
        None => None,
    };
    let settings = ClientSettings::of(client, api, &my_account(state.oidc.issuer().as_str()));
    Ok(ClientView { client_id: client.id.to_string(), client_secret: secret, global: false, settings })
}

/// The secrets of these applications, if the caller may read them (`read:client_keys`).
async fn secrets(
    caller: &Caller,
    ids: impl IntoIterator<Item = &ClientId>,
) -> Result<HashMap<ClientId, String>, Refusal> {
    if !caller.scopes.contains("read:client_keys") {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = ids.into_iter().cloned().collect();
    let secrets = caller.signed.client_secrets(&ids).await.map_err(refused)?;
    Ok(secrets.into_iter().map(|(id, secret)| (id, secret.reveal().to_owned())).collect())
}

/// List applications
#[utoipa::path(get, path = "/api/v2/clients", tag = "clients", params(ClientsQuery),
    responses((status = 200, body = [ClientView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:clients"])))]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Q(query): Q<ClientsQuery>,
) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let mut filter = ClientFilter {
        first_party: query.is_first_party,
        search: query.q.unwrap_or_default(),
        ..ClientFilter::default()
    };
    if let Some(codes) = &query.app_type {
        let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
        let servers = codes.contains(&"resource_server");
        let machines = codes.contains(&ApplicationType::MachineToMachine.code());
        let mut kinds: Vec<_> = codes.iter().filter_map(|code| ApplicationType::from_code(code)).collect();
        if servers && !machines {
            kinds.push(ApplicationType::MachineToMachine);
        }
        // A resource server is a machine that serves an API; other kinds stand for themselves.
        filter.resource_server = (kinds.len() == 1 && servers != machines).then_some(servers);
        filter.app_types = Some(kinds);
    }
    if query.is_global == Some(true) {
        filter.app_types = Some(vec![]);
    }
    let listed = caller.signed.select_clients(&filter, &paging.span).await.map_err(refused)?;
    let mut views = Vec::with_capacity(listed.items.len());
    let mut secrets = secrets(&caller, listed.items.iter().map(|client| &client.id)).await?;
    for client in &listed.items {
        views.push(view(&state, &caller.signed, client, secrets.remove(&client.id)).await?);
    }
    let mut views = views.into_iter();
    paging.answer("clients", &listed.map(|_| views.next())).map(Json)
}

/// Read an application
#[utoipa::path(get, path = "/api/v2/clients/{id}", tag = "clients", params(("id" = String, Path, description = "Client id"), OneQuery),
    responses((status = 200, body = ClientView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:clients"])))]
pub(crate) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<OneQuery>,
) -> Result<Response, Refusal> {
    let client = caller.signed.find_client(&id).await.map_err(refused)?;
    let secret = secrets(&caller, [&client.id]).await?.remove(&client.id);
    let body = view(&state, &caller.signed, &client, secret).await?;
    Ok(versioned(StatusCode::OK, query.fields().of(&body)?, client.version))
}

/// Create an application
///
/// The answer has its client secret; later ones have it for callers with `read:client_keys` alone.
#[utoipa::path(post, path = "/api/v2/clients", tag = "clients", request_body = ClientSettings,
    responses((status = 201, body = ClientView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["create:clients"])))]
pub(crate) async fn create(State(state): State<AppState>, once: Once) -> Result<Response, Refusal> {
    let mut body = object(&once.bytes)?;
    let client_secret = take_secret(&mut body)?;
    strip(&mut body, IGNORED, UNSUPPORTED)?;
    let blank = ClientSettings::blank(&body)?;
    let settings: ClientSettings = read(overlaid(&blank, body)?)?;
    let app_type = settings.kind()?;
    let whole = settings.whole(None, &my_account(state.oidc.issuer().as_str()))?;
    let new = NewWholeApplication { client_id: None, app_type, client_secret, whole };
    let signed = once.caller.signed.clone();
    once.run(signed, |within| async move {
        let issued = within.create_whole_application(new).await.map_err(refused)?;
        let client = within.find_client(&issued.client_id).await.map_err(refused)?;
        let view = view(&state, &within, &client, issued.client_secret).await?;
        Ok(Made::created(OneQuery::default().fields().of(&view)?, client.version))
    })
    .await
}

/// Change an application
#[utoipa::path(patch, path = "/api/v2/clients/{id}", tag = "clients", params(("id" = String, Path, description = "Client id")),
    request_body = ClientSettings, responses((status = 200, body = ClientView), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["update:clients"])))]
pub(crate) async fn update(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let mut body = object(&bytes)?;
    let secret = take_secret(&mut body)?;
    strip(&mut body, IGNORED, UNSUPPORTED)?;
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let client = within.find_client(&id).await.map_err(refused)?;
    precondition(&headers, client.version)?;
    let issuer = state.oidc.issuer().as_str();
    let before = view(&state, &within, &client, None).await?.settings;
    let members = changed(&before, body)?;
    let settings: ClientSettings = read(members)?;
    if settings.kind()? != client.app_type {
        return Err(Refusal::body(
            "app_type: The kind of an application is fixed at creation. Create another of the kind that you want.",
        ));
    }
    let whole = settings.whole(client.jwks.as_ref(), &my_account(issuer))?;
    within.update_whole_application(&id, whole, client.version).await.map_err(refused)?;
    // One that was read and is sent back changes nothing.
    if let Some(secret) = secret
        && !within.client_secret_is(&id, &secret).await.map_err(refused)?
    {
        within.set_client_secret(&id, &secret).await.map_err(refused)?;
    }
    let client = within.find_client(&id).await.map_err(refused)?;
    let after = view(&state, &within, &client, None).await?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(versioned(StatusCode::OK, OneQuery::default().fields().of(&after)?, client.version))
}

/// The settings with the changes in place. Notes change one by one; a new way to prove itself takes the place
/// of the old one.
fn changed(before: &ClientSettings, mut body: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    const METHOD: &str = "token_endpoint_auth_method";
    const KEYS: &str = "client_authentication_methods";
    let mut members = overlaid(before, Map::new())?;
    let given = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    if given(KEYS) && !given(METHOD) {
        members.remove(METHOD);
    } else if given(METHOD) && !given(KEYS) && body[METHOD] != "private_key_jwt" {
        members.remove(KEYS);
        members.remove("jwks_uri");
    }
    if let Some(Value::Object(notes)) = body.get_mut("client_metadata")
        && let Some(Value::Object(kept)) = members.get("client_metadata")
    {
        *notes = overlaid(kept, std::mem::take(notes))?;
    }
    overlaid(&members, body)
}

/// The secret that somebody chose.
fn take_secret(body: &mut Map<String, Value>) -> Result<Option<Secret>, Refusal> {
    match body.remove("client_secret") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(secret)) => Ok(Some(Secret::new(secret)).filter(|secret| !secret.is_empty())),
        Some(_) => Err(Refusal::body("client_secret: Use text.")),
    }
}

/// Delete an application
#[utoipa::path(delete, path = "/api/v2/clients/{id}", tag = "clients", params(("id" = String, Path, description = "Client id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:clients"])))]
pub(crate) async fn delete(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let client = within.find_client(&id).await.map_err(refused)?;
    precondition(&headers, client.version)?;
    within.delete_application(&id, &client.name).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace an application's client secret
///
/// The old one stops working at once. The answer has the new one.
#[utoipa::path(post, path = "/api/v2/clients/{id}/rotate-secret", tag = "clients", params(("id" = String, Path, description = "Client id")),
    responses((status = 200, body = ClientView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["update:client_keys"])))]
pub(crate) async fn rotate_secret(
    State(state): State<AppState>,
    Path(id): Path<String>,
    once: Once,
) -> Result<Response, Refusal> {
    let signed = once.caller.signed.clone();
    once.run(signed, |within| async move {
        let issued = within.rotate_secret(&id).await.map_err(refused)?;
        let client = within.find_client(&id).await.map_err(refused)?;
        let view = view(&state, &within, &client, issued.client_secret).await?;
        let body = OneQuery::default().fields().of(&view)?;
        Ok(Made { status: 200, body, version: client.version })
    })
    .await
}
