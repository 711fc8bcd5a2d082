//! End users, their consents, and authorization requests on their way.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{cascade, drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(string("id").primary_key())
                    .col(string("connection_id"))
                    .col(text("provider_user_id"))
                    .col(text("profile"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("last_sign_in_at"))
                    .foreign_key(&mut cascade("users", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "users", &["connection_id"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("consents")
                    .col(string("user_id"))
                    .col(string("client_id"))
                    .col(text("scopes"))
                    .col(big_integer("updated_at"))
                    .primary_key(Index::create().col("user_id").col("client_id"))
                    .foreign_key(&mut cascade("consents", "user_id", "users", "id"))
                    .foreign_key(&mut cascade("consents", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "consents", &["client_id"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("interactions")
                    .col(hash_key("handle_hash"))
                    .col(string("client_id"))
                    .col(text("request"))
                    .col(text("stage"))
                    .col(blob("browser_hash"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("interactions", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "interactions", &["client_id"], false).await?;
        index(manager, "interactions", &["expires_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("upstream_logins")
                    .col(hash_key("state_hash"))
                    .col(blob("interaction_hash"))
                    .col(string("connection_id"))
                    .col(blob("browser_hash"))
                    .col(text("scopes"))
                    .col(blob("secrets"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("upstream_logins", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "upstream_logins", &["connection_id"], false).await?;
        index(manager, "upstream_logins", &["expires_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["users", "consents", "interactions", "upstream_logins"]).await
    }
}
