//! End users.

use std::collections::HashMap;

use coffer_contract::{Page, Timestamp};
use coffer_core::{audit::AuditEvent, ids::UserId, user::User};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Revocation, Store, StoreError, audit,
    entity::{token_families, users as table},
    logouts, revocations,
    span::{Order, Span, select, select_matching},
};

/// End users.
#[derive(Clone, Debug)]
pub struct Users(pub(crate) Store);

impl Users {
    /// By id. Read together with others.
    pub async fn get(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.batches().users.read(id.clone(), |ids| self.among(ids)).await
    }

    async fn among(&self, ids: Vec<UserId>) -> Result<HashMap<UserId, User>, StoreError> {
        let ids = ids.iter().map(UserId::as_str);
        let rows = table::Entity::find().filter(table::Column::Id.is_in(ids)).all(self.0.read()).await?;
        rows.into_iter().map(|row| Ok((UserId::from_text(row.id.clone()), row.try_into()?))).collect()
    }

    /// Notes a sign-in: adds the user, or takes over what the provider says now. `NotFound` when the
    /// connection does not exist (any more).
    pub async fn sign_in(&self, user: &User, event: AuditEvent) -> Result<(), StoreError> {
        let known = OnConflict::column(table::Column::Id)
            .update_columns([
                table::Column::Profile,
                table::Column::EmailKey,
                table::Column::NameKey,
                table::Column::UpdatedAt,
                table::Column::LastSignInAt,
            ])
            .to_owned();
        let tx = self.0.begin().await?;
        table::Entity::insert(table::Model::new(user)?.into_active_model())
            .on_conflict(known)
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::reference("connection"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// A page of the users whose name or address begins with `search`, or whose id it is, those who signed
    /// in last coming first. The page's key is opaque.
    pub async fn list(
        &self,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<User>, StoreError> {
        let order = Order { by: table::Column::LastSignInAt, then: table::Column::Id, descending: true };
        let key = |row: &table::Model| (row.last_sign_in_at.into(), row.id.clone());
        let (db, span) = (self.0.read(), Span::after(after, limit));
        let (all, read) = (table::Entity::find(), TryInto::try_into);
        let page = match search.trim() {
            "" => select(db, all, order, &span, key, read).await?,
            search => {
                let matches = found_by(search);
                select_matching::<String, _, _, _>(db, all, matches, order, &span, key, read).await?
            }
        };
        Ok(page.into())
    }

    /// Ends every sign-in of the user, at applications and in browsers.
    pub async fn sign_out_everywhere(
        &self,
        id: &UserId,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::update_many()
            .col_expr(table::Column::SignedOutAt, Expr::value(at.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(&tx)
            .await?;
        logouts::end(&tx, logouts::of_user(id), at).await?;
        token_families::Entity::update_many()
            .col_expr(token_families::Column::RevokedAt, Expr::value(at.millis()))
            .filter(token_families::Column::UserId.eq(id.as_str()))
            .filter(token_families::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes a user with everything of theirs (by the schema's references). The applications in whose
    /// sessions they are will be told. False when there is none.
    pub async fn delete(
        &self,
        id: &UserId,
        revocations: &[Revocation],
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        logouts::end(&tx, logouts::of_user(id), event.at).await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        if deleted > 0 {
            revocations::write(&tx, revocations).await?;
        }
        audit::settle(tx, deleted, event).await
    }
}

/// Indexed columns alone: a prefix of name or address, or a whole id.
fn found_by(search: &str) -> Condition {
    let begins = table::key(search);
    let end = format!("{begins}\u{10ffff}");
    let prefix = |column: table::Column| {
        Condition::all().add(column.gte(begins.as_str())).add(column.lt(end.as_str()))
    };
    Condition::any()
        .add(prefix(table::Column::EmailKey))
        .add(prefix(table::Column::NameKey))
        .add(table::Column::Id.eq(search))
}
