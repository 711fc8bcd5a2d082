//! Codes and tokens of this server: hashes alone. A family is one sign-in to one application; its
//! tokens carry neither client nor user, they have those of the family.

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
                    .table("codes")
                    .col(hash_key("code_hash"))
                    .col(string("client_id"))
                    .col(string("user_id"))
                    .col(text("redirect_uri"))
                    .col(text("scopes"))
                    .col(text_null("nonce"))
                    .col(text_null("code_challenge"))
                    .col(big_integer("auth_time"))
                    .col(string("session_id"))
                    .col(string("family_id"))
                    .col(big_integer("expires_at"))
                    .col(big_integer_null("used_at"))
                    .foreign_key(&mut cascade("codes", "client_id", "clients", "id"))
                    .foreign_key(&mut cascade("codes", "user_id", "users", "id"))
                    .take(),
            )
            .await?;
        for column in ["client_id", "user_id", "expires_at"] {
            index(manager, "codes", &[column], false).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("token_families")
                    .col(string("id").primary_key())
                    .col(string("client_id"))
                    .col(string("user_id"))
                    .col(string("session_id"))
                    .col(big_integer("auth_time"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .col(big_integer_null("revoked_at"))
                    .foreign_key(&mut cascade("token_families", "client_id", "clients", "id"))
                    .foreign_key(&mut cascade("token_families", "user_id", "users", "id"))
                    .take(),
            )
            .await?;
        for column in ["client_id", "user_id", "session_id", "expires_at"] {
            index(manager, "token_families", &[column], false).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("refresh_tokens")
                    .col(hash_key("token_hash"))
                    .col(string("family_id"))
                    .col(text("scopes"))
                    .col(big_integer("issued_at"))
                    .col(big_integer_null("rotated_at"))
                    .col(big_integer("idle_expires_at"))
                    .foreign_key(&mut cascade("refresh_tokens", "family_id", "token_families", "id"))
                    .take(),
            )
            .await?;
        index(manager, "refresh_tokens", &["family_id"], false).await?;
        index(manager, "refresh_tokens", &["idle_expires_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("access_tokens")
                    .col(hash_key("token_hash"))
                    .col(string("family_id"))
                    .col(text("scopes"))
                    .col(big_integer("expires_at"))
                    .col(big_integer_null("revoked_at"))
                    .foreign_key(&mut cascade("access_tokens", "family_id", "token_families", "id"))
                    .take(),
            )
            .await?;
        index(manager, "access_tokens", &["family_id"], false).await?;
        index(manager, "access_tokens", &["expires_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["codes", "token_families", "refresh_tokens", "access_tokens"]).await
    }
}
