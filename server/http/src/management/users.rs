//! End users, and the accounts that they connected. Never a token.

use std::collections::HashMap;

use axum::{Json, extract::Path, http::StatusCode};
use coffer_admin::Editor;
use coffer_contract::ApiError;
use coffer_core::{connection::Connection, ids::ConnectionId, token_set::TokenSet, user::User};
use coffer_store::{Listed, Match, UserField, UserOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::Caller,
    lucene::{self, Known},
    query::{ListQuery, OneQuery, Q, query},
    refusal::{ErrorBody, Refusal},
};

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The `sub` that applications see.
    user_id: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Whether the provider verified it.
    email_verified: bool,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    /// Short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    /// Name at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// First sign-in.
    created_at: String,
    /// Last change of the profile.
    updated_at: String,
    /// Last sign-in.
    last_login: String,
    /// What the user signs in with.
    identities: Vec<IdentityView>,
}

/// What a user signs in with.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentityView {
    /// The connection's name.
    connection: String,
    /// The user's id at the provider.
    user_id: String,
    /// Kind of provider.
    provider: String,
    /// Whether it is a consumer platform.
    #[serde(rename = "isSocial")]
    is_social: bool,
}

/// An account that a user connected.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectedAccountView {
    /// Its id.
    id: String,
    /// The connection's name.
    connection: String,
    /// The connection's id.
    connection_id: String,
    /// Kind of provider.
    strategy: String,
    /// Always `offline`.
    access_type: &'static str,
    /// What the provider granted.
    scopes: Vec<String>,
    /// When it was connected.
    created_at: String,
    /// When it ends for lack of use, where the provider says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// Tokens that the vault keeps, without the tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenSetView {
    /// Its id.
    id: String,
    /// The connection's name.
    connection: String,
    /// What the provider granted, separated by spaces.
    scope: String,
    /// When the access token was obtained.
    issued_at: String,
    /// When the access token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// When it was last released to an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
}

query! {
    /// Which users are listed.
    UsersQuery {
        /// A search: `email`, `name`, `user_id`, `identities.connection`, `identities.user_id`, `created_at` or
        /// `last_login`; `field:value`, `field:"two words"`, `field:beginning*`, `[from TO to]` for the instants,
        /// `AND`, `OR`, `NOT` and parentheses. Words without a field are looked for in `email` and `name`.
        q: [Option<String>],
        /// `last_login`, `created_at` or `user_id`, with `:1` or `:-1`. Unless said otherwise, who signed in
        /// last comes first.
        sort: [Option<String>],
        /// Name of the connection that they sign in through.
        connection: [Option<String>],
        /// Of no effect: there is one search.
        search_engine: [Option<String>],
        /// Of no effect.
        primary_order: [Option<bool>],
    }
}

/// An address.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ByEmail {
    /// The e-mail address, whole.
    email: String,
    /// Members that are wanted, separated by commas.
    fields: Option<String>,
    /// Whether `fields` names what is wanted, or what is not.
    include_fields: Option<bool>,
}

type Connections = HashMap<ConnectionId, (Connection, bool)>;

fn refused(error: ApiError) -> Refusal {
    Refusal::of(error, "inexistent_user", &[])
}

fn view(user: User, connections: &Connections) -> UserView {
    let User { profile, provider_user_id, .. } = user;
    let identity = connections.get(&user.connection_id).map(|(connection, social)| IdentityView {
        connection: connection.name.clone(),
        user_id: provider_user_id,
        provider: connection.strategy.clone(),
        is_social: *social,
    });
    UserView {
        user_id: user.id.to_string(),
        email: profile.email,
        email_verified: profile.email_verified,
        name: profile.name,
        given_name: profile.given_name,
        family_name: profile.family_name,
        nickname: profile.nickname,
        username: profile.preferred_username,
        picture: profile.picture,
        created_at: user.created_at.rfc3339(),
        updated_at: user.updated_at.rfc3339(),
        last_login: user.last_sign_in_at.rfc3339(),
        identities: identity.into_iter().collect(),
    }
}

