//! Reading columns: whatever does not fit the domain becomes an error that names table, row and column.

use coffer_contract::Timestamp;
use coffer_core::hex::hex;
use coffer_crypto::TokenHash;
use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

/// The row being read.
pub struct Row {
    table: &'static str,
    key: String,
}

impl Row {
    /// A row with a textual key.
    pub fn new(table: &'static str, key: &str) -> Self {
        Self { table, key: key.to_owned() }
    }

    /// A row whose key is a hash.
    pub fn hashed(table: &'static str, key: &[u8]) -> Self {
        Self { table, key: hex(key) }
    }

    /// The error for `column`.
    pub fn bad(&self, column: &'static str, reason: impl ToString) -> StoreError {
        StoreError::BadRow { table: self.table, column, row: self.key.clone(), reason: reason.to_string() }
    }

    /// A JSON column. The message has serde's position in the text, not the text.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| {
            let (line, at) = (error.line(), error.column());
            self.bad(column, format!("not the expected JSON (line {line}, column {at})"))
        })
    }

    /// A column with one of a few codes.
    pub fn code<T>(
        &self,
        column: &'static str,
        code: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        read(code).ok_or_else(|| self.bad(column, "unknown code"))
    }

    /// A SHA-256 column.
    pub fn hash(&self, column: &'static str, bytes: &[u8]) -> Result<TokenHash, StoreError> {
        TokenHash::from_slice(bytes).ok_or_else(|| self.bad(column, "not 32 bytes"))
    }

    /// A counter that cannot be negative.
    pub fn count(&self, column: &'static str, value: i64) -> Result<i64, StoreError> {
        if value < 0 { Err(self.bad(column, "negative")) } else { Ok(value) }
    }
}

/// JSON for a TEXT column.
pub fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}

/// An optional instant from its column.
pub fn instant(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// An optional instant for its column.
pub fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::millis)
}
