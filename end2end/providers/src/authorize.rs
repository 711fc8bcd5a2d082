//! The authorization endpoint (RFC 6749 section 4.1.1), as far as the providers agree on it.

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use coffer_core::Scopes;
use url::Url;

use crate::{
    Grant, Pkce, Provider, Settings, answer,
    call::Call,
    pages::{self, Question},
    params::Params,
    person,
    pkce::Challenge,
    place::{GrantId, Place, RedirectError},
    tokens::Code,
};

/// The cookie that remembers who signed in.
const COOKIE: &str = "account";

/// An authorization request whose client and redirect URI are right.
pub(crate) struct Ask<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) query: &'a Params,
    pub(crate) scopes: Scopes,
    /// Slack: what is asked for the bot.
    pub(crate) bot_scopes: Scopes,
}

/// What a person's consent comes to.
pub(crate) struct Consent {
    pub(crate) grant: GrantId,
    /// What the tokens will have.
    pub(crate) scopes: Scopes,
    /// Whether there will be a refresh token.
    pub(crate) refresh: bool,
}

/// In what a provider differs from the others.
pub(crate) trait Front {
    /// What codes begin with.
    const CODE: &'static str;
    /// Seconds that codes live.
    const CODE_SECONDS: i64;
    /// Whether `response_type=code` must be said.
    const RESPONSE_TYPE: bool = true;
    /// Whether `plain` challenges are taken.
    const PLAIN: bool = false;
    /// The parameter that suggests an account.
    const HINT: &'static str = "login_hint";
    /// `error_description` when the person denied.
    const DENIED: Option<&'static str> = None;

    /// The scopes in `query`, for the person and for the bot.
    fn scopes(&self, _: &Settings, query: &Params) -> Result<(Scopes, Scopes), &'static str> {
        Ok((Scopes::parse(query.get("scope").unwrap_or(""), false), Scopes::default()))
    }

    /// What is done with a `code_challenge`.
    fn pkce(&self, _: &Settings) -> Pkce {
        Pkce::Optional
    }

    /// Title and text of the page that says that the redirect URI is wrong.
    fn mismatch(&self, client_id: &str, uri: &str) -> (String, String);

    /// Takes note of a person's consent.
    fn consent(&self, place: &mut Place, ask: &Ask<'_>, account: &str) -> Consent {
        Consent { grant: anew(place, ask, account, None), scopes: ask.scopes.clone(), refresh: true }
    }

    /// More parameters of the answer.
    fn extra(&self, _: &Call) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A grant for this request alone.
pub(crate) fn anew(place: &mut Place, ask: &Ask<'_>, account: &str, tenant: Option<String>) -> GrantId {
    place.consent(Grant {
        account: account.to_owned(),
        client_id: ask.client_id.to_owned(),
        scopes: ask.scopes.iter().chain(ask.bot_scopes.iter()).collect(),
        tenant,
        alive: true,
    })
}

/// Where the answer goes.
struct Back<'a> {
    call: &'a Call,
    uri: &'a str,
}

impl Back<'_> {
    fn to(&self, params: &[(&str, &str)]) -> Response {
        let Ok(mut url) = Url::parse(self.uri) else { return answer::not_found() };
        url.query_pairs_mut().extend_pairs(params);
        if let Some(state) = self.call.query.get("state") {
            url.query_pairs_mut().append_pair("state", state);
        }
        answer::see_other(url.as_str())
    }

    fn error(&self, code: &str, description: Option<&str>) -> Response {
        let description = description.map(|text| ("error_description", text));
        self.to(&[("error", code)].into_iter().chain(description).collect::<Vec<_>>())
    }
}

