//! Sealing stored values anew under the active key, while serving.

use std::collections::BTreeMap;

use coffer_core::Rng;
use coffer_crypto::{Context, Keyring, OpenError};
use coffer_store::{Store, StoreError};
use thiserror::Error;

/// Values looked at in one go.
const BATCH: u64 = 200;

/// Why values stay under an old key.
#[derive(Debug, Error)]
pub enum ResealError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value does not open.
    #[error("{table}/{row}: {source}")]
    Open {
        /// Table.
        table: &'static str,
        /// Row.
        row: String,
        /// Why.
        source: OpenError,
    },
}

/// How many values each key seals, by key id.
pub async fn count(store: &Store) -> Result<BTreeMap<String, u64>, ResealError> {
    let mut counts = BTreeMap::new();
    let mut after: Option<(&'static str, String)> = None;
    loop {
        let rows = store.seals().page(after.as_ref().map(|(t, r)| (*t, r.as_str())), BATCH).await?;
        let Some(last) = rows.last() else { return Ok(counts) };
        after = Some((last.table, last.row.clone()));
        for row in &rows {
            let id = row.sealed.key_id().map_err(|source| open_error(row.table, &row.row, source))?;
            *counts.entry(id).or_insert(0) += 1;
        }
    }
}

/// Seals every value under the active key. A value that changes meanwhile has been sealed anew
/// by whoever changed it. Returns how many were.
pub async fn run(store: &Store, keyring: &Keyring, rng: &dyn Rng) -> Result<u64, ResealError> {
    let mut done = 0;
    let mut after: Option<(&'static str, String)> = None;
    loop {
        let rows = store.seals().page(after.as_ref().map(|(t, r)| (*t, r.as_str())), BATCH).await?;
        let Some(last) = rows.last() else { return Ok(done) };
        after = Some((last.table, last.row.clone()));
        for row in rows {
            let context = Context { table: row.table, row: &row.row, column: row.column };
            let refused = |source| open_error(row.table, &row.row, source);
            if row.sealed.key_id().map_err(refused)? == keyring.active_id() {
                continue;
            }
            let plain = keyring.open(context, &row.sealed).map_err(refused)?;
            let anew = keyring.seal(rng, context, &plain);
            if store.seals().replace(row.table, &row.row, row.column, &row.sealed, &anew).await? {
                done += 1;
            }
        }
    }
}

fn open_error(table: &'static str, row: &str, source: OpenError) -> ResealError {
    ResealError::Open { table, row: row.to_owned(), source }
}
