//! What went over the wire, in short form: no secret, and of a token no more than how it begins.

use coffer_crypto::Secret;
use http::StatusCode;
use serde_json::{Map, Value};

/// Characters that are shown of a token, after the prefix that says what it is.
const SHOWN: usize = 4;
/// Characters that a token must have left after what is shown.
const HIDDEN: usize = 16;
/// Longest text from outside, in characters.
const LONGEST: usize = 300;

/// How a token begins, and an ellipsis: enough to tell two apart (`cfr_8Xk2…`).
pub(super) fn short(token: &str) -> String {
    // The prefix is lower-case words (`sandbox_at_`); anything else may belong to the secret.
    let words = |c: char| c.is_ascii_lowercase() || c == '_';
    let prefix = token.find(|c| !words(c)).and_then(|end| token[..end].rfind('_')).map_or(0, |at| at + 1);
    let shown = prefix.min(12) + SHOWN;
    match token.chars().count() >= shown + HIDDEN {
        true => token.chars().take(shown).chain(['…']).collect(),
        false => "…".to_owned(),
    }
}

/// Text from outside, as it may be shown: in one line, and not too long.
pub(super) fn tidy(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Requests and their answers, as lines of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(String);

impl Trace {
    /// A request.
    pub(super) fn of(method: &str, url: &str) -> Self {
        Self(format!("{method} {url}\n"))
    }

    pub(super) fn line(mut self, name: &str, value: &str) -> Self {
        self.0 += &format!("  {name}: {value}\n");
        self
    }

    /// A token or the like.
    pub(super) fn secret(self, name: &str, value: &Secret) -> Self {
        self.line(name, &short(value.reveal()))
    }

    /// The answer's status.
    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.0 += &format!("{status}\n");
        self
    }

    /// The members of a JSON answer that say something here; tokens in short.
    pub(super) fn members(self, answer: &Map<String, Value>) -> Self {
        const TOLD: [&str; 8] = [
            "access_token",
            "refresh_token",
            "id_token",
            "token_type",
            "expires_in",
            "scope",
            "error",
            "error_description",
        ];
        TOLD.iter().fold(self, |trace, name| match answer.get(*name) {
            Some(Value::String(token)) if name.ends_with("_token") => trace.line(name, &short(token)),
            Some(Value::String(text)) => trace.line(name, &tidy(text)),
            Some(Value::Number(number)) => trace.line(name, &number.to_string()),
            _ => trace,
        })
    }

    /// That there was no answer.
    pub(super) fn unanswered(mut self, why: &str) -> Self {
        self.0 += &format!("(no answer: {why})\n");
        self
    }

    /// This one and a later one.
    pub(super) fn then(mut self, later: &Self) -> Self {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0 += &later.0;
        self
    }

    pub(super) fn text(&self) -> &str {
        self.0.trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_show_how_they_begin_and_no_more() {
        let random = "8Xk2abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM";
        assert_eq!(short(&format!("cfr_{random}")), "cfr_8Xk2…");
        assert_eq!(short(&format!("sandbox_at_{random}")), "sandbox_at_8Xk2…");
        assert_eq!(short(random), "8Xk2…");
        assert_eq!(short("a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t_8"), "a_b_c_d_e_f_g_h_…");
        assert_eq!(short("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.sig"), "eyJh…");
        assert_eq!(short("hunter2"), "…");
        assert_eq!(short("ümlauteümlauteümlauteümlaute"), "ümla…");
    }
}
