//! Second factors of administrators, and their recovery codes.

use std::collections::BTreeSet;

use coffer_contract::{Timestamp, second_factor::FactorKind};
use coffer_core::{
    audit::AuditEvent,
    factor::Factor,
    ids::{AdministratorId, FactorId},
};
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, Query},
};

use crate::{
    Store, StoreError, administrators, audit,
    entity::{administrators as people, authenticator_apps as apps, passkeys, recovery_codes as codes},
    linked_accounts,
    turns::{self, Turn},
};

/// Somebody has this long to confirm an authenticator app, in seconds.
const UNCONFIRMED_SECONDS: i64 = 10 * 60;

/// An authenticator app, its secret sealed.
#[derive(Clone, Debug)]
pub struct StoredAuthenticator {
    /// The factor.
    pub factor: Factor,
    /// What the app has, too.
    pub secret: Sealed,
}

impl From<apps::Model> for StoredAuthenticator {
    fn from(row: apps::Model) -> Self {
        let secret = Sealed::from_bytes(row.secret.clone());
        Self { factor: row.into(), secret }
    }
}

/// Second factors of administrators.
#[derive(Clone, Debug)]
pub struct SecondFactors(pub(crate) Store);

/// How many factors one has.
pub(crate) async fn count<C: ConnectionTrait>(
    db: &C,
    administrator: &AdministratorId,
) -> Result<u64, StoreError> {
    let mine = apps::Column::Administrator.eq(administrator.as_str());
    let confirmed = apps::Column::ConfirmedAt.is_not_null();
    let apps = apps::Entity::find().filter(mine).filter(confirmed).count(db).await?;
    let mine = passkeys::Column::Administrator.eq(administrator.as_str());
    Ok(apps + passkeys::Entity::find().filter(mine).count(db).await?)
}

/// Has no factor.
fn without() -> Condition {
    let confirmed = Query::select()
        .column(apps::Column::Administrator)
        .from(apps::Entity)
        .and_where(apps::Column::ConfirmedAt.is_not_null())
        .take();
    let passkeys = Query::select().column(passkeys::Column::Administrator).from(passkeys::Entity).take();
    Condition::all()
        .add(people::Column::Id.not_in_subquery(confirmed))
        .add(people::Column::Id.not_in_subquery(passkeys))
}

