//! What applications may do at APIs.

use axum::{
    Json,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_contract::{ApiError, api::GrantSubject, client_grant::NewClientGrant};
use coffer_core::{api::ClientGrant, ids::ClientId};
use coffer_store::ClientGrantFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    answer::{precondition, versioned},
    body::{object, read, strip},
    caller::Caller,
    once::{Made, Once},
    query::{OneQuery, Q, query},
    refusal::{ErrorBody, Refusal},
};

/// Members that change nothing here.
const IGNORED: &[&str] = &["organization_usage"];
/// Members for what is not there.
const UNSUPPORTED: &[&str] =
    &["allow_all_scopes", "allow_any_organization", "authorization_details_types", "default_for"];
const NAMES: &[(&str, &str)] = &[("scopes", "scope"), ("subject", "subject_type")];

/// What an application may do at an API.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientGrantView {
    /// Its id.
    id: String,
    /// The application.
    client_id: String,
    /// The API's identifier.
    audience: String,
    /// What it may get.
    scope: Vec<String>,
    /// `client` for itself, `user` in its users' names.
    subject_type: &'static str,
}

/// What an application is to be able to do at an API.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// The application.
    client_id: String,
    /// The API's identifier.
    audience: String,
    /// What it may get.
    #[serde(default)]
    scope: Vec<String>,
    /// `client` for itself, `user` in its users' names; `client` unless said otherwise.
    subject_type: Option<String>,
}

/// What an application may now get.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantChange {
    /// Scopes.
    scope: Option<Vec<String>>,
}

query! {
    /// Which grants are listed.
    ClientGrantsQuery {
        /// The API's identifier.
        audience: [Option<String>],
        /// The application.
        client_id: [Option<String>],
        /// `client` or `user`.
        subject_type: [Option<String>],
        /// Of no effect: there are no organizations.
        allow_any_organization: [Option<bool>],
    }
}

fn refused(error: ApiError) -> Refusal {
    match Refusal::of(error, "inexistent_client_grant", NAMES) {
        Refusal::Conflict { message, .. } => Refusal::Conflict { code: "client_grant_conflict", message },
        other => other,
    }
}

fn view(grant: &ClientGrant) -> ClientGrantView {
    ClientGrantView {
        id: grant.id.to_string(),
        client_id: grant.client_id.to_string(),
        audience: grant.audience.clone(),
        scope: grant.scopes.to_vec(),
        subject_type: grant.subject.code(),
    }
}

/// Grants have no version of their own: when it was last changed tells.
fn version(grant: &ClientGrant) -> i64 {
    grant.updated_at.millis()
}

fn subject(code: &str) -> Option<GrantSubject> {
    GrantSubject::from_code(code)
}

/// List what applications may do at APIs
#[utoipa::path(get, path = "/api/v2/client-grants", tag = "client-grants", params(ClientGrantsQuery),
    responses((status = 200, body = [ClientGrantView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:client_grants"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<ClientGrantsQuery>) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let wanted = query
        .subject_type
        .as_deref()
        .map(|code| subject(code).ok_or_else(|| Refusal::query("subject_type: Use client or user.")));
    let filter = ClientGrantFilter {
        client_id: query.client_id.map(ClientId::from_text),
        audience: query.audience,
        subject: wanted.transpose()?,
    };
    let listed = caller.signed.select_client_grants(&filter, &paging.span).await.map_err(refused)?;
    paging.answer("client_grants", &listed.map(|grant| view(&grant))).map(Json)
}

/// Read what an application may do at an API
#[utoipa::path(get, path = "/api/v2/client-grants/{id}", tag = "client-grants", params(("id" = String, Path, description = "Grant id")),
    responses((status = 200, body = ClientGrantView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:client_grants"])))]
pub(crate) async fn get(caller: Caller, Path(id): Path<String>) -> Result<Response, Refusal> {
    let grant = caller.signed.find_client_grant(&id).await.map_err(refused)?;
    answer(StatusCode::OK, &grant)
}

fn answer(status: StatusCode, grant: &ClientGrant) -> Result<Response, Refusal> {
    Ok(versioned(status, OneQuery::default().fields().of(&view(grant))?, version(grant)))
}

/// Let an application use an API
#[utoipa::path(post, path = "/api/v2/client-grants", tag = "client-grants", request_body = NewGrant,
    responses((status = 201, body = ClientGrantView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["create:client_grants"])))]
pub(crate) async fn create(once: Once) -> Result<Response, Refusal> {
    let mut body = object(&once.bytes)?;
    strip(&mut body, IGNORED, UNSUPPORTED)?;
    body.retain(|_, value| !value.is_null());
    let new: NewGrant = read(body)?;
    let subject = match new.subject_type.as_deref() {
        None => GrantSubject::Client,
        Some(code) => subject(code).ok_or_else(|| Refusal::body("subject_type: Use client or user."))?,
    };
    let new = NewClientGrant { client_id: new.client_id, audience: new.audience, subject, scopes: new.scope };
    let signed = once.caller.signed.clone();
    once.run(signed, |within| async move {
        let made = within.create_client_grant(new).await.map_err(refused)?;
        let grant = within.find_client_grant(&made.id).await.map_err(refused)?;
        Ok(Made::created(OneQuery::default().fields().of(&view(&grant))?, version(&grant)))
    })
    .await
}

/// Change what an application may do at an API
#[utoipa::path(patch, path = "/api/v2/client-grants/{id}", tag = "client-grants", params(("id" = String, Path, description = "Grant id")),
    request_body = GrantChange, responses((status = 200, body = ClientGrantView), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["update:client_grants"])))]
pub(crate) async fn update(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let mut body = object(&bytes)?;
    strip(&mut body, IGNORED, UNSUPPORTED)?;
    let change: GrantChange = read(body)?;
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let grant = within.find_client_grant(&id).await.map_err(refused)?;
    precondition(&headers, version(&grant))?;
    if let Some(scope) = change.scope {
        within.update_client_grant(&id, &scope).await.map_err(refused)?;
    }
    let grant = within.find_client_grant(&id).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    answer(StatusCode::OK, &grant)
}

/// End what an application may do at an API
#[utoipa::path(delete, path = "/api/v2/client-grants/{id}", tag = "client-grants", params(("id" = String, Path, description = "Grant id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:client_grants"])))]
pub(crate) async fn delete(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    precondition(&headers, version(&within.find_client_grant(&id).await.map_err(refused)?))?;
    within.delete_client_grant(&id).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
