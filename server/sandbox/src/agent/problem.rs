//! What can go wrong, in words, with what mends it.

use serde_json::{Map, Value};

use super::{outbound::NoAnswer, trace::tidy};

/// What a person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// Wait, or start what is down, and do it again.
    Again,
    /// Sign in once more, with consent at the provider.
    SignIn,
    /// Set the sandbox up from the dashboard.
    SetUp,
    /// Change something in the dashboard, as the words say.
    Dashboard,
}

/// Why something did not work.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) words: String,
    /// The error code of the protocol, from outside.
    pub(super) code: Option<String>,
    /// What the other side said, from outside.
    pub(super) said: Option<String>,
    pub(super) mend: Mend,
}

impl Problem {
    pub(super) fn new(words: impl Into<String>, mend: Mend) -> Self {
        Self { words: words.into(), code: None, said: None, mend }
    }

    /// Coffer is not there.
    pub(super) fn coffer(error: NoAnswer) -> Self {
        Self::new(format!("Coffer did not answer: {error}. Is it running?"), Mend::Again)
    }

    /// The sandbox provider is not there.
    pub(super) fn provider(error: NoAnswer) -> Self {
        Self::new(format!("The sandbox provider did not answer: {error}."), Mend::Again)
    }

    /// An error answer of Coffer's token or authorization endpoint (the wire contract's table).
    pub(super) fn refused(code: &str, description: Option<&str>) -> Self {
        let (words, mend) = match code {
            "federated_connection_refresh_token_not_found" => (
                "The vault has no usable refresh token of yours any more, because the provider took the access \
                 back or forgot it. Only you can give it again.",
                Mend::SignIn,
            ),
            "invalid_grant" => (
                "Coffer does not accept the agent's proof any more: the sign-in is over, or was used before.",
                Mend::SignIn,
            ),
            "invalid_client" => {
                ("Coffer does not know this agent, or the agent's secret has been replaced.", Mend::SetUp)
            }
            "unauthorized_client" => (
                "The agent may not do that. Look at Applications > Settings > Grants in the dashboard.",
                Mend::Dashboard,
            ),
            "invalid_request" | "invalid_scope" | "invalid_target" => (
                "Coffer refused the request. What it says tells what to change in the dashboard.",
                Mend::Dashboard,
            ),
            "access_denied" => ("The access was not allowed, so the agent can do nothing.", Mend::Again),
            "temporarily_unavailable" => (
                "The provider is not answering just now. Nothing is lost: try again in a moment.",
                Mend::Again,
            ),
            _ => ("Something went wrong at Coffer. Its log says what.", Mend::Again),
        };
        let said = description.map(tidy).filter(|text| !text.is_empty());
        Self { words: words.into(), code: Some(tidy(code)), said, mend }
    }

    /// The same, from an answer's members.
    pub(super) fn of_answer(answer: &Map<String, Value>) -> Self {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        match text("error") {
            Some(code) => Self::refused(code, text("error_description")),
            None => Self::new("Coffer's answer was not what it should be. Its log may say why.", Mend::Again),
        }
    }
}