fn field(name: Option<&str>) -> Option<Vec<Known<UserField>>> {
    Some(vec![match name {
        None => return Some(vec![Known::Text(UserField::Email), Known::Text(UserField::Name)]),
        Some("email" | "email.raw") => Known::Text(UserField::Email),
        Some("name" | "name.raw") => Known::Text(UserField::Name),
        Some("user_id") => Known::Text(UserField::Id),
        Some("identities.connection") => Known::Text(UserField::Connection),
        Some("identities.user_id") => Known::Text(UserField::ProviderUserId),
        Some("created_at") => Known::Instant(UserField::CreatedAt),
        Some("last_login") => Known::Instant(UserField::LastSignInAt),
        Some(_) => return None,
    }])
}

/// Beginnings are found by the columns that have an index.
fn searchable(search: &Match<UserField>) -> Result<(), Refusal> {
    match search {
        Match::All(parts) | Match::Any(parts) => parts.iter().try_for_each(searchable),
        Match::Not(part) => searchable(part),
        Match::Begins(UserField::Connection | UserField::ProviderUserId, _) => {
            Err(Refusal::query("q: Give a connection's name, or an id at a provider, as a whole."))
        }
        Match::Begins(..) | Match::Is(..) | Match::Between(..) => Ok(()),
    }
}

fn order(sort: Option<&str>) -> Result<(UserOrder, bool), Refusal> {
    let Some(sort) = sort else { return Ok((UserOrder::default(), true)) };
    let wrong = || Refusal::query("sort: Use last_login, created_at or user_id, with :1 or :-1.");
    let (name, direction) = sort.split_once(':').ok_or_else(wrong)?;
    let by = match name {
        "last_login" => UserOrder::LastSignInAt,
        "created_at" => UserOrder::CreatedAt,
        "user_id" => UserOrder::Id,
        _ => return Err(wrong()),
    };
    match direction {
        "1" => Ok((by, false)),
        "-1" => Ok((by, true)),
        _ => Err(wrong()),
    }
}

