//! APIs, which the vendor calls resource servers.

use axum::{
    Json,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_contract::{
    ApiError,
    api::{ApiDetail, ApiForm, ApiScope, NewApi, UserAccess},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    answer::{precondition, versioned},
    body::{object, overlaid, read, strip},
    caller::Caller,
    client_settings::algorithm,
    once::{Made, Once},
    query::{OneQuery, Q, query},
    refusal::{ErrorBody, Refusal},
};

/// Members that change nothing here: access tokens are always as RFC 9068 says.
const IGNORED: &[&str] = &["id", "is_system", "token_dialect", "token_lifetime_for_web"];
/// Members for what is not there.
const UNSUPPORTED: &[&str] = &[
    "allow_online_access",
    "allow_online_access_with_ephemeral_sessions",
    "authorization_details",
    "authorization_policy",
    "consent_policy",
    "enforce_policies",
    "proof_of_possession",
    "signing_secret",
    "token_encryption",
    "token_lifetime_for_anonymous_access_tokens",
    "verificationLocation",
];
const NAMES: &[(&str, &str)] = &[
    ("token_seconds", "token_lifetime"),
    ("offline_access", "allow_offline_access"),
    ("skip_consent", "skip_consent_for_verifiable_first_party_clients"),
];

/// What can be set of an API.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResourceServerSettings {
    /// The audience of its tokens; fixed at creation.
    identifier: String,
    /// Name for people; the identifier unless there is one.
    name: String,
    /// What applications can ask for.
    scopes: Vec<ScopeView>,
    /// `RS256`, `ES256` or `EdDSA`.
    signing_alg: String,
    /// Whether refresh tokens are handed out for it.
    allow_offline_access: bool,
    /// How long its access tokens live, in seconds.
    token_lifetime: i64,
    /// Whether first-party applications get in without the consent page.
    skip_consent_for_verifiable_first_party_clients: bool,
    /// Which applications may ask for access.
    subject_type_authorization: Subjects,
}

/// A scope.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScopeView {
    /// The scope.
    value: String,
    /// What it allows, for the consent page.
    description: String,
}

/// Which applications may ask for access, in whose name.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Subjects {
    /// In users' names: `allow_all`, `require_client_grant` or `deny_all`.
    user: Policy,
    /// In their own: always `require_client_grant`.
    client: Policy,
}

/// A policy.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
}

impl Policy {
    fn of(code: &str) -> Self {
        Self { policy: Some(code.to_owned()) }
    }
}

impl Default for ResourceServerSettings {
    fn default() -> Self {
        // As the vendor has it: refresh tokens only where they are asked for.
        Self::of(String::new(), ApiForm { offline_access: false, ..ApiForm::default() })
    }
}

/// An API.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceServerView {
    /// Its id.
    id: String,
    /// Whether it belongs to this server, and stays as it is.
    is_system: bool,
    #[serde(flatten)]
    settings: ResourceServerSettings,
}

query! {
    /// Which APIs are listed.
    ResourceServersQuery {
        /// Identifiers; may be there several times.
        identifiers: [Vec<String>],
    }
}

impl ResourceServerSettings {
    fn of(identifier: String, form: ApiForm) -> Self {
        let scope = |scope: ApiScope| ScopeView { value: scope.value, description: scope.description };
        Self {
            identifier,
            name: form.name,
            scopes: form.scopes.into_iter().map(scope).collect(),
            signing_alg: form.signing_alg.code().to_owned(),
            allow_offline_access: form.offline_access,
            token_lifetime: form.token_seconds,
            skip_consent_for_verifiable_first_party_clients: form.skip_consent,
            subject_type_authorization: Subjects {
                user: Policy::of(form.user_access.code()),
                client: Policy::of(UserAccess::Granted.code()),
            },
        }
    }

    fn form(self) -> Result<ApiForm, Refusal> {
        let Subjects { user, client } = self.subject_type_authorization;
        if client.policy.is_some_and(|policy| policy != UserAccess::Granted.code()) {
            return Err(Refusal::body(
                "subject_type_authorization.client.policy: Applications act for themselves with a client grant \
                 alone: require_client_grant.",
            ));
        }
        let user_access = match user.policy.as_deref() {
            None => UserAccess::default(),
            Some(code) => UserAccess::from_code(code).ok_or_else(|| {
                Refusal::body(
                    "subject_type_authorization.user.policy: Use allow_all, require_client_grant or deny_all.",
                )
            })?,
        };
        let scope = |scope: ScopeView| ApiScope { value: scope.value, description: scope.description };
        Ok(ApiForm {
            name: if self.name.is_empty() { self.identifier } else { self.name },
            scopes: self.scopes.into_iter().map(scope).collect(),
            signing_alg: algorithm(Some(&self.signing_alg))?,
            token_seconds: self.token_lifetime,
            offline_access: self.allow_offline_access,
            skip_consent: self.skip_consent_for_verifiable_first_party_clients,
            user_access,
        })
    }
}

