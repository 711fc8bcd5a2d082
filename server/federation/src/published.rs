//! Documents that applications publish about themselves: client id metadata documents, and their public
//! keys. Fetched through the guarded way out, and kept for as long as they say, within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use coffer_core::Timestamp;
use http::{
    HeaderMap,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::{Federation, OutboundError};

/// Longest document that is read, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;
/// Shortest and longest time for which a document is kept, in seconds; and that for one which does not say.
const KEEP: (i64, i64, i64) = (60, 24 * 3600, 3600);
/// Seconds after which a document is fetched again for somebody who needs it new, or who could not get it.
const AGAIN_SECONDS: i64 = 30;
/// Most documents kept at once: strangers choose their addresses.
const MOST: usize = 1000;

/// Why a document cannot be had.
#[derive(Clone, Debug, Error)]
pub enum PublishedError {
    /// The network.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Another status than 200.
    #[error("{host} answered with status {status}")]
    Status {
        /// The host's name.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// Not a JSON document.
    #[error("what {0} answered is not a JSON object of the type application/json")]
    Format(String),
}

struct Entry {
    at: Timestamp,
    until: Timestamp,
    found: Result<Arc<Value>, PublishedError>,
}

/// What was fetched lately.
#[derive(Default)]
pub(crate) struct Published(Mutex<HashMap<String, Entry>>);

impl Published {
    fn get(&self, url: &Url, now: Timestamp, fresh: bool) -> Option<Result<Arc<Value>, PublishedError>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = cache.get(url.as_str())?;
        let stale = fresh && now >= entry.at.plus_seconds(AGAIN_SECONDS);
        (now < entry.until && !stale).then(|| entry.found.clone())
    }

    fn put(&self, url: &Url, entry: Entry) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MOST && !cache.contains_key(url.as_str()) {
            let now = entry.at;
            cache.retain(|_, kept| now < kept.until);
            if cache.len() >= MOST
                && let Some(oldest) = cache.iter().min_by_key(|(_, kept)| kept.at).map(|(url, _)| url.clone())
            {
                cache.remove(&oldest);
            }
        }
        cache.insert(url.to_string(), entry);
    }
}

impl Federation {
    /// The JSON document at `url`. `fresh` asks for it anew, though not all the time.
    pub async fn published(&self, url: &Url, fresh: bool) -> Result<Arc<Value>, PublishedError> {
        let now = self.clock.now();
        if let Some(found) = self.published.get(url, now, fresh) {
            return found;
        }
        let (found, seconds) = match self.fetch_published(url).await {
            Ok((value, seconds)) => (Ok(Arc::new(value)), seconds),
            Err(error) => (Err(error), AGAIN_SECONDS),
        };
        let entry = Entry { at: now, until: now.plus_seconds(seconds), found: found.clone() };
        self.published.put(url, entry);
        found
    }

    async fn fetch_published(&self, url: &Url) -> Result<(Value, i64), PublishedError> {
        let answer = self.outbound.document(url, LONGEST).await?;
        let host = || url.host_str().unwrap_or_default().to_owned();
        if answer.status().as_u16() != 200 {
            return Err(PublishedError::Status { host: host(), status: answer.status().as_u16() });
        }
        let value = serde_json::from_slice::<Value>(answer.body()).ok();
        let value = value.filter(|value| value.is_object() && is_json(answer.headers()));
        Ok((value.ok_or_else(|| PublishedError::Format(host()))?, keep_for(answer.headers())))
    }
}

/// `application/json`, or another type with its structure (RFC 6839 section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// Seconds for which the answer may be kept (RFC 9111 section 5.2.2), within bounds.
fn keep_for(headers: &HeaderMap) -> i64 {
    let (shortest, longest, usual) = KEEP;
    let control = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut seconds = usual;
    for directive in control.split(',').map(|part| part.trim().to_ascii_lowercase()) {
        match directive.split_once('=') {
            None if matches!(directive.as_str(), "no-store" | "no-cache") => return shortest,
            Some(("max-age", age)) => seconds = age.trim_matches('"').parse().unwrap_or(0),
            _ => {}
        }
    }
    seconds.clamp(shortest, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_document_is_kept_as_long_as_it_says_within_bounds() {
        let keep = |control: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, control.parse().unwrap());
            keep_for(&headers)
        };
        assert_eq!(keep_for(&HeaderMap::new()), 3600);
        assert_eq!(keep("public, max-age=600"), 600);
        assert_eq!(keep("max-age=0"), 60);
        assert_eq!(keep("max-age=x"), 60);
        assert_eq!(keep("no-store, max-age=600"), 60);
        assert_eq!(keep("max-age=99999999"), 24 * 3600);
    }

    #[test]
    fn the_cache_does_not_grow_without_end() {
        let cache = Published::default();
        let url = |n: usize| Url::parse(&format!("https://app.example/{n}")).unwrap();
        for n in 0..MOST + 5 {
            let seconds = i64::try_from(n).unwrap();
            let found = Ok(Arc::new(Value::Null));
            cache.put(&url(n), Entry { at: at(seconds), until: at(1_000_000), found });
        }
        assert_eq!(cache.0.lock().unwrap().len(), MOST);
        assert!(cache.get(&url(0), at(2000), false).is_none(), "the oldest went");
        assert!(cache.get(&url(MOST), at(2000), false).is_some());
        assert!(cache.get(&url(MOST), at(2000), true).is_none(), "fresh means fetched again");
    }
}
