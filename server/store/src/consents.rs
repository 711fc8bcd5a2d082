//! What users granted to applications.

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::{
    Scopes,
    audit::AuditEvent,
    ids::{ClientId, UserId},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Store, StoreError, audit,
    entity::{consents as table, token_families},
    row::{Row, to_json},
    turns::{self, Turn},
};

/// What users granted to applications.
#[derive(Clone, Debug)]
pub struct Consents(pub(crate) Store);

async fn granted<C: ConnectionTrait>(db: &C, user: &UserId, client: &ClientId) -> Result<Scopes, StoreError> {
    match table::Entity::find_by_id((user.to_string(), client.to_string())).one(db).await? {
        None => Ok(Scopes::default()),
        Some(row) => {
            Row::new("consents", &format!("{} {}", row.user_id, row.client_id)).json("scopes", &row.scopes)
        }
    }
}

impl Consents {
    /// What the user has granted to the application so far.
    pub async fn get(&self, user: &UserId, client: &ClientId) -> Result<Scopes, StoreError> {
        granted(self.0.read(), user, client).await
    }

    /// What the user has granted, by application.
    pub async fn of_user(&self, user: &UserId) -> Result<HashMap<ClientId, Scopes>, StoreError> {
        let rows =
            table::Entity::find().filter(table::Column::UserId.eq(user.as_str())).all(self.0.read()).await?;
        rows.into_iter()
            .map(|row| {
                let at = Row::new("consents", &format!("{} {}", row.user_id, row.client_id));
                let scopes = at.json("scopes", &row.scopes)?;
                Ok((ClientId::from_text(row.client_id), scopes))
            })
            .collect()
    }

    /// Adds `scopes` to what was granted before.
    pub async fn grant(
        &self,
        user: &UserId,
        client: &ClientId,
        scopes: &Scopes,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        turns::take_over(&tx, Turn::Consent, user.as_str()).await?;
        let mut all = granted(&tx, user, client).await?;
        for scope in scopes.iter() {
            all.insert(scope);
        }
        let row = table::Model {
            user_id: user.to_string(),
            client_id: client.to_string(),
            scopes: to_json(&all)?,
            updated_at: at.millis(),
        };
        let replace = OnConflict::columns([table::Column::UserId, table::Column::ClientId])
            .update_columns([table::Column::Scopes, table::Column::UpdatedAt])
            .to_owned();
        table::Entity::insert(row.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::reference("user or application"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Takes back what the user granted to the application, but for what is `left`, and ends the sign-ins
    /// whose tokens it allowed. False, and no event, when nothing was granted.
    pub async fn withdraw(
        &self,
        user: &UserId,
        client: &ClientId,
        left: &Scopes,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let scopes = to_json(left)?;
        let tx = self.0.begin().await?;
        let key = (user.to_string(), client.to_string());
        let changed = if left.is_empty() {
            table::Entity::delete_by_id(key).exec(&tx).await?.rows_affected
        } else {
            table::Entity::update_many()
                .col_expr(table::Column::Scopes, Expr::value(scopes))
                .col_expr(table::Column::UpdatedAt, Expr::value(at.millis()))
                .filter(table::Column::UserId.eq(user.as_str()))
                .filter(table::Column::ClientId.eq(client.as_str()))
                .exec(&tx)
                .await?
                .rows_affected
        };
        token_families::Entity::update_many()
            .col_expr(token_families::Column::RevokedAt, Expr::value(at.millis()))
            .filter(token_families::Column::UserId.eq(user.as_str()))
            .filter(token_families::Column::ClientId.eq(client.as_str()))
            .filter(token_families::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        audit::settle(tx, changed, event).await
    }
}
