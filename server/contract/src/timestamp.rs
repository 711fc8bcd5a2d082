//! An instant, as the database, the wire and the dashboard exchange it.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970-01-01T00:00:00Z. Serialized as that number; shown as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since the Unix epoch (`NumericDate` of RFC 7519).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant, `seconds` later (earlier when negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// This instant, `millis` later (earlier when negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// `2026-01-31T12:00:00Z`, in UTC. Instants outside the years 0 to 9999 show as their number.
    pub fn rfc3339(self) -> String {
        self.utc().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| self.0.to_string())
    }

    /// What [`Self::rfc3339`] wrote, or somebody else.
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }

    /// `31 Jan 2026, 12:00 UTC`: for people.
    pub fn readable(self) -> String {
        const SHAPE: &[time::format_description::BorrowedFormatItem<'_>] = time::macros::format_description!(
            "[day padding:none] [month repr:short] [year], [hour]:[minute] UTC"
        );
        self.utc().and_then(|at| at.format(SHAPE).ok()).unwrap_or_else(|| self.0.to_string())
    }

    /// `31 Jan`, in UTC.
    pub fn day(self) -> String {
        const SHAPE: &[time::format_description::BorrowedFormatItem<'_>] =
            time::macros::format_description!("[day padding:none] [month repr:short]");
        self.utc().and_then(|at| at.format(SHAPE).ok()).unwrap_or_else(|| self.0.to_string())
    }

    fn utc(self) -> Option<OffsetDateTime> {
        UtcDateTime::from_unix_timestamp(self.seconds()).ok().map(Into::into)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_as_rfc3339_and_in_words() {
        let at = Timestamp::from_seconds(1_767_225_600);
        assert_eq!(at.rfc3339(), "2026-01-01T00:00:00Z");
        assert_eq!(at.readable(), "1 Jan 2026, 00:00 UTC");
        assert_eq!(Timestamp::parse("2026-01-01T01:00:00+01:00"), Some(at));
        assert_eq!(Timestamp::parse("2026-01-01"), None);
    }
}
