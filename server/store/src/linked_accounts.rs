//! Accounts at providers with which administrators sign in.

use std::collections::BTreeSet;

use coffer_contract::Timestamp;
use coffer_core::{
    administrator::LinkedAccount,
    audit::AuditEvent,
    connection::Connection,
    ids::{AdministratorId, ConnectionId, LinkedAccountId},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::{connections, linked_accounts as table},
};

/// Linked accounts of administrators.
#[derive(Clone, Debug)]
pub struct LinkedAccounts(pub(crate) Store);

/// Removes all of an administrator's.
pub(crate) async fn delete_of<C: ConnectionTrait>(
    db: &C,
    administrator: &AdministratorId,
) -> Result<(), StoreError> {
    let mine = table::Column::Administrator.eq(administrator.as_str());
    table::Entity::delete_many().filter(mine).exec(db).await?;
    Ok(())
}

impl LinkedAccounts {
    /// An administrator's, the oldest first.
    pub async fn of(&self, administrator: &AdministratorId) -> Result<Vec<LinkedAccount>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::Administrator.eq(administrator.as_str()))
            .order_by_asc(table::Column::CreatedAt)
            .order_by_asc(table::Column::Id)
            .all(self.0.read())
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Everybody who has one.
    pub async fn holders(&self) -> Result<BTreeSet<AdministratorId>, StoreError> {
        let ids: Vec<String> = table::Entity::find()
            .select_only()
            .column(table::Column::Administrator)
            .distinct()
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(ids.into_iter().map(AdministratorId::from_text).collect())
    }

    /// The connections through which an account was linked, by name.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let linked = table::Entity::find().select_only().column(table::Column::ConnectionId).into_query();
        let rows = connections::Entity::find()
            .filter(connections::Column::Id.in_subquery(linked))
            .order_by_asc(connections::Column::Name)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The account with this id at the connection's provider, if somebody linked it.
    pub async fn find(
        &self,
        connection: &ConnectionId,
        provider_user_id: &str,
    ) -> Result<Option<LinkedAccount>, StoreError> {
        let row = table::Entity::find()
            .filter(table::Column::ConnectionId.eq(connection.as_str()))
            .filter(table::Column::ProviderUserId.eq(provider_user_id))
            .one(self.0.read())
            .await?;
        Ok(row.map(Into::into))
    }

    /// Links one. Conflict over `linked account` when it is somebody's already.
    pub async fn link(&self, account: &LinkedAccount, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::insert(table::Model::from(account).into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("linked account"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Notes a sign-in with one, and what the provider calls it now.
    pub async fn used(
        &self,
        id: &LinkedAccountId,
        label: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        table::Entity::update_many()
            .col_expr(table::Column::LastUsedAt, Expr::value(at.millis()))
            .col_expr(table::Column::Label, Expr::value(label.map(str::to_owned)))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// Removes one of an administrator's. False when there is none.
    pub async fn unlink(
        &self,
        administrator: &AdministratorId,
        id: &LinkedAccountId,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let removed = table::Entity::delete_by_id(id.as_str())
            .filter(table::Column::Administrator.eq(administrator.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, removed, event).await
    }

    /// Removes all that came through a connection. Returns how many.
    pub async fn forget(&self, connection: &ConnectionId) -> Result<u64, StoreError> {
        let through = table::Column::ConnectionId.eq(connection.as_str());
        Ok(table::Entity::delete_many().filter(through).exec(self.0.write()).await?.rows_affected)
    }
}
