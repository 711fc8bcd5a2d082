//! What names an API and its scopes: what applications may do there, and what they may get tokens for by
//! refresh. Kept true in the transaction that changes or deletes the API.

use coffer_contract::api::RefreshPolicy;
use coffer_core::{
    api::{Api, ClientGrant},
    client::Client,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use crate::{
    StoreError,
    entity::{client_grants, clients},
    row::to_json,
    search::contains,
};

/// Takes away the scopes that the API does not have any more.
pub(crate) async fn narrow<C: ConnectionTrait>(db: &C, api: &Api) -> Result<(), StoreError> {
    let rows = client_grants::Entity::find()
        .filter(client_grants::Column::Audience.eq(api.identifier.as_str()))
        .all(db)
        .await?;
    for row in rows {
        let grant = ClientGrant::try_from(row)?;
        let known = api.known(&grant.scopes);
        if known != grant.scopes {
            client_grants::Entity::update_many()
                .col_expr(client_grants::Column::Scopes, Expr::value(to_json(&known)?))
                .filter(client_grants::Column::Id.eq(grant.id.as_str()))
                .exec(db)
                .await?;
        }
    }
    policies(db, &api.identifier, |policy| policy.scope.retain(|scope| api.has(scope))).await
}

/// Takes away everything that names the API.
pub(crate) async fn forget<C: ConnectionTrait>(db: &C, api: &Api) -> Result<(), StoreError> {
    client_grants::Entity::delete_many()
        .filter(client_grants::Column::Audience.eq(api.identifier.as_str()))
        .exec(db)
        .await?;
    clients::Entity::update_many()
        .col_expr(clients::Column::ResourceServer, Expr::value(Option::<String>::None))
        .filter(clients::Column::ResourceServer.eq(api.id.as_str()))
        .exec(db)
        .await?;
    policies(db, &api.identifier, |policy| policy.scope.clear()).await
}

/// Changes every application's policies for this API; one without scopes is no policy.
async fn policies<C: ConnectionTrait>(
    db: &C,
    identifier: &str,
    change: impl Fn(&mut RefreshPolicy),
) -> Result<(), StoreError> {
    let rows = clients::Entity::find()
        .filter(contains([clients::Column::RefreshPolicies], &to_json(&identifier)?))
        .all(db)
        .await?;
    for row in rows {
        let client = Client::try_from(row)?;
        let mut kept = client.refresh_policies.clone();
        kept.iter_mut().filter(|policy| policy.audience == identifier).for_each(&change);
        kept.retain(|policy| !policy.scope.is_empty());
        if kept != client.refresh_policies {
            clients::Entity::update_many()
                .col_expr(clients::Column::RefreshPolicies, Expr::value(to_json(&kept)?))
                .filter(clients::Column::Id.eq(client.id.as_str()))
                .exec(db)
                .await?;
        }
    }
    Ok(())
}
