//! Reads that several requests wait for at the same moment, as one statement: going to the database costs more than
//! what is read there. Alone, a request asks as if there were none of this.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use coffer_core::{
    client::Client,
    connection::{Connection, Enabled},
    ids::{ClientId, ConnectionId, UserId},
    refresh::RefreshToken,
    token_set::TokenSet,
    user::User,
};
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait as _, QueryTrait as _};
use tokio::sync::{Mutex as AsyncMutex, oneshot};

use crate::{Basis, StoreError, releases};

/// Keys of one statement at most.
const MOST: usize = 64;
/// Rows of one INSERT at most; a dozen columns each stay far below every database's limit of parameters.
const ROWS: usize = 128;

/// What is read in batches: what an exchange and a refresh grant need, which come most often.
#[derive(Default)]
pub struct Batches {
    pub clients: Batch<ClientId, (Client, Option<TokenHash>)>,
    /// By hash.
    pub refresh_tokens: Batch<Vec<u8>, RefreshToken>,
    /// By name, for an application.
    pub connections: Batch<(String, ClientId), (Connection, Option<Enabled>)>,
    /// The accounts of a user at a connection, the latest replaced first.
    pub token_sets: Batch<(UserId, ConnectionId), Vec<(TokenSet, Sealed)>>,
    pub users: Batch<UserId, User>,
    pub bases: Batch<releases::Key, Basis>,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

/// One kind of read, by key.
pub struct Batch<K, V> {
    waiting: Mutex<Vec<Waiting<K, V>>>,
    turn: AsyncMutex<()>,
}

type Waiting<K, V> = (K, oneshot::Sender<Option<V>>);

impl<K, V> Default for Batch<K, V> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: AsyncMutex::default() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Batch<K, V> {
    /// What stands under `key`. `read` is asked for it, and for what others wait for, after this call began: nobody gets
    /// what was read before they asked. It may be given a key several times.
    pub async fn read<F>(&self, key: K, read: impl FnOnce(Vec<K>) -> F) -> Result<Option<V>, StoreError>
    where
        F: Future<Output = Result<HashMap<K, V>, StoreError>>,
    {
        let (sender, mut answer) = oneshot::channel();
        self.lock().push((key.clone(), sender));
        let turn = tokio::select! {
            biased;
            told = &mut answer => Err(told),
            turn = self.turn.lock() => Ok(turn),
        };
        let told = match turn {
            Err(told) => told.ok(),
            Ok(_turn) => match answer.try_recv() {
                Ok(told) => Some(told),
                Err(oneshot::error::TryRecvError::Closed) => None,
                Err(oneshot::error::TryRecvError::Empty) => return self.lead(key, read).await,
            },
        };
        match told {
            Some(found) => Ok(found),
            // Who read for everybody failed or went away: each of the others has its own answer to give.
            None => Ok(read(vec![key.clone()]).await?.remove(&key)),
        }
    }

