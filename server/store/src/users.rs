//! End users.

use coffer_core::{audit::AuditEvent, ids::UserId, user::User};
use sea_orm::{EntityTrait as _, IntoActiveModel as _, sea_query::OnConflict};

use crate::{Store, StoreError, audit, entity::users as table};

/// End users.
#[derive(Clone, Debug)]
pub struct Users(pub(crate) Store);

impl Users {
    /// By id.
    pub async fn get(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// Notes a sign-in: adds the user, or takes over what the provider says now. `NotFound` when the
    /// connection does not exist (any more).
    pub async fn sign_in(&self, user: &User, event: AuditEvent) -> Result<(), StoreError> {
        let known = OnConflict::column(table::Column::Id)
            .update_columns([table::Column::Profile, table::Column::UpdatedAt, table::Column::LastSignInAt])
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
}