/// List users
#[utoipa::path(get, path = "/api/v2/users", tag = "users", params(UsersQuery),
    responses((status = 200, body = [UserView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:users"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<UsersQuery>) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let (by, descending) = order(query.sort.as_deref())?;
    let mut search: Vec<Match<UserField>> = Vec::new();
    if let Some(q) = &query.q {
        let read = lucene::parse(q, &field)?;
        searchable(&read)?;
        search.push(read);
    }
    search.extend(query.connection.map(|name| Match::Is(UserField::Connection, name)));
    let search = (!search.is_empty()).then_some(Match::All(search));
    let listed = caller.signed.select_users(search.as_ref(), by, descending, &paging.span).await;
    let connections = caller.signed.connections_with_kind().await.map_err(refused)?;
    let listed = listed.map_err(refused)?.map(|user| view(user, &connections));
    paging.answer("users", &listed).map(Json)
}

/// List the users with an e-mail address
#[utoipa::path(get, path = "/api/v2/users-by-email", tag = "users", params(ByEmail),
    responses((status = 200, body = [UserView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:users"])))]
pub(crate) async fn by_email(caller: Caller, Q(query): Q<ByEmail>) -> Result<Json<Value>, Refusal> {
    let shown = (query.fields.as_deref(), query.include_fields);
    let paging = super::query::Paging::new((None, Some(100), None), (None, None), shown)?;
    let search = Match::Is(UserField::Email, query.email);
    let listed = caller.signed.select_users(Some(&search), UserOrder::default(), true, &paging.span).await;
    let connections = caller.signed.connections_with_kind().await.map_err(refused)?;
    let listed = listed.map_err(refused)?.map(|user| view(user, &connections));
    paging.answer("users", &listed).map(Json)
}

/// Read a user
#[utoipa::path(get, path = "/api/v2/users/{id}", tag = "users", params(("id" = String, Path, description = "User id"), OneQuery),
    responses((status = 200, body = UserView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:users"])))]
pub(crate) async fn get(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<OneQuery>,
) -> Result<Json<Value>, Refusal> {
    let user = caller.signed.find_user(&id).await.map_err(refused)?;
    let connections = caller.signed.connections_with_kind().await.map_err(refused)?;
    query.fields().of(&view(user, &connections)).map(Json)
}

/// Delete a user
///
/// Their accounts go with them, and what they granted is taken back at the providers.
#[utoipa::path(delete, path = "/api/v2/users/{id}", tag = "users", params(("id" = String, Path, description = "User id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)), security(("bearer" = ["delete:users"])))]
pub(crate) async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    caller.signed.delete_user(&id, &id).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn accounts(signed: &Editor, id: &str) -> Result<(Vec<TokenSet>, Connections), Refusal> {
    let sets = signed.accounts_of(id).await.map_err(refused)?;
    Ok((sets, signed.connections_with_kind().await.map_err(refused)?))
}

/// List the accounts that a user connected
#[utoipa::path(get, path = "/api/v2/users/{id}/connected-accounts", tag = "users", params(("id" = String, Path, description = "User id"), ListQuery),
    responses((status = 200, body = [ConnectedAccountView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:users"])))]
pub(crate) async fn connected_accounts(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<ListQuery>,
) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?.always_object();
    let (sets, connections) = accounts(&caller.signed, &id).await?;
    let view = |set: TokenSet| {
        let (connection, _) = connections.get(&set.connection_id)?;
        Some(ConnectedAccountView {
            id: set.id.to_string(),
            connection: connection.name.clone(),
            connection_id: connection.id.to_string(),
            strategy: connection.strategy.clone(),
            access_type: "offline",
            scopes: set.scopes.to_vec(),
            created_at: set.created_at.rfc3339(),
            expires_at: set.refresh_expires_at.map(|at| at.rfc3339()),
        })
    };
    let views: Vec<ConnectedAccountView> = sets.into_iter().filter_map(view).collect();
    paging.answer("connected_accounts", &Listed::cut(views, &paging.span)).map(Json)
}

/// List what the vault keeps for a user, without the tokens
#[utoipa::path(get, path = "/api/v2/users/{id}/federated-connections-tokensets", tag = "users",
    params(("id" = String, Path, description = "User id")),
    responses((status = 200, body = [TokenSetView]), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["read:federated_connections_tokens"])))]
pub(crate) async fn token_sets(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<TokenSetView>>, Refusal> {
    let (sets, connections) = accounts(&caller.signed, &id).await?;
    let mut views = Vec::with_capacity(sets.len());
    for set in sets {
        let Some((connection, _)) = connections.get(&set.connection_id) else { continue };
        let used = caller.signed.last_released(&set).await.map_err(refused)?;
        views.push(TokenSetView {
            id: set.id.to_string(),
            connection: connection.name.clone(),
            scope: set.scopes.to_string(),
            issued_at: set.obtained_at.rfc3339(),
            expires_at: set.access_expires_at.map(|at| at.rfc3339()),
            last_used_at: used.map(|at| at.rfc3339()),
        });
    }
    Ok(Json(views))
}

/// Disconnect an account of a user
///
/// Its tokens are gone at once, and taken back at the provider.
#[utoipa::path(delete, path = "/api/v2/users/{id}/federated-connections-tokensets/{tokenset_id}", tag = "users",
    params(("id" = String, Path, description = "User id"), ("tokenset_id" = String, Path, description = "Account id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
    security(("bearer" = ["delete:federated_connections_tokens"])))]
pub(crate) async fn delete_token_set(
    caller: Caller,
    Path((id, set)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    caller.signed.disconnect_account(&id, &set).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
