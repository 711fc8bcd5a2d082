//! Webhooks and the deliveries to them.

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
                    .table("webhooks")
                    .col(string("id").primary_key())
                    .col(text("url"))
                    .col(text("description"))
                    .col(text("types"))
                    .col(boolean("enabled"))
                    .col(text_null("given_up"))
                    .col(big_integer_null("failing_since"))
                    .col(blob("secrets"))
                    .col(big_integer("secret_replaced_at"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("version"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_deliveries")
                    .col(string("id").primary_key())
                    .col(string("webhook_id"))
                    .col(string("event"))
                    .col(text("payload"))
                    .col(string("state"))
                    .col(big_integer("fence"))
                    .col(big_integer("failures"))
                    .col(big_integer_null("due_at"))
                    .col(text("attempts"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("finished_at"))
                    .foreign_key(&mut cascade("webhook_deliveries", "webhook_id", "webhooks", "id"))
                    .take(),
            )
            .await?;
        for columns in [&["webhook_id", "due_at"][..], &["webhook_id", "created_at", "id"], &["finished_at"]]
        {
            index(manager, "webhook_deliveries", columns, false).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["webhooks", "webhook_deliveries"]).await
    }
}
