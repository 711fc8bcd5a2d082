//! Browser sessions for tower-sessions. The database sees the SHA-256 of a session's id alone, so a
//! copy of it signs nobody in.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use coffer_core::Clock;
use coffer_crypto::TokenHash;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{Store, StoreError, entity::sessions as table};

/// The sessions of one realm: those of the dashboard and those of end users never mix.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
    realm: &'static str,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("realm", &self.realm).finish_non_exhaustive()
    }
}

impl Sessions {
    /// The sessions of `realm`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, realm: &'static str) -> Self {
        Self { store, clock, realm }
    }

    fn key(&self, id: &Id) -> Vec<u8> {
        TokenHash::of(&format!("{}:{id}", self.realm)).as_bytes().to_vec()
    }

    fn row(&self, record: &Record) -> Result<table::Model> {
        Ok(table::Model {
            id_hash: self.key(&record.id),
            realm: self.realm.to_owned(),
            data: serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?,
            expires_at: millis(record.expiry_date),
        })
    }
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn backend(error: impl Into<StoreError>) -> Error {
    Error::Backend(error.into().to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // An id has 128 random bits; should one be taken all the same, the next will not be.
        loop {
            let row = self.row(record)?.into_active_model();
            match table::Entity::insert(row)
                .exec_without_returning(self.store.write())
                .await
                .map_err(StoreError::unique("session"))
            {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict { .. }) => record.id = Id::default(),
                Err(error) => return Err(backend(error)),
            }
        }
    }

    /// Changes a session that exists: one that was ended meanwhile does not come back.
    async fn save(&self, record: &Record) -> Result<()> {
        let row = self.row(record)?;
        table::Entity::update_many()
            .col_expr(table::Column::Data, Expr::value(row.data))
            .col_expr(table::Column::ExpiresAt, Expr::value(row.expires_at))
            .filter(table::Column::IdHash.eq(row.id_hash))
            .exec(self.store.write())
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = table::Entity::find_by_id(self.key(id))
            .filter(table::Column::Realm.eq(self.realm))
            .filter(table::Column::ExpiresAt.gt(self.clock.now().millis()))
            .one(self.store.read())
            .await
            .map_err(backend)?;
        row.map(|row| {
            let data = serde_json::from_str(&row.data).map_err(|e| Error::Decode(e.to_string()))?;
            let nanos = i128::from(row.expires_at) * 1_000_000;
            let expiry_date =
                OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|e| Error::Decode(e.to_string()))?;
            Ok(Record { id: *id, data, expiry_date })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        table::Entity::delete_by_id(self.key(id)).exec(self.store.write()).await.map_err(backend)?;
        Ok(())
    }
}
