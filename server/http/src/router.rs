//! All endpoints in one table, from which both the router and the test of their protection are made.

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::{IntoResponse as _, Response},
};
use tokio::time::timeout;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::{
    AppState, assets, console, export, guard, health, hosted, management, measure, my_account, network, nul,
    protocol, session, through, traced,
};

/// What protects an endpoint from the wrong caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing to protect: it tells and changes nothing that is anyone's.
    Public,
    /// Client authentication.
    Client,
    /// A bearer token.
    Bearer,
    /// A machine-to-machine application's access token for the management API, with this scope.
    Management(&'static str),
    /// Only the browser that began the interaction.
    Browser,
    /// An administrator's session, checked by the page or server function itself, and same origin.
    Administrator,
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// HTTP method.
    pub method: &'static str,
    /// Path, as in the router.
    pub path: &'static str,
    /// What protects it.
    pub protection: Protection,
}

macro_rules! endpoints {
    ($($group:ident { $($method:ident $path:literal $protection:ident $(($scope:literal))? $handler:path;)* })*) => {
        /// Every endpoint of the server.
        pub const ENDPOINTS: &[Endpoint] = &[$($(Endpoint {
            method: stringify!($method),
            path: $path,
            protection: Protection::$protection$(($scope))?,
        },)*)*];

        $(fn $group() -> Router<AppState> {
            Router::new()$(.route($path, axum::routing::$method($handler)))*
        })*
    };
}

