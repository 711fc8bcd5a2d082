//! The provider's API: notes, with a bearer token (RFC 6750). Coffer is not in between.

use coffer_crypto::Secret;
use coffer_providers::Provider;
use http::{
    Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use openidconnect::HttpRequest;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Agent,
    problem::{Mend, Problem},
    story::Told,
    trace::{Trace, short},
};

/// Longest note, in characters, as the API has it.
pub(super) const LONGEST_NOTE: usize = 1000;

/// A note.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Note {
    pub(super) text: String,
}

#[derive(Deserialize)]
struct Notes {
    notes: Vec<Note>,
}

impl Agent {
    /// The person's notes.
    pub(super) async fn notes(&self, token: &Secret) -> Told<Vec<Note>> {
        let (trace, answer) = self.call(Method::GET, token, None).await;
        let outcome = answer.and_then(|body| {
            let notes: Result<Notes, _> = serde_json::from_slice(&body);
            notes
                .map(|notes| notes.notes)
                .map_err(|_| Problem::new("The API's answer has no notes.", Mend::Again))
        });
        Told { outcome, trace }
    }

    /// Writes a note, and lists them all.
    pub(super) async fn write_note(&self, token: &Secret, text: &str) -> Told<Vec<Note>> {
        let (written, answer) = self.call(Method::POST, token, Some(text)).await;
        match answer {
            Ok(_) => {
                let Told { outcome, trace } = self.notes(token).await;
                Told { outcome, trace: written.then(&trace) }
            }
            Err(problem) => Told { outcome: Err(problem), trace: written },
        }
    }

    async fn call(
        &self,
        method: Method,
        token: &Secret,
        text: Option<&str>,
    ) -> (Trace, Result<Vec<u8>, Problem>) {
        let url = format!("{}/{}/api/notes", self.providers.base(), Provider::Sandbox.host());
        let trace = Trace::of(method.as_str(), &url)
            .line("authorization", &format!("Bearer {}", short(token.reveal())));
        let trace = match text {
            Some(_) => trace.line("text", "(the note)"),
            None => trace,
        };
        let request: Result<HttpRequest, _> = http::Request::builder()
            .method(method)
            .uri(&url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", token.reveal()))
            .header(CONTENT_TYPE, "application/json")
            .body(text.map(|text| json!({"text": text}).to_string().into_bytes()).unwrap_or_default());
        let Ok(request) = request else {
            let problem =
                Problem::new("The token cannot be sent: it has characters that no token has.", Mend::Again);
            return (trace, Err(problem));
        };
        match self.outbound.send(request).await {
            Err(error) => (trace.unanswered(&error.to_string()), Err(Problem::provider(error))),
            Ok(answer) if answer.status().is_success() => {
                (trace.status(answer.status()), Ok(answer.into_body()))
            }
            Ok(answer) => {
                let members: Map<String, Value> = serde_json::from_slice(answer.body()).unwrap_or_default();
                let problem = refused(answer.status(), &members);
                (trace.status(answer.status()).members(&members), Err(problem))
            }
        }
    }
}

/// RFC 6750 section 3.1.
fn refused(status: StatusCode, answer: &Map<String, Value>) -> Problem {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let words = match text("error") {
        Some("invalid_token") => "The provider does not take this token any more.",
        Some("insufficient_scope") => "The token does not allow that: you did not consent to this scope.",
        _ => "The API refused the request.",
    };
    let mut problem = Problem::new(words, Mend::Again);
    problem.code = Some(text("error").map_or_else(|| status.to_string(), super::trace::tidy));
    problem.said = text("error_description").map(super::trace::tidy);
    problem
}
