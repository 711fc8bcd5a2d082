//! Refresh tokens exchanged for their successors. Those that happen at the same moment are one transaction.

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::{audit::AuditEvent, authorization::AccessGrant, refresh::RefreshToken};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, JoinType, QueryFilter as _, QuerySelect,
    RelationTrait as _,
    sea_query::{CaseStatement, LockType},
};

use crate::{
    Store, StoreError, Tokens, audit,
    batch::{insert_all, padded},
    entity::{access_tokens, refresh_tokens, token_families},
    group::{Told, tell, tell_each},
    trouble::Trouble,
    turns,
};

/// Rotations of one transaction at most.
const MOST: usize = 128;

/// One exchange of a refresh token for its successor, with an access token.
#[derive(Debug)]
pub struct Rotation {
    old: Vec<u8>,
    at: Timestamp,
    refresh: refresh_tokens::Model,
    access: access_tokens::Model,
    event: AuditEvent,
}

impl Rotation {
    /// `old` is exchanged at `at`.
    pub fn new(
        old: &TokenHash,
        refresh: (&TokenHash, &RefreshToken),
        access: (&TokenHash, &AccessGrant),
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            old: old.as_bytes().to_vec(),
            at,
            refresh: refresh_tokens::Model::new(refresh.0, refresh.1)?,
            access: access_tokens::Model::new(access.0, access.1)?,
            event,
        })
    }
}

impl Tokens {
    /// Exchanges a refresh token for its successor. The first exchange stamps it; within the overlap there may be
    /// more. False, and nothing changed, when the family is revoked or gone. Written together with others.
    pub async fn rotate(&self, rotation: Rotation) -> Result<bool, StoreError> {
        let store = self.0.clone();
        self.0.groups().rotations.join(rotation, MOST, move |group| write_group(store.clone(), group)).await
    }
}

async fn write_group(store: Store, group: Vec<(Rotation, Told<bool>)>) {
    let (rotations, told): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    match write(&store, &rotations, Waits::Little).await {
        Ok(done) => tell_each(told, done),
        Err(error) if concerns_all(&store, &error) => tell(told, Err(error)),
        // It is one of them, which takes none of the others along: each by itself, and none waits for the next.
        Err(_) => {
            for (rotation, told) in rotations.into_iter().zip(told) {
                let store = store.clone();
                tokio::spawn(async move {
                    let done = write(&store, std::slice::from_ref(&rotation), Waits::AsOthers).await;
                    drop(told.send(done.map(|done| done == [true])));
                });
            }
        }
    }
}

/// Whether each of a group would fail by itself as well. Where nodes share a database, a lock is one row's.
fn concerns_all(store: &Store, error: &StoreError) -> bool {
    match error.trouble() {
        Some(Trouble::Locked) => !store.is_shared(),
        trouble => trouble.is_some(),
    }
}

/// How long a transaction waits for rows that another has locked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    Little,
    AsOthers,
}

/// Whether each was written; all or none are, apart from those whose family is revoked or gone.
async fn write(store: &Store, rotations: &[Rotation], waits: Waits) -> Result<Vec<bool>, StoreError> {
    let tx = store.begin().await?;
    if waits == Waits::Little {
        turns::wait_little(&tx).await?;
    }
    // Locked, so that none is revoked before the transaction ends. SQLite has one writer.
    let mut alive = refresh_tokens::Entity::find()
        .select_only()
        .columns([refresh_tokens::Column::TokenHash, refresh_tokens::Column::FamilyId])
        .join(JoinType::InnerJoin, refresh_tokens::Relation::Family.def())
        .filter(refresh_tokens::Column::TokenHash.is_in(padded(rotations.iter().map(|r| r.old.clone()))))
        .filter(token_families::Column::RevokedAt.is_null());
    QuerySelect::query(&mut alive).lock_with_tables(LockType::Share, [token_families::Entity]);
    let alive: HashMap<Vec<u8>, String> =
        alive.into_tuple::<(Vec<u8>, String)>().all(&tx).await?.into_iter().collect();
    let done: Vec<bool> = rotations
        .iter()
        .map(|r| alive.get(&r.old).is_some_and(|family| *family == r.refresh.family_id))
        .collect();
    let good: Vec<&Rotation> =
        rotations.iter().zip(&done).filter(|(_, done)| **done).map(|(r, _)| r).collect();
    if good.is_empty() {
        tx.rollback().await?;
        return Ok(done);
    }
    let mut at = CaseStatement::new();
    for rotation in padded(good.iter()) {
        at = at.case(refresh_tokens::Column::TokenHash.eq(rotation.old.clone()), rotation.at.millis());
    }
    refresh_tokens::Entity::update_many()
        .col_expr(refresh_tokens::Column::RotatedAt, at.into())
        .filter(refresh_tokens::Column::TokenHash.is_in(padded(good.iter().map(|r| r.old.clone()))))
        .filter(refresh_tokens::Column::RotatedAt.is_null())
        .exec(&tx)
        .await?;
    insert_all(&tx, good.iter().map(|r| r.refresh.clone().into_active_model())).await?;
    insert_all(&tx, good.iter().map(|r| r.access.clone().into_active_model())).await?;
    let events: Vec<AuditEvent> = good.iter().map(|r| r.event.clone()).collect();
    audit::write(&tx, &events).await?;
    tx.commit().await?;
    Ok(done)
}
