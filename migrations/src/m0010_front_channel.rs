//! Devices that wait for a person, pushed authorization requests, and applications to be told of a logout.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{cascade, drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Sign-ins under way were written in another form; they begin anew.
        manager.exec_stmt(Query::delete().from_table("interactions").take()).await?;
        manager
            .create_table(
                Table::create()
                    .table("devices")
                    .col(string("id").primary_key())
                    .col(blob_uniq("device_code_hash"))
                    .col(blob_uniq("user_code_hash"))
                    .col(string("client_id"))
                    .col(text("request"))
                    .col(text("stage"))
                    .col(big_integer("interval"))
                    .col(big_integer_null("polled_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("devices", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("pushed_requests")
                    .col(hash_key("uri_hash"))
                    .col(string("client_id"))
                    .col(text("params"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("pushed_requests", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        for table in ["devices", "pushed_requests"] {
            index(manager, table, &["client_id"], false).await?;
            index(manager, table, &["expires_at"], false).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("session_clients")
                    .col(string("session_id"))
                    .col(string("client_id"))
                    .col(string("user_id"))
                    .col(big_integer("expires_at"))
                    .primary_key(Index::create().col("session_id").col("client_id"))
                    .foreign_key(&mut cascade("session_clients", "client_id", "clients", "id"))
                    .foreign_key(&mut cascade("session_clients", "user_id", "users", "id"))
                    .take(),
            )
            .await?;
        for column in ["client_id", "user_id", "expires_at"] {
            index(manager, "session_clients", &[column], false).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("logouts")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(string("client_id"))
                    .col(string("user_id"))
                    .col(string("session_id"))
                    .col(big_integer("attempts"))
                    .col(big_integer("due_at"))
                    .foreign_key(&mut cascade("logouts", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "logouts", &["client_id"], false).await?;
        index(manager, "logouts", &["due_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["devices", "pushed_requests", "session_clients", "logouts"]).await
    }
}
