//! How clients prove and register themselves: statements that are good once, settings, applications that
//! registered themselves.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{add, cascade, drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("replays")
                    .col(hash_key("key_hash"))
                    .col(big_integer("expires_at"))
                    .take(),
            )
            .await?;
        index(manager, "replays", &["expires_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("settings")
                    .col(string("name").primary_key())
                    .col(text("value"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("version"))
                    .take(),
            )
            .await?;
        add(manager, "clients", vec![string("origin").default("dashboard").take()]).await?;
        manager
            .create_table(
                Table::create()
                    .table("registrations")
                    .col(string("client_id").primary_key())
                    .col(blob_null("token_hash"))
                    .col(string_null("ip"))
                    .col(text_null("via"))
                    .col(big_integer("created_at"))
                    .col(big_integer("active_at"))
                    .foreign_key(&mut cascade("registrations", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "registrations", &["active_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("initial_access_tokens")
                    .col(string("id").primary_key())
                    .col(blob_uniq("token_hash"))
                    .col(text("name"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .col(big_integer("uses"))
                    .take(),
            )
            .await?;
        index(manager, "initial_access_tokens", &["expires_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["replays", "settings", "registrations", "initial_access_tokens"]).await
    }
}