endpoints! {
    open {
        get "/" Public console::home;
        get "/healthz" Public health::alive;
        get "/readyz" Public health::ready;
        get "/assets/{name}" Public assets::serve;
    }
    documents {
        get "/.well-known/openid-configuration" Public protocol::metadata;
        get "/.well-known/oauth-authorization-server" Public protocol::metadata;
        get "/.well-known/oauth-protected-resource/{id}" Public protocol::protected_resource;
        get "/.well-known/jwks.json" Public protocol::jwks;
    }
    endpoints {
        post "/oauth/token" Client protocol::token;
        post "/oauth/revoke" Client protocol::revoke;
        post "/oauth/introspect" Client protocol::introspect;
        post "/oauth/par" Client protocol::push;
        post "/oauth/device/code" Client protocol::device_code;
        get "/userinfo" Bearer protocol::userinfo;
        post "/userinfo" Bearer protocol::userinfo;
        post "/me/v1/connected-accounts/connect" Bearer my_account::connect;
        post "/me/v1/connected-accounts/complete" Bearer my_account::complete;
        get "/me/v1/connected-accounts/accounts" Bearer my_account::accounts;
        delete "/me/v1/connected-accounts/accounts/{id}" Bearer my_account::delete;
        get "/me/v1/connected-accounts/connections" Bearer my_account::connections;
    }
    registrations {
        post "/oidc/register" Public protocol::register;
        get "/oidc/register/{id}" Bearer protocol::registration;
        put "/oidc/register/{id}" Bearer protocol::change_registration;
        delete "/oidc/register/{id}" Bearer protocol::delete_registration;
    }
    front_channel {
        get "/authorize" Public hosted::authorize;
        post "/authorize" Public hosted::authorize_by_form;
        get "/connect" Browser hosted::open_ticket;
    }
    callbacks {
        get "/login/callback" Browser hosted::callback;
        get "/login/callback/{connection}" Browser hosted::own_callback;
    }
    sign_in {
        get "/u/sign-in" Browser hosted::sign_in_page;
        post "/u/sign-in" Browser hosted::choose;
        post "/u/identify" Browser hosted::identify;
        get "/u/consent" Browser hosted::consent_page;
        post "/u/consent" Browser hosted::decide;
    }
    logout {
        get "/oidc/logout" Public hosted::logout;
        post "/oidc/logout" Public hosted::logout_by_form;
        get "/v2/logout" Public hosted::logout;
    }
    pages {
        get "/activate" Public hosted::activate_page;
        post "/activate" Browser hosted::activate;
        post "/u/sign-out" Browser hosted::sign_out;
        get "/u/connect" Browser hosted::connect_page;
        post "/u/connect" Browser hosted::decide_connect;
        get "/u/try" Browser hosted::open_try;
        get "/u/account" Public hosted::my_account;
        post "/u/account/sign-in" Browser hosted::sign_in_to_my_account;
        post "/u/account/disconnect" Browser hosted::disconnect;
        post "/u/account/reconnect" Browser hosted::reconnect;
        post "/u/account/sign-out-everywhere" Browser hosted::sign_out_everywhere;
    }
    management_description {
        get "/api/v2/openapi.json" Public management::openapi::document;
    }
    management_api {
        get "/api/v2/connections" Management("read:connections") management::connections::list;
        post "/api/v2/connections" Management("create:connections") management::connections::create;
        get "/api/v2/connections/{id}" Management("read:connections") management::connections::get;
        patch "/api/v2/connections/{id}" Management("update:connections") management::connections::update;
        delete "/api/v2/connections/{id}" Management("delete:connections") management::connections::delete;
        get "/api/v2/connections/{id}/clients" Management("read:connections") management::connections::clients;
        patch "/api/v2/connections/{id}/clients" Management("update:connections") management::connections::set_clients;
        get "/api/v2/clients" Management("read:clients") management::clients::list;
        post "/api/v2/clients" Management("create:clients") management::clients::create;
        get "/api/v2/clients/{id}" Management("read:clients") management::clients::get;
        patch "/api/v2/clients/{id}" Management("update:clients") management::clients::update;
        delete "/api/v2/clients/{id}" Management("delete:clients") management::clients::delete;
        post "/api/v2/clients/{id}/rotate-secret" Management("update:client_keys") management::clients::rotate_secret;
        get "/api/v2/clients/{id}/connections" Management("read:connections") management::connections::of_client;
        get "/api/v2/resource-servers" Management("read:resource_servers") management::apis::list;
        post "/api/v2/resource-servers" Management("create:resource_servers") management::apis::create;
        get "/api/v2/resource-servers/{id}" Management("read:resource_servers") management::apis::get;
        patch "/api/v2/resource-servers/{id}" Management("update:resource_servers") management::apis::update;
        delete "/api/v2/resource-servers/{id}" Management("delete:resource_servers") management::apis::delete;
        get "/api/v2/client-grants" Management("read:client_grants") management::client_grants::list;
        post "/api/v2/client-grants" Management("create:client_grants") management::client_grants::create;
        get "/api/v2/client-grants/{id}" Management("read:client_grants") management::client_grants::get;
        patch "/api/v2/client-grants/{id}" Management("update:client_grants") management::client_grants::update;
        delete "/api/v2/client-grants/{id}" Management("delete:client_grants") management::client_grants::delete;
        get "/api/v2/grants" Management("read:grants") management::grants::list;
        delete "/api/v2/grants" Management("delete:grants") management::grants::delete_of_user;
        delete "/api/v2/grants/{id}" Management("delete:grants") management::grants::delete;
        get "/api/v2/users" Management("read:users") management::users::list;
        get "/api/v2/users-by-email" Management("read:users") management::users::by_email;
        get "/api/v2/users/{id}" Management("read:users") management::users::get;
        delete "/api/v2/users/{id}" Management("delete:users") management::users::delete;
        get "/api/v2/users/{id}/connected-accounts" Management("read:users") management::users::connected_accounts;
        get "/api/v2/users/{id}/federated-connections-tokensets" Management("read:federated_connections_tokens") management::users::token_sets;
        delete "/api/v2/users/{id}/federated-connections-tokensets/{tokenset_id}" Management("delete:federated_connections_tokens") management::users::delete_token_set;
        get "/api/v2/users/{id}/logs" Management("read:logs") management::logs::of_user;
        get "/api/v2/logs" Management("read:logs") management::logs::list;
        get "/api/v2/logs/{id}" Management("read:logs") management::logs::get;
    }
    dashboard {
        get "/console" Administrator console::page;
        get "/console/logs/export" Administrator export::logs;
        get "/console/through" Browser through::depart;
        get "/console/{*page}" Administrator console::page;
        post "/console/api/{name}" Administrator console::server_function;
    }
}

