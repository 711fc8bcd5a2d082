//! The person's own page, and what can be done on it.

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use coffer_app::hosted::{
    AccountApplication, AccountCard, ConnectionButton, MyAccountPage, MyAccountSignInPage,
};
use coffer_oidc::{
    error::PageError,
    my_account::{AccountPage, AccountRow, MyAccount},
};
use serde::Deserialize;
use url::Url;

use super::answer;
use crate::{AppState, session::HostedSession};

/// `GET /u/account`
pub(crate) async fn my_account(State(state): State<AppState>, session: HostedSession) -> Response {
    let outcome = async {
        let browser = session.known_browser(&state).await?;
        state.oidc.my_account(&browser).await
    };
    match outcome.await {
        Err(error) => answer::failed(&state, session.request_id(), &error),
        Ok(MyAccount::SignedOut(ways)) => {
            let button = |c: coffer_oidc::pages::Choice| ConnectionButton {
                name: c.name,
                label: c.label,
                strategy: c.strategy,
            };
            let page = MyAccountSignInPage { connections: ways.into_iter().map(button).collect() };
            answer::html(StatusCode::OK, page.render(&answer::frame(&state)))
        }
        Ok(MyAccount::Page(page)) => answer::html(StatusCode::OK, shown(page).render(&answer::frame(&state))),
    }
}

fn shown(page: AccountPage) -> MyAccountPage {
    MyAccountPage {
        person: page.person,
        email: page.email,
        accounts: page.accounts.into_iter().map(card).collect(),
    }
}

fn card(row: AccountRow) -> AccountCard {
    AccountCard {
        id: row.id,
        connection: row.connection,
        label: row.label,
        state: row.state,
        scopes: row.scopes,
        connected_at: row.connected_at,
        applications: row
            .applications
            .into_iter()
            .map(|line| AccountApplication { name: line.name, released_at: line.released_at })
            .collect(),
    }
}

/// What the page's forms send.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    connection: String,
    #[serde(default)]
    account: String,
}

/// `POST /u/account/sign-in`
pub(crate) async fn sign_in_to_my_account(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Wanted>,
) -> Response {
    let outcome = async {
        let browser = session.known_browser(&state).await?;
        state.oidc.sign_in_to_my_account(&form.connection, &browser).await
    };
    away(&state, &session, outcome.await)
}

/// `POST /u/account/reconnect`
pub(crate) async fn reconnect(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Wanted>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.reconnect(&form.account, &browser).await
    };
    away(&state, &session, outcome.await)
}

fn away(state: &AppState, session: &HostedSession, outcome: Result<Url, PageError>) -> Response {
    match outcome {
        Ok(url) => Redirect::to(url.as_str()).into_response(),
        Err(error) => answer::failed(state, session.request_id(), &error),
    }
}

/// `POST /u/account/disconnect`
pub(crate) async fn disconnect(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Wanted>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.disconnect(&form.account, &browser).await
    };
    back(&state, &session, outcome.await)
}

/// `POST /u/account/sign-out-everywhere`
pub(crate) async fn sign_out_everywhere(State(state): State<AppState>, session: HostedSession) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.sign_out_everywhere(&browser).await?;
        session.sign_out().await
    };
    back(&state, &session, outcome.await)
}

fn back(state: &AppState, session: &HostedSession, outcome: Result<(), PageError>) -> Response {
    match outcome {
        Ok(()) => Redirect::to(answer::MY_ACCOUNT).into_response(),
        Err(error) => answer::failed(state, session.request_id(), &error),
    }
}
