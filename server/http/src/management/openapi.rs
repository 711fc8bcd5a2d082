//! The description of the management API, generated from the handlers and what they take and answer.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{apis, client_grants, clients, connections, grants, logs, shapes, users};

/// The description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Coffer management API",
        description = "Connections, applications, APIs, what applications may do, users and the log. \
                       Get an access token by client credentials, with `{issuer}api/v2/` as its audience.",
        version = "2",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        connections::list, connections::get, connections::create, connections::update, connections::delete,
        connections::clients, connections::set_clients, connections::of_client,
        clients::list, clients::get, clients::create, clients::update, clients::delete, clients::rotate_secret,
        apis::list, apis::get, apis::create, apis::update, apis::delete,
        client_grants::list, client_grants::get, client_grants::create, client_grants::update,
        client_grants::delete,
        grants::list, grants::delete, grants::delete_of_user,
        users::list, users::by_email, users::get, users::delete, users::connected_accounts, users::token_sets,
        users::delete_token_set,
        logs::list, logs::get, logs::of_user,
        document,
    ),
    modifiers(&Bearer),
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token with the audience `{issuer}api/v2/` and the scope named."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document (OpenAPI 3.1).
pub fn openapi() -> Value {
    serde_json::to_value(Description::openapi()).map(shapes::complete).unwrap_or_default()
}

/// Read this description
#[utoipa::path(get, path = "/api/v2/openapi.json", tag = "description", responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) async fn document() -> Response {
    let mut response = Json(openapi()).into_response();
    let cached = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    response
}
