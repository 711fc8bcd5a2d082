//! Administrators.

use coffer_contract::Timestamp;
use coffer_core::{administrator::Administrator, audit::AuditEvent, ids::AdministratorId};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::{administrators as table, setup_links},
    row::millis,
    turns::{self, Turn},
};

/// Administrators of the dashboard.
#[derive(Clone, Debug)]
pub struct Administrators(pub(crate) Store);

async fn insert<C: ConnectionTrait>(
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
    };
    table::Entity::insert(row.into_active_model())
        .exec_without_returning(db)
        .await
        .map_err(StoreError::unique("email"))?;
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
        Ok(row.map(|row| {
            let hash = row.password_hash.clone();
            (row.into(), hash)
        }))
    }

    /// By id.
    pub async fn get(&self, id: &AdministratorId) -> Result<Option<Administrator>, StoreError> {
        let row = table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?;
        Ok(row.map(Into::into))
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
