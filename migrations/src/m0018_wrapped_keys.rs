//! Key-encryption keys that a key service wrapped.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("wrapped_keys")
                    .col(string("id").primary_key())
                    .col(text("wrapped"))
                    .col(big_integer("version"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("activated_at"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("wrapped_keys").take()).await
    }
}