/// Longest body of a protocol request or hosted form, in bytes.
const SMALL_BODY: usize = 64 * 1024;
/// Longest body of a dashboard action, in bytes.
pub(crate) const CONSOLE_BODY: usize = 512 * 1024;
/// Longest time that a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The whole server. Serve it with connect info ([`Router::into_make_service_with_connect_info`]).
pub fn router(state: AppState) -> Router {
    // Pages are rendered as tasks of this runtime; it was done before where several routers are made.
    let _ = any_spawner::Executor::init_tokio();
    let same_origin = || from_fn_with_state(state.clone(), guard::same_origin);
    let documents = documents().layer(open_to_scripts());
    let endpoints = endpoints().layer(cors(&state)).layer(DefaultBodyLimit::max(SMALL_BODY));
    // Nothing here goes by what a browser holds: programs in browsers register themselves too.
    let registrations = registrations().layer(open_to_scripts()).layer(DefaultBodyLimit::max(SMALL_BODY));
    let sign_in = sign_in()
        .layer(same_origin())
        .merge(front_channel())
        .merge(callbacks())
        .layer(map_response(guard::may_be_popup));
    let hosted = pages()
        .layer(same_origin())
        .merge(sign_in)
        .merge(logout())
        .layer(session::hosted_layer(&state))
        .layer(from_fn(session::set_console_aside))
        .layer(session::console_beside_layer(&state))
        .layer(DefaultBodyLimit::max(SMALL_BODY));
    let dashboard = dashboard()
        .layer(same_origin())
        .layer(session::console_layer(&state))
        .layer(DefaultBodyLimit::max(CONSOLE_BODY));
    let management = management_api()
        .layer(from_fn_with_state(state.clone(), management::caller::guard))
        .merge(management_description())
        .layer(DefaultBodyLimit::max(CONSOLE_BODY));
    open()
        .merge(management)
        .merge(documents)
        .merge(endpoints)
        .merge(registrations)
        .merge(hosted)
        .merge(dashboard)
        .fallback(nowhere)
        .layer(from_fn_with_state(state.clone(), around))
        .with_state(state)
}

/// What there is at no address: for programs where they look for the management API, for people elsewhere.
async fn nowhere(State(state): State<AppState>, uri: Uri) -> Response {
    match uri.path().starts_with("/api/v2") {
        true => management::no_endpoint(),
        false => hosted::not_found(State(state)).await,
    }
}

/// What happens to every request, from the outside in. It is one layer: each further one would be copied, with all
/// within it, for every request.
async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let within_time = |request| timed(next.run(request));
    let without_nul = |request| nul::refuse(request, within_time);
    let safe = |request| guard::secure(&state, request, without_nul);
    let measured = |request| measure::measure(request, safe);
    let traced = |request| traced::trace(request, measured);
    network::identify(&state, request, traced).await
}

/// The answer, within [`TIMEOUT`].
async fn timed(answer: impl Future<Output = Response>) -> Response {
    let late = |_| StatusCode::SERVICE_UNAVAILABLE.into_response();
    let mut response = timeout(TIMEOUT, answer).await.unwrap_or_else(late);
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    }
    response
}

/// Scripts of any origin may read it.
fn open_to_scripts() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(Any)
        .expose_headers([header::WWW_AUTHENTICATE])
        .max_age(Duration::from_secs(600))
}

/// Headers that scripts may send: those of the protocols, and the one in which SDKs name themselves.
const SENT: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("dpop"),
    HeaderName::from_static("auth0-client"),
];
/// Headers of answers that scripts may read (RFC 9449 section 8, RFC 6750 section 3).
const READ: [HeaderName; 3] =
    [HeaderName::from_static("dpop-nonce"), header::RETRY_AFTER, header::WWW_AUTHENTICATE];

/// Scripts may call the token endpoint from the origins that an application lists.
fn cors(state: &AppState) -> CorsLayer {
    let state = state.clone();
    let listed = AllowOrigin::async_predicate(move |origin: HeaderValue, _: &Parts| async move {
        let Ok(origin) = origin.to_str() else { return false };
        state.oidc.store().clients().origin_allowed(origin).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the allowed origins could not be read");
            false
        })
    });
    CorsLayer::new()
        .allow_origin(listed)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(Duration::from_secs(600))
}