/// Replaces the recovery codes of one.
pub(crate) async fn write_codes<C: ConnectionTrait>(
    db: &C,
    administrator: &AdministratorId,
    hashes: &[TokenHash],
    at: Timestamp,
) -> Result<(), StoreError> {
    delete_codes(db, administrator).await?;
    let rows = hashes.iter().map(|hash| {
        let row = codes::Model {
            code_hash: hash.as_bytes().to_vec(),
            administrator: administrator.to_string(),
            created_at: at.millis(),
        };
        row.into_active_model()
    });
    codes::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

async fn delete_codes<C: ConnectionTrait>(db: &C, administrator: &AdministratorId) -> Result<(), StoreError> {
    let mine = codes::Column::Administrator.eq(administrator.as_str());
    codes::Entity::delete_many().filter(mine).exec(db).await?;
    Ok(())
}

impl SecondFactors {
    /// An administrator's factors, the oldest first.
    pub async fn of(&self, administrator: &AdministratorId) -> Result<Vec<Factor>, StoreError> {
        let apps = self.authenticators(administrator).await?.into_iter().map(|app| app.factor);
        let passkeys = self.passkeys(administrator).await?.into_iter().map(|passkey| passkey.factor);
        let mut factors: Vec<Factor> = apps.chain(passkeys).collect();
        factors.sort_by_key(|factor| factor.created_at);
        Ok(factors)
    }

    /// How many factors an administrator has.
    pub async fn count(&self, administrator: &AdministratorId) -> Result<u64, StoreError> {
        count(self.0.read(), administrator).await
    }

    /// Everybody who has one.
    pub async fn holders(&self) -> Result<BTreeSet<AdministratorId>, StoreError> {
        let ids: Vec<String> = people::Entity::find()
            .select_only()
            .column(people::Column::Id)
            .filter(without().not())
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(ids.into_iter().map(AdministratorId::from_text).collect())
    }

    /// An administrator's authenticator apps, the oldest first.
    pub async fn authenticators(
        &self,
        administrator: &AdministratorId,
    ) -> Result<Vec<StoredAuthenticator>, StoreError> {
        let rows = apps::Entity::find()
            .filter(apps::Column::Administrator.eq(administrator.as_str()))
            .filter(apps::Column::ConfirmedAt.is_not_null())
            .order_by_asc(apps::Column::CreatedAt)
            .order_by_asc(apps::Column::Id)
            .all(self.0.read())
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Adds an authenticator app that is no factor until it is confirmed, in the place of another such one.
    pub async fn begin(&self, app: &StoredAuthenticator) -> Result<(), StoreError> {
        let StoredAuthenticator { factor, secret } = app;
        let row = apps::Model {
            id: factor.id.to_string(),
            administrator: factor.administrator.to_string(),
            name: factor.name.clone(),
            secret: secret.as_bytes().to_vec(),
            used_step: None,
            created_at: factor.created_at.millis(),
            confirmed_at: None,
            last_used_at: None,
        };
        let tx = self.0.begin().await?;
        apps::Entity::delete_many()
            .filter(apps::Column::Administrator.eq(factor.administrator.as_str()))
            .filter(apps::Column::ConfirmedAt.is_null())
            .exec(&tx)
            .await?;
        apps::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        Ok(tx.commit().await?)
    }

    /// An administrator's authenticator app that waits for being confirmed, if it still does at `now`.
    pub async fn unconfirmed(
        &self,
        administrator: &AdministratorId,
        id: &FactorId,
        now: Timestamp,
    ) -> Result<Option<StoredAuthenticator>, StoreError> {
        let row = apps::Entity::find_by_id(id.as_str())
            .filter(apps::Column::Administrator.eq(administrator.as_str()))
            .filter(apps::Column::ConfirmedAt.is_null())
            .filter(apps::Column::CreatedAt.gt(now.plus_seconds(-UNCONFIRMED_SECONDS).millis()))
            .one(self.0.read())
            .await?;
        Ok(row.map(Into::into))
    }

    /// Makes an authenticator app a factor. `step` is that of the code that confirmed it: it is used up.
    /// `recovery` replaces the codes that there are where this is the first factor; true then. Conflict over
    /// `second factor` when it must be the first and is not.
    pub async fn confirm(
        &self,
        factor: &Factor,
        step: i64,
        recovery: &[TokenHash],
        must_be_first: bool,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let (tx, first) = self.adding(&factor.administrator, must_be_first).await?;
        let confirmed = apps::Entity::update_many()
            .col_expr(apps::Column::ConfirmedAt, Expr::value(at.millis()))
            .col_expr(apps::Column::UsedStep, Expr::value(step))
            .filter(apps::Column::Id.eq(factor.id.as_str()))
            .filter(apps::Column::ConfirmedAt.is_null())
            .exec(&tx)
            .await?
            .rows_affected;
        if first && confirmed == 1 {
            write_codes(&tx, &factor.administrator, recovery, at).await?;
        }
        if !audit::settle(tx, confirmed, event).await? {
            return Err(StoreError::NotFound { what: "authenticator app" });
        }
        Ok(first)
    }

    /// Uses up a time step of an authenticator app. False when it, or a later one, was used already.
    pub async fn use_step(&self, id: &FactorId, step: i64, at: Timestamp) -> Result<bool, StoreError> {
        let unused = apps::Column::UsedStep.is_null().or(apps::Column::UsedStep.lt(step));
        // One statement, so that of two nodes that are told the same code one alone believes it.
        let used = apps::Entity::update_many()
            .col_expr(apps::Column::UsedStep, Expr::value(step))
            .col_expr(apps::Column::LastUsedAt, Expr::value(at.millis()))
            .filter(apps::Column::Id.eq(id.as_str()))
            .filter(apps::Column::ConfirmedAt.is_not_null())
            .filter(unused)
            .exec(self.0.write())
            .await?;
        Ok(used.rows_affected == 1)
    }

    /// Uses up a recovery code. False when it is not one, or not any more.
    pub async fn use_recovery_code(
        &self,
        administrator: &AdministratorId,
        code: &TokenHash,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let used = codes::Entity::delete_many()
            .filter(codes::Column::CodeHash.eq(code.as_bytes().to_vec()))
            .filter(codes::Column::Administrator.eq(administrator.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, used, event).await
    }

    /// How many recovery codes an administrator has.
    pub async fn recovery_codes(&self, administrator: &AdministratorId) -> Result<u64, StoreError> {
        let mine = codes::Column::Administrator.eq(administrator.as_str());
        Ok(codes::Entity::find().filter(mine).count(self.0.read()).await?)
    }

    /// Replaces the recovery codes of an administrator. Conflict over `no factor` without one: they take a
    /// factor's place.
    pub async fn replace_recovery_codes(
        &self,
        administrator: &AdministratorId,
        hashes: &[TokenHash],
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.alone(administrator).await?;
        if count(&tx, administrator).await? == 0 {
            tx.rollback().await?;
            return Err(StoreError::Conflict { what: "no factor" });
        }
        write_codes(&tx, administrator, hashes, at).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Removes a factor; with the last one the recovery codes. Conflict over `last factor` when it is that and one
    /// must stay.
    pub async fn remove(
        &self,
        factor: &Factor,
        one_must_stay: bool,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.alone(&factor.administrator).await?;
        let last = count(&tx, &factor.administrator).await? <= 1;
        if last && one_must_stay {
            tx.rollback().await?;
            return Err(StoreError::Conflict { what: "last factor" });
        }
        let removed = match factor.kind {
            FactorKind::Authenticator => apps::Entity::delete_by_id(factor.id.as_str()).exec(&tx).await?,
            FactorKind::Passkey => passkeys::Entity::delete_by_id(factor.id.as_str()).exec(&tx).await?,
        };
        let removed = removed.rows_affected;
        if last && removed == 1 {
            delete_codes(&tx, &factor.administrator).await?;
        }
        audit::settle(tx, removed, event).await
    }

    /// Removes everything that an administrator proves themselves with but the password, linked accounts too, and
    /// ends their sessions.
    pub async fn reset(&self, administrator: &AdministratorId, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.alone(administrator).await?;
        let mine = apps::Column::Administrator.eq(administrator.as_str());
        apps::Entity::delete_many().filter(mine).exec(&tx).await?;
        let mine = passkeys::Column::Administrator.eq(administrator.as_str());
        passkeys::Entity::delete_many().filter(mine).exec(&tx).await?;
        delete_codes(&tx, administrator).await?;
        linked_accounts::delete_of(&tx, administrator).await?;
        administrators::end_sessions(&tx, administrator).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the sessions of everybody who has none.
    pub async fn end_sessions_without(&self) -> Result<(), StoreError> {
        people::Entity::update_many()
            .col_expr(people::Column::SessionGeneration, Expr::col(people::Column::SessionGeneration).add(1))
            .filter(without())
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// Deletes what nobody confirmed in time. Returns the number of rows.
    pub(crate) async fn forget_unconfirmed(&self, now: Timestamp) -> Result<u64, StoreError> {
        let deleted = apps::Entity::delete_many()
            .filter(apps::Column::ConfirmedAt.is_null())
            .filter(apps::Column::CreatedAt.lte(now.plus_seconds(-UNCONFIRMED_SECONDS).millis()))
            .exec(self.0.write())
            .await?;
        Ok(deleted.rows_affected)
    }

    /// A transaction in which a factor is added, and whether it is the first.
    pub(crate) async fn adding(
        &self,
        administrator: &AdministratorId,
        must_be_first: bool,
    ) -> Result<(DatabaseTransaction, bool), StoreError> {
        let tx = self.alone(administrator).await?;
        let first = count(&tx, administrator).await? == 0;
        if must_be_first && !first {
            tx.rollback().await?;
            return Err(StoreError::Conflict { what: "second factor" });
        }
        Ok((tx, first))
    }

    /// A transaction in which nobody else changes what this administrator has.
    pub(crate) async fn alone(
        &self,
        administrator: &AdministratorId,
    ) -> Result<DatabaseTransaction, StoreError> {
        let tx = self.0.begin().await?;
        turns::take_over(&tx, Turn::Factors, administrator.as_str()).await?;
        Ok(tx)
    }
}