    /// Reads for everybody who waits, in the caller's turn.
    async fn lead<F>(&self, key: K, read: impl FnOnce(Vec<K>) -> F) -> Result<Option<V>, StoreError>
    where
        F: Future<Output = Result<HashMap<K, V>, StoreError>>,
    {
        let waiting: Vec<Waiting<K, V>> = {
            let mut waiting = self.lock();
            waiting.retain(|(_, sender)| !sender.is_closed());
            let count = waiting.len().min(MOST - 1);
            waiting.drain(..count).collect()
        };
        let mut keys: Vec<K> = waiting.iter().map(|(key, _)| key.clone()).collect();
        // Whose turn it is may stand further behind, and gets an answer now.
        if !keys.contains(&key) {
            keys.push(key.clone());
        }
        let found = read(padded(keys)).await?;
        let own = found.get(&key).cloned();
        for (key, sender) in waiting {
            // A caller that went away does not need the answer.
            let _ = sender.send(found.get(&key).cloned());
        }
        Ok(own)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting<K, V>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// These, and the first so often again that a power of two are in a statement: of so few different statements, the
/// database prepares each once.
pub fn padded<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(first) = values.first().cloned() {
        values.resize(values.len().next_power_of_two(), first);
    }
    values
}

/// Adds rows within the caller's transaction, in as few statements as their number is the sum of powers of two.
pub async fn insert_all<A, C>(db: &C, rows: impl IntoIterator<Item = A>) -> Result<(), StoreError>
where
    A: ActiveModelTrait + Send,
    C: ConnectionTrait,
{
    let mut rest: Vec<A> = rows.into_iter().collect();
    while !rest.is_empty() {
        let after = rest.split_off(1 << rest.len().min(ROWS).ilog2());
        let mut statement = A::Entity::insert_many(rest).build(db.get_database_backend());
        if statement.db_backend == DbBackend::Sqlite
            && let Some(into) = statement.sql.strip_prefix("INSERT INTO")
        {
            // Where a row fails, the transaction goes with it. So SQLite need not keep a copy of every page that a
            // statement of many rows touches, to take back that statement alone.
            statement.sql = format!("INSERT OR FAIL INTO{into}");
        }
        db.execute_raw(statement).await?;
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    async fn double(keys: Vec<u32>) -> Result<HashMap<u32, u32>, StoreError> {
        tokio::task::yield_now().await;
        Ok(keys.into_iter().filter(|key| *key != 13).map(|key| (key, key * 2)).collect())
    }

    #[tokio::test]
    async fn everybody_gets_their_own_answer_of_a_few_reads() {
        let (batch, reads) = (Arc::new(Batch::default()), Arc::new(AtomicUsize::new(0)));
        let asked: Vec<_> = (0..300_u32)
            .map(|key| {
                let (batch, reads) = (Arc::clone(&batch), Arc::clone(&reads));
                tokio::spawn(async move {
                    let read = |keys: Vec<u32>| {
                        assert!(keys.len() <= MOST && keys.len().is_power_of_two(), "{}", keys.len());
                        reads.fetch_add(1, Ordering::SeqCst);
                        double(keys)
                    };
                    (key, batch.read(key, read).await.unwrap())
                })
            })
            .collect();
        for task in asked {
            let (key, found) = task.await.unwrap();
            assert_eq!(found, (key != 13).then_some(key * 2));
        }
        let reads = reads.load(Ordering::SeqCst);
        assert!((5..=20).contains(&reads), "{reads} reads for 300 callers");
    }

    #[tokio::test]
    async fn those_who_gave_up_take_nobodys_place() {
        let batch = Arc::new(Batch::<u32, u32>::default());
        let stuck = |_| std::future::pending();
        let gone: Vec<_> = (0..200)
            .map(|key| {
                let batch = Arc::clone(&batch);
                tokio::spawn(async move { batch.read(key, stuck).await })
            })
            .collect();
        while batch.lock().len() + 1 < gone.len() {
            tokio::task::yield_now().await;
        }
        gone.iter().for_each(tokio::task::JoinHandle::abort);
        for caller in gone {
            assert!(caller.await.is_err());
        }
        assert_eq!(batch.read(500, double).await.unwrap(), Some(1000));
    }

    #[tokio::test]
    async fn who_leads_and_goes_away_or_fails_takes_nobody_along() {
        let batch = Arc::new(Batch::<u32, u32>::default());
        let (begun, started) = oneshot::channel();
        let leader = tokio::spawn({
            let batch = Arc::clone(&batch);
            async move {
                let stuck = |_| async move {
                    begun.send(()).unwrap();
                    std::future::pending().await
                };
                batch.read(1, stuck).await
            }
        });
        started.await.unwrap();
        let others: Vec<_> = (2..5)
            .map(|key| {
                let batch = Arc::clone(&batch);
                tokio::spawn(async move {
                    // Whoever of them leads fails; the rest read for themselves.
                    let read = |keys: Vec<u32>| async move {
                        if keys.len() > 1 {
                            Err(StoreError::Conflict { what: "test" })
                        } else {
                            double(keys).await
                        }
                    };
                    batch.read(key, read).await
                })
            })
            .collect();
        tokio::task::yield_now().await;
        leader.abort();
        let mut failed = 0;
        for (key, other) in (2..5).zip(others) {
            match other.await.unwrap() {
                Ok(found) => assert_eq!(found, Some(key * 2)),
                Err(_) => failed += 1,
            }
        }
        assert!(failed <= 1, "only who led");
    }
}
