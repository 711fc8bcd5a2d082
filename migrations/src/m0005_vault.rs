//! The vault's token sets and the server's signing keys: sealed.

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
                    .table("token_sets")
                    .col(string("id").primary_key())
                    .col(string("user_id"))
                    .col(string("connection_id"))
                    .col(text("provider_user_id"))
                    .col(string("state"))
                    .col(text_null("reason"))
                    .col(big_integer_null("needs_consent_since"))
                    .col(text("scopes"))
                    .col(blob("tokens"))
                    .col(big_integer("obtained_at"))
                    .col(big_integer_null("access_expires_at"))
                    .col(boolean("has_refresh_token"))
                    .col(big_integer("generation"))
                    .col(big_integer("fence"))
                    .col(big_integer_null("lease_until"))
                    .col(big_integer("failures"))
                    .col(big_integer_null("retry_at"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut cascade("token_sets", "user_id", "users", "id"))
                    .foreign_key(&mut cascade("token_sets", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "token_sets", &["user_id", "connection_id", "provider_user_id"], true).await?;
        index(manager, "token_sets", &["connection_id"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("signing_keys")
                    .col(string("id").primary_key())
                    .col(string("alg"))
                    .col(text("public_jwk"))
                    .col(blob("private"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("retired_at"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["token_sets", "signing_keys"]).await
    }
}
