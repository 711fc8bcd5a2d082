//! Who calls the management API: a machine-to-machine application with an access token for it.

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{Method, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use coffer_admin::{Call, Editor};
use coffer_core::{Scopes, audit::Actor, ids::ClientId};
use coffer_oidc::presented::Presented;

use super::refusal::Refusal;
use crate::{AppState, ENDPOINTS, Protection, network::Origin, presented::Access};

/// An application whose access token has the scope that the endpoint asks for.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The use cases, in its name.
    pub(crate) signed: Editor,
    /// The application.
    pub(crate) client_id: ClientId,
    /// What it may do here.
    pub(crate) scopes: Scopes,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Behind `guard` there always is one.
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::Inside)
    }
}

/// Lets a request through whose access token is good, is for this API, has the scope that stands in the
/// table of endpoints, and whose application has not sent too many.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(Access(presented)) = Access::from_request_parts(&mut parts, &state).await;
    let (client_id, scopes) = match authenticated(&state, &presented).await {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    let (allowance, spent) = match state.management.spend(&client_id).await {
        Ok(spent) => spent,
        Err(error) => {
            tracing::error!(%error, "the rate limit could not be read");
            return Refusal::Inside.into_response();
        }
    };
    let mut response = match spent.and_then(|()| permitted(&parts, &scopes)) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            let origin = parts.extensions.get::<Origin>().cloned();
            let (ip, request_id) = origin.map(|o| (o.ip, o.request_id)).unwrap_or_default();
            let call = Call::new(state.admin.clone(), ip, request_id);
            let signed = call.acting(Actor::Client(client_id.clone()));
            parts.extensions.insert(Caller { signed, client_id, scopes });
            next.run(Request::from_parts(parts, body)).await
        }
    };
    allowance.write(response.headers_mut());
    response
}

/// The application behind what a request presents, and its scopes here.
async fn authenticated(state: &AppState, presented: &Presented) -> Result<(ClientId, Scopes), Refusal> {
    let grant = state.oidc.presented(presented).await.map_err(Refusal::Token)?;
    let here = grant.audience.as_deref() == Some(state.oidc.management_audience().as_str());
    // A user's token is never issued for this API; one that is all the same opens nothing.
    if !here || grant.user_id.is_some() {
        return Err(Refusal::Audience);
    }
    Ok((grant.client_id, grant.scopes))
}

fn permitted(parts: &Parts, scopes: &Scopes) -> Result<(), Refusal> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
    let same = |known: &str| known.eq_ignore_ascii_case(method.as_str());
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.path == path && same(endpoint.method));
    match endpoint.map(|endpoint| endpoint.protection) {
        Some(Protection::Management(scope)) if scopes.contains(scope) => Ok(()),
        Some(Protection::Management(scope)) => Err(Refusal::Scope(scope)),
        // The router says that this method is none of the path's.
        _ => Err(Refusal::Method),
    }
}
