//! What is deleted once it is of no further use. Each table by itself, so that no writer waits long.

use coffer_contract::{Timestamp, webhook::DeliveryState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter as _};

use crate::{
    Store, StoreError,
    entity::{
        access_tokens, administrator_invitations, codes, connect_sessions, connection_tries, devices,
        idempotent_answers, initial_access_tokens, interactions, pushed_requests, refresh_tokens, replays,
        session_clients, sessions, setup_links, throttles, token_families, upstream_logins,
        webhook_deliveries,
    },
};

/// Codes are kept this long after their end, in seconds, so that a late replay still ends its family.
const CODES_KEPT_SECONDS: i64 = 24 * 3600;
/// Refresh tokens likewise, so that their reuse is told from a guess.
const REFRESH_KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// What was delivered to a webhook is kept this long, in seconds.
const DELIVERED_KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// What was given up is kept longer, so that it can be sent again by hand.
const GIVEN_UP_KEPT_SECONDS: i64 = 30 * 24 * 3600;
/// Devices a little, so that one that polls too late is told that its code has ended.
const DEVICES_KEPT_SECONDS: i64 = 3600;

/// Deletes what ended before `now`. Returns the number of rows, those that went with others left out.
pub async fn delete_expired(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let codes_before = now.plus_seconds(-CODES_KEPT_SECONDS);
    let devices_before = now.plus_seconds(-DEVICES_KEPT_SECONDS);
    let refresh_before = now.plus_seconds(-REFRESH_KEPT_SECONDS);
    Ok(delete::<sessions::Entity>(store, sessions::Column::ExpiresAt, now).await?
        + delete::<setup_links::Entity>(store, setup_links::Column::ExpiresAt, now).await?
        + delete::<administrator_invitations::Entity>(
            store,
            administrator_invitations::Column::ExpiresAt,
            now,
        )
        .await?
        + store.second_factors().forget_unconfirmed(now).await?
        + delete::<throttles::Entity>(store, throttles::Column::ExpiresAt, now).await?
        + delete::<interactions::Entity>(store, interactions::Column::ExpiresAt, now).await?
        + delete::<upstream_logins::Entity>(store, upstream_logins::Column::ExpiresAt, now).await?
        + delete::<connect_sessions::Entity>(store, connect_sessions::Column::ExpiresAt, now).await?
        + delete::<connection_tries::Entity>(store, connection_tries::Column::ExpiresAt, now).await?
        + delete::<pushed_requests::Entity>(store, pushed_requests::Column::ExpiresAt, now).await?
        + delete::<session_clients::Entity>(store, session_clients::Column::ExpiresAt, now).await?
        + delete::<devices::Entity>(store, devices::Column::ExpiresAt, devices_before).await?
        + delete::<codes::Entity>(store, codes::Column::ExpiresAt, codes_before).await?
        + delete::<access_tokens::Entity>(store, access_tokens::Column::ExpiresAt, now).await?
        + delete::<refresh_tokens::Entity>(store, refresh_tokens::Column::IdleExpiresAt, refresh_before)
            .await?
        + delete::<idempotent_answers::Entity>(store, idempotent_answers::Column::ExpiresAt, now).await?
        + delete::<replays::Entity>(store, replays::Column::ExpiresAt, now).await?
        + delete::<initial_access_tokens::Entity>(store, initial_access_tokens::Column::ExpiresAt, now)
            .await?
        + store.rate_limits().forget(now).await?
        + store.registrations().delete_unused(now).await?
        + delete::<token_families::Entity>(store, token_families::Column::ExpiresAt, now).await?
        + deliveries(store, DeliveryState::Delivered, now.plus_seconds(-DELIVERED_KEPT_SECONDS)).await?
        + deliveries(store, DeliveryState::GivenUp, now.plus_seconds(-GIVEN_UP_KEPT_SECONDS)).await?)
}

async fn deliveries(store: &Store, state: DeliveryState, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = webhook_deliveries::Entity::delete_many()
        .filter(webhook_deliveries::Column::FinishedAt.lte(before.millis()))
        .filter(webhook_deliveries::Column::State.eq(state.code()))
        .exec(store.write())
        .await?;
    Ok(deleted.rows_affected)
}

async fn delete<E: EntityTrait>(
    store: &Store,
    column: E::Column,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let deleted = E::delete_many().filter(column.lte(before.millis())).exec(store.write()).await?;
    Ok(deleted.rows_affected)
}
