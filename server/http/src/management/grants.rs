//! What users granted to applications.

use axum::{Json, extract::Path, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_admin::{GrantFilter, UserGrant};
use coffer_contract::ApiError;
use coffer_core::ids::{ClientId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::Caller,
    query::{Q, query},
    refusal::{ErrorBody, Refusal},
};

/// What a user granted to an application at one API.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// Its id.
    id: String,
    /// The application.
    #[serde(rename = "clientID")]
    client_id: String,
    /// The user.
    user_id: String,
    /// The API's identifier; for sign-in alone, the user-info endpoint.
    audience: String,
    /// What was granted there.
    scope: Vec<String>,
}

query! {
    /// Which grants are listed.
    GrantsQuery {
        /// Of this user.
        user_id: [Option<String>],
        /// To this application.
        client_id: [Option<String>],
        /// At this API.
        audience: [Option<String>],
    }
}

/// Whose grants go.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfUser {
    /// The user.
    user_id: String,
}

fn refused(error: ApiError) -> Refusal {
    Refusal::of(error, "inexistent_grant", &[])
}

/// Names user, application and API: a grant is known by what it is.
fn id(grant: &UserGrant) -> String {
    let named = json!([grant.user_id, grant.client_id, grant.audience]);
    URL_SAFE_NO_PAD.encode(named.to_string())
}

fn named(id: &str) -> Option<(UserId, ClientId, String)> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

fn view(grant: &UserGrant) -> GrantView {
    GrantView {
        id: id(grant),
        client_id: grant.client_id.to_string(),
        user_id: grant.user_id.to_string(),
        audience: grant.audience.clone(),
        scope: grant.scopes.to_vec(),
    }
}

/// List what users granted to applications
#[utoipa::path(get, path = "/api/v2/grants", tag = "grants", params(GrantsQuery),
    responses((status = 200, body = [GrantView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:grants"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<GrantsQuery>) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let filter = GrantFilter {
        user_id: query.user_id.map(UserId::from_text),
        client_id: query.client_id.map(ClientId::from_text),
        audience: query.audience,
    };
    let listed = caller.signed.select_grants(&filter, &paging.span).await.map_err(refused)?;
    paging.answer("grants", &listed.map(|grant| view(&grant))).map(Json)
}

/// Take back what a user granted to an application at an API
///
/// The application's sign-ins of the user end: refresh and access tokens that it has for this server stop working.
#[utoipa::path(delete, path = "/api/v2/grants/{id}", tag = "grants", params(("id" = String, Path, description = "Grant id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:grants"])))]
pub(crate) async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let Some((user, client, audience)) = named(&id) else {
        let message = "This grant does not exist; it may have been taken back.".to_owned();
        return Err(Refusal::NotFound { code: "inexistent_grant", message });
    };
    caller.signed.withdraw_grant(&user, &client, &audience).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take back everything that a user granted
#[utoipa::path(delete, path = "/api/v2/grants", tag = "grants", params(OfUser),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:grants"])))]
pub(crate) async fn delete_of_user(caller: Caller, Q(query): Q<OfUser>) -> Result<StatusCode, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    within.withdraw_grants_of(&UserId::from_text(query.user_id)).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
