//! Telling somebody something, over the same guarded way out.

use url::{Url, form_urlencoded};

use crate::{Federation, error::OutboundError};

/// What came of it. Any status is an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The beginning of the body.
    pub beginning: String,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl Federation {
    /// Posts JSON, with further headers. No redirect is followed, and no more than the answer's beginning is
    /// read.
    pub async fn notify(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        json: String,
    ) -> Result<Answer, OutboundError> {
        self.outbound.notify(url, headers, "application/json", json).await
    }

    /// Posts a form, in the same way.
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Answer, OutboundError> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.outbound.notify(url, &[], "application/x-www-form-urlencoded", form).await
    }
}

/// Longest part of an answer that is looked at, in bytes.
pub(crate) const BEGINNING: usize = 512;

/// The beginning of a body as text that can be shown: one line, no control characters.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
