//! Signing in through Coffer (OpenID Connect Core section 3.1, with PKCE: RFC 7636).

use coffer_core::rng;
use coffer_crypto::Secret;
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, Scope,
    core::{CoreAuthPrompt, CoreResponseType, CoreTokenResponse},
};
use serde_json::{Map, Value};
use url::Url;

use super::{
    Adopted, Agent,
    coffer::failed,
    problem::{Mend, Problem},
    sessions::Pending,
    story::{SignedIn, Story},
    trace::{Trace, short},
};

/// What is asked for beside `openid`: the last brings Coffer's refresh token.
const SCOPES: [&str; 3] = ["profile", "email", "offline_access"];

impl Agent {
    /// Where to send the browser, and what its answer is checked against. A sign-in that mends asks
    /// for consent again: Coffer then goes to the provider although it knows the person.
    pub(super) async fn begin(&self, adopted: &Adopted, mends: bool) -> Result<(Url, Pending), Problem> {
        let client = self.client(adopted).await?;
        let secret = || Secret::new(rng::token(self.rng.as_ref()));
        let (state, nonce, verifier) = (secret(), Nonce::new(rng::token(self.rng.as_ref())), secret());
        let challenge = PkceCodeVerifier::new(verifier.reveal().to_owned());
        let (sent_state, sent_nonce) = (CsrfToken::new(state.reveal().to_owned()), nonce.clone());
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                || sent_state,
                || sent_nonce,
            )
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .add_extra_param("connection", adopted.connection.clone())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&challenge));
        if mends {
            request = request.add_prompt(CoreAuthPrompt::Consent);
        }
        let (url, ..) = request.url();
        Ok((url, Pending { state, nonce, verifier, mends, since: self.now() }))
    }

    /// Exchanges the code, and checks the ID token: signature, issuer, audience, times and nonce.
    pub(super) async fn finish(
        &self,
        adopted: &Adopted,
        pending: Pending,
        code: String,
    ) -> Result<SignedIn, Problem> {
        let client = self.client(adopted).await?;
        let trace = self.told(adopted, &pending, &code);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| {
            tracing::warn!(%error, "Coffer's discovery document lacks the token endpoint");
            Problem::new("Coffer's discovery document lacks the token endpoint.", Mend::Again)
        })?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.reveal().to_owned()));
        let answer = request.request_async(&self.outbound).await.map_err(failed)?;
        let Some(refresh_token) = answer.refresh_token() else {
            let words = "Coffer handed out no refresh token, and without it the agent cannot use the vault. Allow \
                         the grant “Refresh token” in the agent's settings.";
            return Err(Problem::new(words, Mend::Dashboard));
        };
        let (name, email) = self.person(&client, &answer, &pending.nonce)?;
        let trace = trace.status(http::StatusCode::OK).members(&members(&answer));
        let refresh_token = Secret::new(refresh_token.secret().as_str());
        let mended = pending.mends;
        Ok(SignedIn { name, email, refresh_token, trace, mended, story: Story::default() })
    }

    fn told(&self, adopted: &Adopted, pending: &Pending, code: &str) -> Trace {
        let scope = format!("openid {}", SCOPES.join(" "));
        let authorize = Trace::of("GET", &self.at("authorize"))
            .line("response_type", "code")
            .line("client_id", &adopted.client_id)
            .line("redirect_uri", self.callback.as_str())
            .line("scope", &scope)
            .line("connection", &adopted.connection)
            .secret("state", &pending.state)
            .line("nonce", &short(pending.nonce.secret()))
            .line("code_challenge_method", "S256");
        let authorize = if pending.mends { authorize.line("prompt", "consent") } else { authorize };
        let token = Trace::of("POST", &self.at("oauth/token"))
            .line("grant_type", "authorization_code")
            .line("code", &short(code))
            .secret("code_verifier", &pending.verifier)
            .line("client_id", &adopted.client_id)
            .line("client_secret", "(the agent's secret)");
        authorize.then(&token)
    }
}

fn members(answer: &CoreTokenResponse) -> Map<String, Value> {
    match serde_json::to_value(answer) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
