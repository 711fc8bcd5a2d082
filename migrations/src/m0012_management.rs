//! The management API: notes about connections, and what its lists and retries need.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{cascade, drop_all, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("connection_metadata")
                    .col(string("connection_id").primary_key())
                    .col(text("metadata"))
                    .foreign_key(&mut cascade("connection_metadata", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("idempotent_answers")
                    .col(string("id").primary_key())
                    .col(blob("fingerprint"))
                    .col(blob("answer"))
                    .col(big_integer("expires_at"))
                    .take(),
            )
            .await?;
        index(manager, "idempotent_answers", &["expires_at"], false).await?;
        index(manager, "users", &["created_at", "id"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("users_created_at_id").table("users").to_owned()).await?;
        drop_all(manager, &["connection_metadata", "idempotent_answers"]).await
    }
}
