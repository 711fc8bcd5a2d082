//! The audit log. Names and ids in it outlive the rows they came from, so nothing is referenced.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{drop_all, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit_events")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("at"))
                    .col(string("code"))
                    .col(boolean("success"))
                    .col(string("actor_kind"))
                    .col(text("actor"))
                    .col(string_null("client_id"))
                    .col(string_null("connection"))
                    .col(string_null("user_id"))
                    .col(string_null("ip"))
                    .col(text("description"))
                    .take(),
            )
            .await?;
        // Each filter of the Logs page pages downwards by id.
        for column in ["code", "success", "client_id", "connection", "user_id"] {
            index(manager, "audit_events", &[column, "id"], false).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["audit_events"]).await
    }
}
