//! Accounts at providers with which administrators sign in.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{cascade, drop_all, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const TABLE: &str = "linked_accounts";
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(string("id").primary_key())
                    .col(string("administrator"))
                    .col(string("connection_id"))
                    .col(string("provider_user_id"))
                    .col(string_null("label"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("last_used_at"))
                    .foreign_key(&mut cascade(TABLE, "administrator", "administrators", "id"))
                    .foreign_key(&mut cascade(TABLE, "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, TABLE, &["connection_id", "provider_user_id"], true).await?;
        index(manager, TABLE, &["administrator"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["linked_accounts"]).await
    }
}
