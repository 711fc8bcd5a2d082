//! Administrators.

use coffer_contract::{Timestamp, administrator::Role};
use coffer_core::{administrator::Administrator, audit::AuditEvent, ids::AdministratorId};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    Store, StoreError, audit,
    entity::{administrator_invitations as invitations, administrators as table, setup_links},
    row::millis,
    turns::{self, Turn},
};

/// Administrators of the dashboard.
#[derive(Clone, Debug)]
pub struct Administrators(pub(crate) Store);

pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    administrator: &Administrator,
    password_hash: &str,
) -> Result<(), StoreError> {
    let row = table::Model {
        id: administrator.id.to_string(),
        email: administrator.email.clone(),
        password_hash: password_hash.to_owned(),
        created_at: administrator.created_at.millis(),
        last_sign_in_at: millis(administrator.last_sign_in_at),
        role: administrator.role.code().to_owned(),
        session_generation: administrator.session_generation,
    };
    table::Entity::insert(row.into_active_model())
        .exec_without_returning(db)
        .await
        .map_err(StoreError::unique("email"))?;
    Ok(())
}

/// The role that one has.
async fn standing<C: ConnectionTrait>(tx: &C, id: &AdministratorId) -> Result<Role, StoreError> {
    let row = table::Entity::find_by_id(id.as_str()).one(tx).await?;
    let row = row.ok_or(StoreError::NotFound { what: "administrator" })?;
    Ok(Administrator::try_from(row)?.role)
}

async fn not_the_last_owner<C: ConnectionTrait>(tx: &C) -> Result<(), StoreError> {
    let owners = table::Entity::find().filter(table::Column::Role.eq(Role::Owner.code())).count(tx).await?;
    if owners > 1 { Ok(()) } else { Err(StoreError::Conflict { what: "last owner" }) }
}

pub(crate) async fn end_sessions<C: ConnectionTrait>(tx: &C, id: &AdministratorId) -> Result<(), StoreError> {
    let next = Expr::col(table::Column::SessionGeneration).add(1);
    table::Entity::update_many()
        .col_expr(table::Column::SessionGeneration, next)
        .filter(table::Column::Id.eq(id.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

impl Administrators {
    /// How many there are.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(table::Entity::find().count(self.0.read()).await?)
    }

    /// Adds one. Conflict over `email` when the address is taken.
    pub async fn create(
        &self,
        administrator: &Administrator,
        password_hash: &str,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        insert(&tx, administrator, password_hash).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Adds the first one and uses up the set-up link. False, and nothing changed, when the link is not
    /// valid at `now` or there is an administrator already.
    pub async fn create_first(
        &self,
        administrator: &Administrator,
        password_hash: &str,
        setup_token: &TokenHash,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::First).await?;
        let used = setup_links::Entity::delete_many()
            .filter(setup_links::Column::TokenHash.eq(setup_token.as_bytes().to_vec()))
            .filter(setup_links::Column::ExpiresAt.gt(now.millis()))
            .exec(&tx)
            .await?
            .rows_affected;
        if used == 0 || table::Entity::find().count(&tx).await? > 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        insert(&tx, administrator, password_hash).await?;
        audit::write(&tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The one with this e-mail address (lower case), with the password's hash.
    pub async fn by_email(&self, email: &str) -> Result<Option<(Administrator, String)>, StoreError> {
        let row = table::Entity::find().filter(table::Column::Email.eq(email)).one(self.0.read()).await?;
        row.map(|row| {
            let hash = row.password_hash.clone();
            Ok((row.try_into()?, hash))
        })
        .transpose()
    }

    /// By id.
    pub async fn get(&self, id: &AdministratorId) -> Result<Option<Administrator>, StoreError> {
        let row = table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?;
        row.map(TryInto::try_into).transpose()
    }

    /// All of them, by e-mail address.
    pub async fn all(&self) -> Result<Vec<Administrator>, StoreError> {
        let rows = table::Entity::find().order_by_asc(table::Column::Email).all(self.0.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Gives one another role. Who loses rights by it is signed out everywhere, and an owner's invitations go.
    /// Not found over `administrator`; conflict over `last owner` when nobody would be one any more.
    pub async fn set_role(
        &self,
        id: &AdministratorId,
        role: Role,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Owners).await?;
        let before = standing(&tx, id).await?;
        if role < before {
            if before == Role::Owner {
                not_the_last_owner(&tx).await?;
                invitations::Entity::delete_many()
                    .filter(invitations::Column::InvitedBy.eq(id.as_str()))
                    .exec(&tx)
                    .await?;
            }
            end_sessions(&tx, id).await?;
        }
        table::Entity::update_many()
            .col_expr(table::Column::Role, Expr::value(role.code()))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(&tx)
            .await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Removes one, with the invitations that they made. Errors as those of [`Self::set_role`].
    pub async fn remove(&self, id: &AdministratorId, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::Owners).await?;
        if standing(&tx, id).await? == Role::Owner {
            not_the_last_owner(&tx).await?;
        }
        table::Entity::delete_by_id(id.as_str()).exec(&tx).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces the password, if `known_hash` is still its hash, and ends every session. The generation of
    /// those that begin from now on; `None` when the password was changed meanwhile.
    pub async fn change_password(
        &self,
        id: &AdministratorId,
        known_hash: &str,
        new_hash: &str,
        event: AuditEvent,
    ) -> Result<Option<i64>, StoreError> {
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::PasswordHash, Expr::value(new_hash))
            .col_expr(table::Column::SessionGeneration, Expr::col(table::Column::SessionGeneration).add(1))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::PasswordHash.eq(known_hash))
            .exec(&tx)
            .await?
            .rows_affected;
        let row = table::Entity::find_by_id(id.as_str()).one(&tx).await?;
        let changed = audit::settle(tx, changed, event).await?;
        Ok(row.filter(|_| changed).map(|row| row.session_generation))
    }

    /// Notes a sign-in.
    pub async fn signed_in(
        &self,
        id: &AdministratorId,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::update_many()
            .col_expr(table::Column::LastSignInAt, Expr::value(at.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(&tx)
            .await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }
}
