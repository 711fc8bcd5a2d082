//! Administrators, the link that makes the first one, throttles and browser sessions.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("administrators")
                    .col(string("id").primary_key())
                    .col(string_uniq("email"))
                    .col(text("password_hash"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("last_sign_in_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("setup_links")
                    .col(hash_key("token_hash"))
                    .col(big_integer("expires_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("throttles")
                    .col(hash_key("key_hash"))
                    .col(big_integer("failures"))
                    .col(big_integer("expires_at"))
                    .take(),
            )
            .await?;
        index(manager, "throttles", &["expires_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(hash_key("id_hash"))
                    .col(string("realm"))
                    .col(text("data"))
                    .col(big_integer("expires_at"))
                    .take(),
            )
            .await?;
        index(manager, "sessions", &["expires_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["administrators", "setup_links", "throttles", "sessions"]).await
    }
}
