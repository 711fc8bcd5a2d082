//! Rate limits that the nodes over one database share.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("rate_limits")
            .col(hash_key("key_hash"))
            // Microseconds since the Unix epoch: with milliseconds, a rate would be rounded.
            .col(big_integer("full_at"))
            .take();
        manager.create_table(table).await?;
        index(manager, "rate_limits", &["full_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["rate_limits"]).await
    }
}
