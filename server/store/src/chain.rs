//! The chain over the audit log: its head and its links. What a link is made of is the caller's affair.

use std::collections::HashMap;

use coffer_crypto::Sealed;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{
    Store, StoreError,
    batch::insert_all,
    entity::{audit_chain, audit_events, audit_links},
};

/// The one row of the head.
const ROW: &str = "log";

/// The chain over the audit log.
#[derive(Clone, Debug)]
pub struct Chain(pub(crate) Store);

/// Where the chain ends, and where it begins since older events went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// The key of its links, sealed.
    pub key: Sealed,
    /// The last position: as many events were linked.
    pub position: i64,
    /// The last link.
    pub link: Vec<u8>,
    /// The largest number of an event in it.
    pub last_event: i64,
    /// Up to this number, no event comes any more.
    pub settled: i64,
    /// The last position whose event was deleted for its age.
    pub pruned_to: i64,
    /// Its link.
    pub pruned_link: Vec<u8>,
    /// What proves all this but the key.
    pub mac: Vec<u8>,
}

impl ChainHead {
    /// Place of the sealed key.
    pub const KEY: coffer_crypto::Context<'static> =
        coffer_crypto::Context { table: "audit_chain", row: ROW, column: "key" };
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Its position, from 1.
    pub position: i64,
    /// The number of its event.
    pub event_id: i64,
    /// Its value.
    pub link: Vec<u8>,
}

/// An event, exactly as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number.
    pub id: i64,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// Type code.
    pub code: String,
    /// Whether what was tried succeeded.
    pub success: bool,
    /// Kind of who did it.
    pub actor_kind: String,
    /// Who did it.
    pub actor: String,
    /// The application concerned.
    pub client_id: Option<String>,
    /// The connection concerned.
    pub connection: Option<String>,
    /// The user concerned.
    pub user_id: Option<String>,
    /// The account concerned.
    pub account: Option<String>,
    /// Where it came from.
    pub ip: Option<String>,
    /// What happened.
    pub description: String,
}

impl From<audit_events::Model> for StoredEvent {
    fn from(row: audit_events::Model) -> Self {
        Self {
            id: row.id,
            at: row.at,
            code: row.code,
            success: row.success,
            actor_kind: row.actor_kind,
            actor: row.actor,
            client_id: row.client_id,
            connection: row.connection,
            user_id: row.user_id,
            account: row.account,
            ip: row.ip,
            description: row.description,
        }
    }
}

impl From<audit_links::Model> for ChainLink {
    fn from(row: audit_links::Model) -> Self {
        Self { position: row.position, event_id: row.event_id, link: row.link }
    }
}

impl Chain {
    /// Its head, once there is one.
    pub async fn head(&self) -> Result<Option<ChainHead>, StoreError> {
        let row = audit_chain::Entity::find_by_id(ROW).one(self.0.read()).await?;
        Ok(row.map(|row| ChainHead {
            key: Sealed::from_bytes(row.key),
            position: row.position,
            link: row.link,
            last_event: row.last_event,
            settled: row.settled,
            pruned_to: row.pruned_to,
            pruned_link: row.pruned_link,
            mac: row.mac,
        }))
    }

    /// Whether there are links without a head.
    pub async fn is_headless(&self) -> Result<bool, StoreError> {
        headless(self.0.read()).await
    }

