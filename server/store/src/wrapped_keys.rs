//! Key-encryption keys that a key service wrapped: of no use without it.

use coffer_contract::Timestamp;
use coffer_core::audit::AuditEvent;
use coffer_crypto::WrappedKey;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::wrapped_keys as table,
    turns::{self, Turn},
};

/// A wrapped key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub id: String,
    /// What the service made of it.
    pub wrapped: WrappedKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to seal: the one that began last is the active one.
    pub activated_at: Option<Timestamp>,
}

impl StoredKey {
    /// The active one of all the keys.
    pub fn active(keys: &[Self]) -> Option<&Self> {
        keys.iter()
            .filter(|key| key.activated_at.is_some())
            .max_by_key(|key| (key.activated_at, key.id.as_str()))
    }
}

/// Wrapped keys. Changes take turns, so that what one decides from the keys there are stays true.
#[derive(Clone, Debug)]
pub struct WrappedKeys(pub(crate) Store);

impl WrappedKeys {
    /// All of them, by id.
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        list(self.0.read()).await
    }

    /// Has these keys instead of the `old` ones. False where there are no longer those: another was first.
    pub async fn replace(
        &self,
        old: &[StoredKey],
        keys: &[StoredKey],
        events: &[AuditEvent],
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Keys).await?;
        if list(&tx).await? != old {
            tx.rollback().await?;
            return Ok(false);
        }
        table::Entity::delete_many().exec(&tx).await?;
        for key in keys {
            insert(&tx, key).await?;
        }
        audit::write(&tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Adds a key. Conflict where there is one of that id.
    pub async fn add(&self, key: &StoredKey, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Keys).await?;
        insert(&tx, key).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Has a key seal. False where there is none.
    pub async fn activate(&self, id: &str, now: Timestamp, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Keys).await?;
        // Later than every other, whatever the clock of the machine that activated it said.
        let last = list(&tx).await?.into_iter().filter_map(|key| key.activated_at).max();
        let at = last.map_or(now.millis(), |last| now.millis().max(last.millis() + 1));
        let changed = table::Entity::update_many()
            .col_expr(table::Column::ActivatedAt, Expr::value(at))
            .filter(table::Column::Id.eq(id))
            .exec(&tx)
            .await?;
        audit::settle(tx, changed.rows_affected, event).await
    }

    /// Removes a key. False where there is none, or where it is the active one.
    pub async fn remove(&self, id: &str, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Keys).await?;
        let gone = match StoredKey::active(&list(&tx).await?) {
            Some(active) if active.id == id => 0,
            _ => table::Entity::delete_by_id(id).exec(&tx).await?.rows_affected,
        };
        audit::settle(tx, gone, event).await
    }

    /// Keeps a key as it was wrapped anew, unless somebody did it before. False where it is no longer `old`.
    pub async fn rewrapped(&self, id: &str, old: &WrappedKey, new: &WrappedKey) -> Result<bool, StoreError> {
        let changed = table::Entity::update_many()
            .col_expr(table::Column::Wrapped, Expr::value(new.text.clone()))
            .col_expr(table::Column::Version, Expr::value(new.version))
            .filter(table::Column::Id.eq(id))
            .filter(table::Column::Wrapped.eq(&old.text))
            .exec(self.0.write())
            .await?;
        Ok(changed.rows_affected > 0)
    }
}

async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<StoredKey>, StoreError> {
    let rows = table::Entity::find().order_by_asc(table::Column::Id).all(db).await?;
    let keys = rows.into_iter().map(|row| StoredKey {
        id: row.id,
        wrapped: WrappedKey { version: row.version, text: row.wrapped },
        created_at: Timestamp::from_millis(row.created_at),
        activated_at: row.activated_at.map(Timestamp::from_millis),
    });
    Ok(keys.collect())
}

async fn insert<C: ConnectionTrait>(tx: &C, key: &StoredKey) -> Result<(), StoreError> {
    let row = table::Model {
        id: key.id.clone(),
        wrapped: key.wrapped.text.clone(),
        version: key.wrapped.version,
        created_at: key.created_at.millis(),
        activated_at: key.activated_at.map(Timestamp::millis),
    };
    table::Entity::insert(row.into_active_model())
        .exec_without_returning(tx)
        .await
        .map(drop)
        .map_err(StoreError::unique("key"))
}
