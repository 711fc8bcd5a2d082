//! Taking turns: what one transaction at a time may do, on whatever node. SQLite has one writer anyway; on
//! PostgreSQL it is an advisory lock that ends with its transaction.

use coffer_crypto::TokenHash;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};

use crate::{Store, StoreError, db::Db};

/// What is done in turns.
#[derive(Clone, Copy, Debug)]
pub enum Turn {
    /// Bringing the schema up to date.
    Migration = 1,
    /// Many changes by administrators that belong together.
    Administration = 2,
    /// Making what every node would make at the first start.
    First = 3,
    /// What is granted by one user.
    Consent = 4,
    /// Changing the wrapped keys.
    Keys = 5,
    /// What one administrator proves themselves with: what is removed must not have been the last.
    Factors = 6,
    /// Who is an owner: each change must see who is left after the one before it.
    Owners = 20,
}

/// Tells Coffer's locks from those of others in the same database.
const NAMESPACE: i32 = 0x0C0F_FE12;

/// A turn for something that does not happen in the transaction that holds it. It ends with the value at the latest.
#[derive(Debug)]
pub struct Held(Option<DatabaseTransaction>);

/// Waits for a turn, as long as it takes.
pub async fn wait(store: &Store, turn: Turn) -> Result<Held, StoreError> {
    if !store.is_shared() || matches!(store.write(), Db::Within(_)) {
        return Ok(Held(None));
    }
    let tx = store.begin().await?;
    tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
    tx.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    take(&tx, turn).await?;
    Ok(Held(Some(tx)))
}

impl Held {
    /// Gives the turn to the next.
    pub async fn end(self) -> Result<(), StoreError> {
        match self.0 {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }
}

/// Takes a turn for the rest of the transaction `tx`.
pub async fn take<C: ConnectionTrait>(tx: &C, turn: Turn) -> Result<(), StoreError> {
    take_for(tx, turn, turn as i32).await
}

/// Takes a turn over one thing among many, for the rest of the transaction: things of different names wait for each
/// other only by a rare accident.
pub async fn take_over<C: ConnectionTrait>(tx: &C, turn: Turn, name: &str) -> Result<(), StoreError> {
    let [a, b, c, d, ..] = *TokenHash::of(name).as_bytes();
    take_for(tx, turn, i32::from_be_bytes([a, b, c, d])).await
}

/// For the rest of the transaction `tx`, nobody waits long for a row that another has locked.
pub async fn wait_little<C: ConnectionTrait>(tx: &C) -> Result<(), StoreError> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL lock_timeout = 500").await?;
    }
    Ok(())
}

async fn take_for<C: ConnectionTrait>(tx: &C, turn: Turn, key: i32) -> Result<(), StoreError> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let values = [(NAMESPACE ^ turn as i32).into(), key.into()];
        let lock = "SELECT pg_advisory_xact_lock($1, $2)";
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, values)).await?;
    }
    Ok(())
}
