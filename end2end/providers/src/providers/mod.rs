//! The providers, one file each.

mod box_com;
mod github;
mod google;
mod microsoft;
mod sandbox;
mod slack;

use axum::response::Response;

use crate::{Provider, call::Call};

pub(crate) async fn serve(call: &Call) -> Response {
    let reply = match call.provider {
        Provider::Google => google::serve(call),
        Provider::Microsoft => microsoft::serve(call),
        Provider::GitHub => github::serve(call),
        Provider::Slack => slack::serve(call),
        Provider::Box => box_com::serve(call),
        Provider::Sandbox => sandbox::serve(call).await,
    };
    reply.unwrap_or_else(Response::from)
}
