//! Sealing stored values anew under the active key, while serving.

use std::collections::BTreeMap;

use coffer_core::Rng;
use coffer_crypto::{Context, KeyFile, Keyring, OpenError};
use coffer_store::{SealedRow, Store, StoreError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

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

/// A walk over every sealed value, some at a time.
#[derive(Default)]
struct Walk(Option<(&'static str, String)>);

impl Walk {
    /// The next of them; none when there are no more.
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<SealedRow>>, StoreError> {
        let after = self.0.as_ref().map(|(table, row)| (*table, row.as_str()));
        let rows = store.seals().page(after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.0 = Some((last.table, last.row.clone()));
        Ok(Some(rows))
    }
}

/// How many values each key seals, by key id.
pub async fn count(store: &Store) -> Result<BTreeMap<String, u64>, ResealError> {
    let (mut counts, mut walk) = (BTreeMap::new(), Walk::default());
    while let Some(rows) = walk.next(store).await? {
        for row in &rows {
            let id = row.sealed.key_id().map_err(|source| open_error(row.table, &row.row, source))?;
            *counts.entry(id).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// Opens every value. Returns how many there are.
pub async fn open_all(store: &Store, keyring: &Keyring) -> Result<u64, ResealError> {
    let (mut opened, mut walk) = (0, Walk::default());
    while let Some(rows) = walk.next(store).await? {
        for row in &rows {
            let context = Context { table: row.table, row: &row.row, column: row.column };
            let opening = keyring.open(context, &row.sealed).await;
            opening.map_err(|source| open_error(row.table, &row.row, source))?;
            opened += 1;
        }
    }
    Ok(opened)
}

/// A key that is missing among the keys that were read, or another one there, although it seals values: and how many.
pub async fn lost(
    store: &Store,
    known: &KeyFile,
    read: &KeyFile,
) -> Result<Option<(String, u64)>, ResealError> {
    let lost: Vec<_> = known.ids().filter(|id| known.key(id) != read.key(id)).collect();
    if lost.is_empty() {
        return Ok(None);
    }
    let counts = count(store).await?;
    Ok(lost.into_iter().find_map(|id| Some((id.to_owned(), *counts.get(id).filter(|count| **count > 0)?))))
}

/// What one pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Values sealed anew.
    pub done: u64,
    /// Values that do not open.
    pub failed: u64,
}

/// Seals every value under the active key, until `stop`. A value that changes meanwhile has been sealed anew by
/// whoever changed it. What broke off goes on with the next pass: what is done already is passed over.
pub async fn run(
    store: &Store,
    keyring: &Keyring,
    rng: &dyn Rng,
    stop: &CancellationToken,
) -> Result<Pass, ResealError> {
    let counts = count(store).await?;
    let others = counts.iter().filter(|(id, _)| *id != keyring.keys().active_id());
    let mut left: u64 = others.map(|(_, count)| count).sum();
    let mut pass = Pass::default();
    show(left);
    if left == 0 {
        return Ok(pass);
    }
    tracing::info!(count = left, active = keyring.keys().active_id(), "values are sealed anew");
    let mut walk = Walk::default();
    while !stop.is_cancelled() {
        let Some(rows) = walk.next(store).await? else { break };
        let before = pass;
        for row in rows {
            match anew(store, keyring, rng, &row).await {
                Ok(true) => pass.done += 1,
                Ok(false) => {}
                Err(ResealError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    pass.failed += 1;
                    tracing::error!(%error, "a value could not be sealed anew");
                }
            }
        }
        metrics::counter!("coffer_keys_resealed_total").increment(pass.done - before.done);
        left = left.saturating_sub(pass.done - before.done);
        show(left);
        if pass.done > before.done && left > 0 {
            tracing::info!(done = pass.done, left, "values are sealed anew");
        }
    }
    Ok(pass)
}

/// False where there is nothing to do, or where it was changed meanwhile.
async fn anew(store: &Store, keyring: &Keyring, rng: &dyn Rng, row: &SealedRow) -> Result<bool, ResealError> {
    let context = Context { table: row.table, row: &row.row, column: row.column };
    let refused = |source| open_error(row.table, &row.row, source);
    if row.sealed.key_id().map_err(refused)? == keyring.keys().active_id() {
        return Ok(false);
    }
    let plain = keyring.open(context, &row.sealed).await.map_err(refused)?;
    let anew = keyring.seal(rng, context, &plain);
    Ok(store.seals().replace(row.table, &row.row, row.column, &row.sealed, &anew).await?)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; nobody has 2^53 values")]
fn show(left: u64) {
    metrics::gauge!("coffer_keys_values_to_reseal").set(left as f64);
}

fn open_error(table: &'static str, row: &str, source: OpenError) -> ResealError {
    ResealError::Open { table, row: row.to_owned(), source }
}
