//! Connections, applications, and which application may use which connection.

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
                    .table("connections")
                    .col(string("id").primary_key())
                    .col(string_uniq("name"))
                    .col(string("strategy"))
                    .col(string("display_name"))
                    .col(text("client_id"))
                    .col(blob_null("client_secret"))
                    .col(big_integer_null("client_secret_replaced_at"))
                    .col(text("scopes"))
                    .col(string("purpose"))
                    .col(boolean("vault_enabled"))
                    .col(text("options"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("version"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("clients")
                    .col(string("id").primary_key())
                    .col(string("name"))
                    .col(text("description"))
                    .col(string("app_type"))
                    .col(text("callbacks"))
                    .col(text("logout_urls"))
                    .col(text("web_origins"))
                    .col(text("grants"))
                    .col(string("auth_method"))
                    .col(string("id_token_alg"))
                    .col(boolean("first_party"))
                    .col(blob_null("secret_hash"))
                    .col(big_integer_null("secret_replaced_at"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("version"))
                    .take(),
            )
            .await?;
        index(manager, "clients", &["name", "id"], true).await?;
        manager
            .create_table(
                Table::create()
                    .table("client_origins")
                    .col(string("origin"))
                    .col(string("client_id"))
                    .primary_key(Index::create().col("origin").col("client_id"))
                    .foreign_key(&mut cascade("client_origins", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "client_origins", &["client_id"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("enablements")
                    .col(string("client_id"))
                    .col(string("connection_id"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("client_id").col("connection_id"))
                    .foreign_key(&mut cascade("enablements", "client_id", "clients", "id"))
                    .foreign_key(&mut cascade("enablements", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "enablements", &["connection_id"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["connections", "clients", "client_origins", "enablements"]).await
    }
}
