//! Administrators on their way to a provider and back: to sign in to the dashboard, or to link an account.

use axum::{
    extract::{Extension, State},
    response::{IntoResponse, Redirect, Response},
};
use coffer_admin::{Arrival, NotIn, Visit};
use coffer_app::after_sign_in;
use coffer_contract::ApiError;
use coffer_core::{administrator::AccountThere, ids::ConnectionId};
use coffer_oidc::error::PageError;
use tower_sessions::Session;

use crate::{AppState, hosted, network::Origin};

/// Somebody's visit to the dashboard.
pub(crate) fn visit(state: &AppState, session: Session, origin: &Origin) -> Visit {
    Visit::new(state.admin.clone(), session, origin.ip.clone(), origin.request_id.clone())
}

/// `GET /console/through`: off to the provider, on the trip that a server function has begun.
pub(crate) async fn depart(
    State(state): State<AppState>,
    session: Session,
    Extension(origin): Extension<Origin>,
) -> Response {
    let visit = visit(&state, session, &origin);
    let outcome: Result<Response, PageError> = async {
        let departure = visit.departure().await.map_err(inside)?.ok_or(PageError::Gone)?;
        match state.oidc.depart_administrator(&departure.connection, &departure.browser).await? {
            Ok(url) => Ok(Redirect::to(url.as_str()).into_response()),
            Err(error) => arrive(&visit, &departure.connection.id, Err(error)).await,
        }
    }
    .await;
    outcome.unwrap_or_else(|error| hosted::failed(&state, &origin.request_id, &error))
}

/// Back from it.
pub(crate) async fn arrive(
    visit: &Visit,
    connection: &ConnectionId,
    outcome: Result<AccountThere, String>,
) -> Result<Response, PageError> {
    let page = match visit.arrive(connection, outcome).await.map_err(inside)? {
        Arrival::SignIn { step, return_to } => after_sign_in(&step, &return_to),
        Arrival::NotSignedIn(why) => format!("/console/sign-in?through={}", code(why)),
        Arrival::Linked => "/console/account?linked=yes".to_owned(),
        Arrival::NotLinked(why) => format!("/console/account?linked={}", code(why)),
    };
    Ok(Redirect::to(&page).into_response())
}

/// As the pages know it.
fn code(why: NotIn) -> &'static str {
    match why {
        NotIn::Provider => "provider",
        NotIn::Unknown => "unknown",
        NotIn::Taken => "taken",
        NotIn::Ended => "ended",
    }
}

pub(crate) fn inside(error: ApiError) -> PageError {
    match error {
        ApiError::Unavailable { reference } => PageError::Database(reference),
        error => PageError::Inside(error.to_string()),
    }
}
