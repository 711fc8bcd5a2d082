//! Which key-encryption keys each running server has: a key seals once all of them know it, and goes once none of
//! them seals with it. Ids alone, never a key.

use coffer_contract::Timestamp;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    sea_query::OnConflict,
};

use crate::{
    Store, StoreError,
    entity::key_holders as table,
    row::{Row, to_json},
};

/// A running server, and the ids of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The server's own name for this run.
    pub node: String,
    /// The keys that it can open values with.
    pub known: Vec<String>,
    /// The key that it seals with.
    pub active: String,
    /// Since when.
    pub active_since: Timestamp,
    /// When it said so last.
    pub seen_at: Timestamp,
}

/// Running servers.
#[derive(Clone, Debug)]
pub struct KeyHolders(pub(crate) Store);

impl KeyHolders {
    /// Those that were heard of since then, by name.
    pub async fn since(&self, then: Timestamp) -> Result<Vec<KeyHolder>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::SeenAt.gte(then.millis()))
            .order_by_asc(table::Column::Node)
            .all(self.0.read())
            .await?;
        rows.into_iter()
            .map(|row| {
                let known = Row::new("key_holders", &row.node).json("known", &row.known)?;
                Ok(KeyHolder {
                    node: row.node,
                    known,
                    active: row.active,
                    active_since: Timestamp::from_millis(row.active_since),
                    seen_at: Timestamp::from_millis(row.seen_at),
                })
            })
            .collect()
    }

    /// A server says what it has.
    pub async fn report(&self, holder: &KeyHolder) -> Result<(), StoreError> {
        use table::Column::{Active, ActiveSince, Known, Node, SeenAt};
        let row = table::Model {
            node: holder.node.clone(),
            known: to_json(&holder.known)?,
            active: holder.active.clone(),
            active_since: holder.active_since.millis(),
            seen_at: holder.seen_at.millis(),
        };
        let anew = OnConflict::column(Node).update_columns([Known, Active, ActiveSince, SeenAt]).to_owned();
        table::Entity::insert(row.into_active_model())
            .on_conflict(anew)
            .exec_without_returning(self.0.write())
            .await?;
        Ok(())
    }

    /// A server stops.
    pub async fn leave(&self, node: &str) -> Result<(), StoreError> {
        table::Entity::delete_by_id(node.to_owned()).exec(self.0.write()).await?;
        Ok(())
    }

    /// Forgets servers that were not heard of since then.
    pub async fn forget(&self, then: Timestamp) -> Result<u64, StoreError> {
        let gone = table::Entity::delete_many().filter(table::Column::SeenAt.lt(then.millis()));
        Ok(gone.exec(self.0.write()).await?.rows_affected)
    }
}