    /// Begins it. False when somebody else did, or when there are links without a head.
    pub async fn begin(&self, head: &ChainHead) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let begun = !headless(&tx).await? && {
            let row = audit_chain::Model {
                id: ROW.to_owned(),
                key: head.key.as_bytes().to_vec(),
                position: head.position,
                link: head.link.clone(),
                last_event: head.last_event,
                settled: head.settled,
                pruned_to: head.pruned_to,
                pruned_link: head.pruned_link.clone(),
                mac: head.mac.clone(),
            };
            let keep = OnConflict::column(audit_chain::Column::Id).do_nothing().to_owned();
            let insert = audit_chain::Entity::insert(row.into_active_model()).on_conflict(keep);
            insert.exec_without_returning(&tx).await? > 0
        };
        tx.commit().await?;
        Ok(begun)
    }

    /// Whether an event may become visible after one with a larger number. In SQLite, who writes has the
    /// database for themselves.
    pub fn comes_late(&self) -> bool {
        self.0.is_shared()
    }

    /// Up to `limit` events numbered above `after`, by number.
    pub async fn after(&self, after: i64, limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let query = audit_events::Entity::find().filter(audit_events::Column::Id.gt(after));
        let rows = query.order_by_asc(audit_events::Column::Id).limit(limit).all(self.0.read()).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Up to `limit` events numbered above `after` and up to `to` that are in no link, by number.
    pub async fn unlinked(&self, after: i64, to: i64, limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let linked = Query::select()
            .expr(Expr::val(1))
            .from(audit_links::Entity)
            .and_where(ExprTrait::equals(
                Expr::col((audit_links::Entity, audit_links::Column::EventId)),
                (audit_events::Entity, audit_events::Column::Id),
            ))
            .take();
        let rows = audit_events::Entity::find()
            .filter(audit_events::Column::Id.gt(after))
            .filter(audit_events::Column::Id.lte(to))
            .filter(ExprTrait::not(Expr::exists(linked)))
            .order_by_asc(audit_events::Column::Id)
            .limit(limit)
            .all(self.0.read())
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// How many events are numbered above `after`.
    pub async fn count_after(&self, after: i64) -> Result<u64, StoreError> {
        let query = audit_events::Entity::find().filter(audit_events::Column::Id.gt(after));
        Ok(query.count(self.0.read()).await?)
    }

    /// Adds links and moves the head, unless it is no longer `old`. False when it is not: nothing is done.
    pub async fn extend(
        &self,
        old: &ChainHead,
        new: &ChainHead,
        links: Vec<ChainLink>,
    ) -> Result<bool, StoreError> {
        let rows = links.into_iter().map(|link| audit_links::ActiveModel {
            position: Set(link.position),
            event_id: Set(link.event_id),
            link: Set(link.link),
        });
        let tx = self.0.begin().await?;
        if !move_head(&tx, old, new).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        insert_all(&tx, rows).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Up to `limit` links beyond `after`, by position, with their events as far as they are there.
    pub async fn links(
        &self,
        after: i64,
        limit: u64,
    ) -> Result<Vec<(ChainLink, Option<StoredEvent>)>, StoreError> {
        let query = audit_links::Entity::find().filter(audit_links::Column::Position.gt(after));
        let links = query.order_by_asc(audit_links::Column::Position).limit(limit).all(self.0.read()).await?;
        let ids = links.iter().map(|link| link.event_id);
        let events = audit_events::Entity::find().filter(audit_events::Column::Id.is_in(ids));
        let mut events: HashMap<i64, _> =
            events.all(self.0.read()).await?.into_iter().map(|row| (row.id, row)).collect();
        let paired = links.into_iter().map(|link| {
            let event = events.remove(&link.event_id).map(Into::into);
            (link.into(), event)
        });
        Ok(paired.collect())
    }

    /// The links of these events, by the number of the event.
    pub async fn links_of(&self, events: &[i64]) -> Result<HashMap<i64, ChainLink>, StoreError> {
        let query = audit_links::Entity::find().filter(audit_links::Column::EventId.is_in(events.to_vec()));
        let rows = query.all(self.0.read()).await?;
        Ok(rows.into_iter().map(|row| (row.event_id, row.into())).collect())
    }

    /// The links at these positions, by position.
    pub async fn links_at(&self, positions: &[i64]) -> Result<HashMap<i64, Vec<u8>>, StoreError> {
        let query =
            audit_links::Entity::find().filter(audit_links::Column::Position.is_in(positions.to_vec()));
        let rows = query.all(self.0.read()).await?;
        Ok(rows.into_iter().map(|row| (row.position, row.link)).collect())
    }

    /// Moves the head's `pruned_to` and deletes what is up to it, unless the head is no longer `old`: then
    /// nothing is done. Returns whether it was.
    pub async fn prune(&self, old: &ChainHead, new: &ChainHead) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        if !move_head(&tx, old, new).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        let gone = audit_links::Column::Position.lte(new.pruned_to);
        let ids = Query::select()
            .column(audit_links::Column::EventId)
            .from(audit_links::Entity)
            .and_where(gone.clone())
            .take();
        audit_events::Entity::delete_many()
            .filter(audit_events::Column::Id.in_subquery(ids))
            .exec(&tx)
            .await?;
        audit_links::Entity::delete_many().filter(gone).exec(&tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// One statement: between two, somebody else may begin the chain.
async fn headless<C: ConnectionTrait>(db: &C) -> Result<bool, StoreError> {
    let head = Query::select().expr(Expr::val(1)).from(audit_chain::Entity).take();
    let links = audit_links::Entity::find().filter(ExprTrait::not(Expr::exists(head)));
    Ok(links.limit(1).one(db).await?.is_some())
}

async fn move_head(
    tx: &sea_orm::DatabaseTransaction,
    old: &ChainHead,
    new: &ChainHead,
) -> Result<bool, StoreError> {
    use audit_chain::Column;
    let moved = audit_chain::Entity::update_many()
        .col_expr(Column::Position, Expr::value(new.position))
        .col_expr(Column::Link, Expr::value(new.link.clone()))
        .col_expr(Column::LastEvent, Expr::value(new.last_event))
        .col_expr(Column::Settled, Expr::value(new.settled))
        .col_expr(Column::PrunedTo, Expr::value(new.pruned_to))
        .col_expr(Column::PrunedLink, Expr::value(new.pruned_link.clone()))
        .col_expr(Column::Mac, Expr::value(new.mac.clone()))
        .filter(Column::Id.eq(ROW))
        .filter(Column::Mac.eq(old.mac.clone()))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected > 0)
}
