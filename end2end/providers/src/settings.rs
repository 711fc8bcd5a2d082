//! What can be changed of a provider while it runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::Provider;

/// How a provider answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As it should.
    #[default]
    Up,
    /// 503 to everything.
    Down,
    /// As it should, after so many milliseconds.
    Slow(u64),
    /// The connection ends, and nothing was done.
    Cut,
    /// A refresh is done, and the connection ends before its answer; all else works.
    CutAfterRotation,
}

/// What a refresh does to the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It stays; answers bring none.
    Never,
    /// A new one comes, and the old one stays usable.
    Rolling,
    /// A new one comes, and the old one ends.
    SingleUse,
    /// As single use, and an old one that is sent again ends the whole grant (RFC 9700 section 4.14.2).
    EndsChain,
}

/// Which client authentication a token endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// `client_secret_basic` and `client_secret_post`, whichever comes.
    Any,
    /// `client_secret_basic` alone.
    Basic,
    /// `client_secret_post` alone.
    Post,
    /// `private_key_jwt` alone (RFC 7523).
    PrivateKeyJwt,
}

/// What is done with a `code_challenge` (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// There must be one.
    Required,
    /// Checked where there is one.
    Optional,
    /// Not looked at.
    Ignored,
    /// A request with one is refused.
    Refused,
}

/// What the token endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// Forms, as in RFC 6749.
    Form,
    /// JSON and nothing else.
    Json,
}

/// Everything that can be changed. [`Settings::of`] says what each provider begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How it answers.
    pub mode: Mode,
    /// Seconds that new access tokens live; they do not end without it.
    pub access_seconds: Option<i64>,
    /// Seconds that new refresh tokens live; they do not end without it.
    pub refresh_seconds: Option<i64>,
    /// What a refresh does to the refresh token. For Slack, `never` means that token rotation is off:
    /// tokens do not end, and there are no refresh tokens.
    pub rotation: Rotation,
    /// Whether refresh tokens are handed out at all.
    pub refresh_tokens: bool,
    /// At most these scopes are granted, whatever is asked.
    pub granted: Option<Vec<String>>,
    /// The secret of clients that nobody registered.
    pub client_secret: String,
    /// Google: the consent screen is in testing, so refresh tokens end after seven days.
    pub testing: bool,
    /// GitHub: a GitHub App, whose tokens end and are refreshed, instead of an OAuth app.
    pub github_app: bool,
    /// Sandbox: client authentication.
    pub authentication: Authentication,
    /// Sandbox: where the clients' public keys are, for `private_key_jwt`.
    pub jwks_url: Option<String>,
    /// Sandbox: what the token endpoint takes.
    pub token_body: TokenBody,
    /// Sandbox: a header, with its value, that token requests must have.
    pub required_header: Option<(String, String)>,
    /// Sandbox: what is done with a `code_challenge`.
    pub pkce: Pkce,
    /// Sandbox: scopes are separated by commas, in requests and in answers.
    pub comma_scopes: bool,
    /// Sandbox: a refresh that asks for fewer scopes gets a token with fewer (RFC 6749 section 6).
    pub narrows: bool,
    /// Sandbox: user info is `{"data": {"user": {"uid", "display", "mail"}}}`.
    pub opaque_user_info: bool,
}

/// Settings that were refused.
#[derive(Debug, Error)]
#[error("settings: {0}")]
pub struct SettingsError(#[from] serde_json::Error);

const DAY: i64 = 24 * 3600;

impl Settings {
    /// What `provider` begins with: the numbers of its documentation.
    pub fn of(provider: Provider) -> Self {
        let (access, refresh, rotation) = match provider {
            Provider::Google => (3599, None, Rotation::Never),
            // Refresh tokens end after 90 days without use:
            // https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens
            Provider::Microsoft => (3599, Some(90 * DAY), Rotation::Rolling),
            Provider::GitHub => (28_800, Some(15_897_600), Rotation::SingleUse),
            Provider::Slack => (43_200, None, Rotation::Never),
            Provider::Box => (3600, Some(60 * DAY), Rotation::EndsChain),
            Provider::Sandbox => (3600, Some(30 * DAY), Rotation::EndsChain),
        };
        Self {
            mode: Mode::Up,
            access_seconds: Some(access),
            refresh_seconds: refresh,
            rotation,
            refresh_tokens: true,
            granted: None,
            client_secret: "provider-secret".into(),
            testing: false,
            github_app: false,
            authentication: Authentication::Any,
            jwks_url: None,
            token_body: TokenBody::Form,
            required_header: None,
            pkce: Pkce::Required,
            comma_scopes: false,
            narrows: true,
            opaque_user_info: false,
        }
    }

    /// These settings with the members that `patch` has.
    pub(crate) fn patched(&self, patch: &Value) -> Result<Self, SettingsError> {
        let mut all = serde_json::to_value(self)?;
        match (&mut all, patch) {
            (Value::Object(all), Value::Object(patch)) => {
                all.extend(patch.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
            (all, other) => *all = other.clone(),
        }
        Ok(serde_json::from_value(all)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_refuses_what_is_unknown() {
        let settings = Settings::of(Provider::Box);
        let patched = settings.patched(&json!({"mode": {"slow": 5}, "access_seconds": null})).unwrap();
        assert_eq!((patched.mode, patched.access_seconds), (Mode::Slow(5), None));
        assert_eq!(patched.rotation, Rotation::EndsChain);
        settings.patched(&json!({"mood": "up"})).unwrap_err();
        settings.patched(&json!("up")).unwrap_err();
    }
}
