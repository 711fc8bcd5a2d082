//! The token vault's grant: Coffer's refresh token for the provider's access token, as the wire contract
//! has it. No OAuth library knows this grant, so the request is put together here.

use coffer_core::Scopes;
use coffer_crypto::Secret;
use http::{
    Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use openidconnect::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

use super::{
    Adopted, Agent,
    outbound::NoAnswer,
    problem::Problem,
    story::{Held, Told},
    trace::Trace,
};

const GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const SUBJECT_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const REQUESTED_TYPE: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

impl Agent {
    /// Asks the vault for the provider's access token.
    pub(super) async fn exchange(&self, adopted: &Adopted, refresh_token: &Secret) -> Told<Held> {
        let url = self.at("oauth/token");
        let trace = Trace::of("POST", &url)
            .line("grant_type", GRANT)
            .line("subject_token_type", SUBJECT_TYPE)
            .secret("subject_token", refresh_token)
            .line("requested_token_type", REQUESTED_TYPE)
            .line("connection", &adopted.connection)
            .line("client_id", &adopted.client_id)
            .line("client_secret", "(the agent's secret)");
        let params = [
            ("grant_type", GRANT),
            ("subject_token_type", SUBJECT_TYPE),
            ("subject_token", refresh_token.reveal()),
            ("requested_token_type", REQUESTED_TYPE),
            ("connection", &adopted.connection),
        ];
        let answer = match self.post(&url, adopted, &params).await {
            Ok(answer) => answer,
            Err(error) => {
                let trace = trace.unanswered(&error.to_string());
                return Told { outcome: Err(Problem::coffer(error)), trace };
            }
        };
        let members: Map<String, Value> = serde_json::from_slice(answer.body()).unwrap_or_default();
        let trace = trace.status(answer.status()).members(&members);
        let outcome = match members.get("access_token").and_then(Value::as_str) {
            Some(token) if answer.status().is_success() => Ok(self.held(token, &members)),
            _ => Err(Problem::of_answer(&members)),
        };
        Told { outcome, trace }
    }

    fn held(&self, token: &str, answer: &Map<String, Value>) -> Held {
        let lives = answer.get("expires_in").and_then(Value::as_i64);
        Held {
            token: Secret::new(token),
            scopes: Scopes::parse(answer.get("scope").and_then(Value::as_str).unwrap_or(""), false),
            lives,
            ends: lives.map(|seconds| self.now().plus_seconds(seconds)),
            account: self.providers.account(coffer_providers::Provider::Sandbox, token),
        }
    }

    /// Gives Coffer's refresh token back (RFC 7009). Best effort: the person is signed out here either way.
    pub(super) async fn give_back(&self, adopted: &Adopted, refresh_token: &Secret) {
        let params = [("token", refresh_token.reveal()), ("token_type_hint", "refresh_token")];
        match self.post(&self.at("oauth/revoke"), adopted, &params).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                tracing::info!(status = %answer.status(), "Coffer did not take its refresh token back")
            }
            Err(error) => tracing::info!(%error, "Coffer did not take its refresh token back"),
        }
    }

    /// A form, with client authentication in it (`client_secret_post`).
    async fn post(
        &self,
        url: &str,
        adopted: &Adopted,
        params: &[(&str, &str)],
    ) -> Result<HttpResponse, NoAnswer> {
        let body = Serializer::new(String::new())
            .extend_pairs(params)
            .append_pair("client_id", &adopted.client_id)
            .append_pair("client_secret", adopted.client_secret.reveal())
            .finish();
        let request: Result<HttpRequest, _> = http::Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes());
        self.outbound.send(request.map_err(|_| NoAnswer::Broken)?).await
    }
}