/// Serves the endpoint: `GET` asks the person, `POST` has the person's answer.
pub(crate) fn serve<F: Front>(call: &Call, front: &F) -> Response {
    let Some(client_id) = call.query.get("client_id") else {
        return pages::error(call, StatusCode::BAD_REQUEST, "invalid_request", "client_id is missing.");
    };
    let asked = call.query.get("redirect_uri");
    let uri = match call.place(|place| place.redirect_uri(client_id, asked)) {
        Ok(uri) => uri,
        Err(RedirectError::Missing) => {
            return pages::error(
                call,
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "redirect_uri is missing.",
            );
        }
        Err(RedirectError::Mismatch) => {
            let (title, text) = front.mismatch(client_id, asked.unwrap_or(""));
            return pages::error(call, StatusCode::BAD_REQUEST, &title, &text);
        }
    };
    let back = Back { call, uri: &uri };
    let settings = call.place(|place| place.settings.clone());
    if F::RESPONSE_TYPE && call.query.get("response_type") != Some("code") {
        return back.error("unsupported_response_type", Some("response_type must be code."));
    }
    let challenge = match Challenge::read(&call.query, front.pkce(&settings), F::PLAIN) {
        Ok(challenge) => challenge,
        Err(what) => return back.error("invalid_request", Some(what)),
    };
    let (scopes, bot_scopes) = match front.scopes(&settings, &call.query) {
        Ok(scopes) => scopes,
        Err(what) => return back.error("invalid_scope", Some(what)),
    };
    let ask = Ask { client_id, query: &call.query, scopes, bot_scopes };
    let remembered = call.cookie(COOKIE).and_then(person::account);
    if call.query.get("prompt") == Some("none") {
        let known = remembered.filter(|account| stands(call, &ask, account));
        return match known {
            Some(account) => allow(&back, front, &settings, ask, challenge, &account),
            None => back.error("interaction_required", None),
        };
    }
    if call.method == "POST" && call.form.get("decision") == Some("deny") {
        return back.error("access_denied", F::DENIED);
    }
    let typed = call.form.get("account");
    match (call.method.as_str(), typed.map(person::account)) {
        ("POST", Some(Some(account))) => allow(&back, front, &settings, ask, challenge, &account),
        _ => {
            let hint = call.query.get(F::HINT).and_then(person::account);
            let other = call.query.get("prompt").is_some_and(|prompt| prompt.contains("select_account"));
            let account = hint.or(remembered.filter(|_| !other)).unwrap_or_default();
            let wrong = call.method == "POST";
            pages::question(call, &Question { ask: &ask, redirect_uri: &uri, account: &account, wrong })
        }
    }
}

/// Whether `account` consented to all of this before.
fn stands(call: &Call, ask: &Ask<'_>, account: &str) -> bool {
    call.place(|place| {
        let standing = place.standing(ask.client_id, account);
        standing.is_some_and(|grant| ask.scopes.is_subset(&place.grant(grant).scopes))
    })
}

fn allow<F: Front>(
    back: &Back<'_>,
    front: &F,
    settings: &Settings,
    mut ask: Ask<'_>,
    challenge: Option<Challenge>,
    account: &str,
) -> Response {
    let call = back.call;
    if let Some(most) = &settings.granted {
        let fewer = |scopes: &Scopes| scopes.iter().filter(|s| most.iter().any(|m| m == s)).collect();
        (ask.scopes, ask.bot_scopes) = (fewer(&ask.scopes), fewer(&ask.bot_scopes));
    }
    let (text, now) = (call.secret(F::CODE), call.now());
    call.place(|place| {
        let consent = front.consent(place, &ask, account);
        let code = Code {
            grant: consent.grant,
            redirect_uri: ask.query.get("redirect_uri").map(str::to_owned),
            scopes: consent.scopes,
            bot_scopes: ask.bot_scopes,
            nonce: ask.query.get("nonce").map(str::to_owned),
            challenge,
            refresh: consent.refresh && settings.refresh_tokens,
            issued_at: now,
            expires_at: now.plus_seconds(F::CODE_SECONDS),
            used: false,
        };
        place.codes.insert(text.clone(), code);
    });
    let extra = front.extra(call);
    let mut params = vec![("code", text.as_str())];
    params.extend(extra.iter().map(|(name, value)| (*name, value.as_str())));
    answer::with(back.to(&params), header::SET_COOKIE, &cookie(call.provider, &call.host, account))
}

/// Each provider has its own, as they would under their real hosts.
fn cookie(provider: Provider, host: &str, account: &str) -> String {
    debug_assert!(provider.hosts().contains(&host));
    format!("{COOKIE}={account}; Path=/{host}/; HttpOnly; SameSite=Lax; Max-Age=86400")
}
