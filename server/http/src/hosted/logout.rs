//! Logout.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use coffer_app::hosted::{ConfirmSignOutPage, SignedOutPage};
use coffer_oidc::{
    error::PageError,
    logout::{Logout, LogoutParams},
};
use url::Url;

use super::answer;
use crate::{AppState, session::HostedSession};

/// `GET /oidc/logout` and `GET /v2/logout`
pub(crate) async fn logout(
    State(state): State<AppState>,
    session: HostedSession,
    Query(params): Query<LogoutParams>,
) -> Response {
    run(&state, &session, params).await
}

/// `POST /oidc/logout` (section 2). A form that another site posts comes without the session's cookie:
/// the browser is sent here once more, which brings it.
pub(crate) async fn logout_by_form(
    State(state): State<AppState>,
    session: HostedSession,
    Form(params): Form<LogoutParams>,
) -> Response {
    match session.browser().await {
        Ok(browser) if browser.sign_in.is_none() => {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params.pairs()).finish();
            Redirect::to(&format!("/oidc/logout?{query}")).into_response()
        }
        Ok(_) => run(&state, &session, params).await,
        Err(error) => answer::failed(&state, session.request_id(), &error),
    }
}

async fn run(state: &AppState, session: &HostedSession, params: LogoutParams) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        let decided = state.oidc.logout(&params, &browser).await?;
        if let Logout::Now(_) = decided {
            end(state, session).await?;
        }
        Ok::<_, PageError>(decided)
    };
    match outcome.await {
        Ok(Logout::Now(then)) => done(state, then),
        Ok(Logout::Ask { person, client_id }) => {
            let field = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
            let wanted = params.post_logout_redirect_uri.or(params.return_to);
            let fields = [
                field("client_id", client_id),
                field("post_logout_redirect_uri", wanted),
                field("state", params.state),
            ];
            let page = ConfirmSignOutPage { person, fields: fields.into_iter().flatten().collect() };
            answer::html(StatusCode::OK, page.render(&answer::frame(state)))
        }
        Err(error) => answer::failed(state, session.request_id(), &error),
    }
}

/// `POST /u/sign-out`: the person confirmed.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    session: HostedSession,
    Form(params): Form<LogoutParams>,
) -> Response {
    let outcome = async {
        let wanted = params.post_logout_redirect_uri.as_deref();
        let then = match wanted {
            Some(uri) => {
                let (client_id, state_value) = (params.client_id.as_deref(), params.state.as_deref());
                Some(state.oidc.allowed_return(client_id, uri, state_value).await?)
            }
            None => None,
        };
        end(&state, &session).await?;
        Ok::<_, PageError>(then)
    };
    match outcome.await {
        Ok(then) => done(&state, then),
        Err(error) => answer::failed(&state, session.request_id(), &error),
    }
}

async fn end(state: &AppState, session: &HostedSession) -> Result<(), PageError> {
    let browser = session.browser().await?;
    state.oidc.signed_out(&browser).await?;
    session.sign_out().await
}

fn done(state: &AppState, then: Option<Url>) -> Response {
    match then {
        Some(url) => Redirect::to(url.as_str()).into_response(),
        None => answer::html(StatusCode::OK, SignedOutPage { return_to: None }.render(&answer::frame(state))),
    }
}
