//! Pages for end users: plain HTML and forms, no script but the one that carries an answer to a window.

mod answer;
mod authorize;
mod connect;
mod consent;
mod device;
mod logout;
mod my_account;
mod sign_in;
mod trial;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_app::hosted::ErrorPage;

use crate::AppState;

pub(crate) use answer::failed;
pub(crate) use authorize::{authorize, authorize_by_form};
pub(crate) use connect::{connect_page, decide_connect, open_ticket};
pub(crate) use consent::{consent_page, decide};
pub(crate) use device::{activate, activate_page};
pub(crate) use logout::{logout, logout_by_form, sign_out};
pub(crate) use my_account::{disconnect, my_account, reconnect, sign_in_to_my_account, sign_out_everywhere};
pub(crate) use sign_in::{callback, choose, identify, own_callback, sign_in_page};
pub(crate) use trial::open_try;

/// Whatever no endpoint answers.
pub(crate) async fn not_found(State(state): State<AppState>) -> Response {
    let page = ErrorPage {
        title: "Page not found".into(),
        message: "There is nothing at this address.".into(),
        code: None,
        reference: None,
    };
    answer::html(StatusCode::NOT_FOUND, page.render(&answer::frame(&state)))
}