fn view(detail: ApiDetail) -> ResourceServerView {
    ResourceServerView {
        id: detail.id,
        is_system: detail.system,
        settings: ResourceServerSettings::of(detail.identifier, detail.form),
    }
}

fn refused(error: ApiError) -> Refusal {
    Refusal::of(error, "inexistent_resource_server", NAMES)
}

/// List APIs
///
/// This server's own stand first, on the first page.
#[utoipa::path(get, path = "/api/v2/resource-servers", tag = "resource-servers", params(ResourceServersQuery),
    responses((status = 200, body = [ResourceServerView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:resource_servers"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<ResourceServersQuery>) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let wanted = |identifier: &String| query.identifiers.is_empty() || query.identifiers.contains(identifier);
    let own = caller.signed.own_apis().await.map_err(refused)?;
    let own: Vec<ApiDetail> = own.into_iter().filter(|api| wanted(&api.identifier)).collect();
    let (first, span) = paging.after(own.len() as u64);
    let listed = caller.signed.select_apis(&query.identifiers, &span).await.map_err(refused)?;
    let mut rows = Vec::new();
    for api in &listed.items {
        rows.push(view(caller.signed.api(api.id.as_str()).await.map_err(refused)?));
    }
    let total = listed.total.map(|total| total + own.len() as u64);
    let mut items: Vec<ResourceServerView> =
        own.into_iter().skip(first.start).take(first.len()).map(view).collect();
    items.extend(rows);
    paging.answer("resource_servers", &coffer_store::Listed { items, next: listed.next, total }).map(Json)
}

/// Read an API
#[utoipa::path(get, path = "/api/v2/resource-servers/{id}", tag = "resource-servers",
    params(("id" = String, Path, description = "Id, or identifier"), OneQuery),
    responses((status = 200, body = ResourceServerView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:resource_servers"])))]
pub(crate) async fn get(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<OneQuery>,
) -> Result<Response, Refusal> {
    let api = caller.signed.api(&id).await.map_err(refused)?;
    let version = api.version;
    Ok(versioned(StatusCode::OK, query.fields().of(&view(api))?, version))
}

/// Create an API
#[utoipa::path(post, path = "/api/v2/resource-servers", tag = "resource-servers", request_body = ResourceServerSettings,
    responses((status = 201, body = ResourceServerView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["create:resource_servers"])))]
pub(crate) async fn create(once: Once) -> Result<Response, Refusal> {
    let settings = read_body(&once.bytes, &ResourceServerSettings::default())?;
    let identifier = settings.identifier.clone();
    let new = NewApi { identifier, form: settings.form()? };
    let well_formed = new.validate().is_empty();
    let signed = once.caller.signed.clone();
    once.run(signed, |within| async move {
        let api = within.create_api(new).await.map_err(|error| match error.message_for("identifier") {
            // One that is well-formed and refused all the same is taken.
            Some(message) if well_formed => {
                let message = format!("identifier: {message}");
                Refusal::Conflict { code: "resource_server_conflict", message }
            }
            _ => refused(error),
        })?;
        let version = api.version;
        Ok(Made::created(OneQuery::default().fields().of(&view(api))?, version))
    })
    .await
}

fn read_body(bytes: &Bytes, base: &ResourceServerSettings) -> Result<ResourceServerSettings, Refusal> {
    let mut body: Map<String, Value> = object(bytes)?;
    strip(&mut body, IGNORED, UNSUPPORTED)?;
    read(overlaid(base, body)?)
}

/// Change an API
///
/// Applications lose the scopes that it loses.
#[utoipa::path(patch, path = "/api/v2/resource-servers/{id}", tag = "resource-servers",
    params(("id" = String, Path, description = "Id, or identifier")), request_body = ResourceServerSettings,
    responses((status = 200, body = ResourceServerView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["update:resource_servers"])))]
pub(crate) async fn update(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let before = within.api(&id).await.map_err(refused)?;
    precondition(&headers, before.version)?;
    let settings = read_body(&bytes, &ResourceServerSettings::of(before.identifier.clone(), before.form))?;
    if settings.identifier != before.identifier {
        return Err(Refusal::body("identifier: It is fixed at creation; leave it out."));
    }
    let after = within.update_api(&before.id, settings.form()?, before.version).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    let version = after.version;
    Ok(versioned(StatusCode::OK, OneQuery::default().fields().of(&view(after))?, version))
}

/// Delete an API
#[utoipa::path(delete, path = "/api/v2/resource-servers/{id}", tag = "resource-servers",
    params(("id" = String, Path, description = "Id, or identifier")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:resource_servers"])))]
pub(crate) async fn delete(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let (within, together) = caller.signed.together().await.map_err(refused)?;
    let api = within.api(&id).await.map_err(refused)?;
    precondition(&headers, api.version)?;
    within.delete_api(&api.id, &api.form.name).await.map_err(refused)?;
    caller.signed.commit(together).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
