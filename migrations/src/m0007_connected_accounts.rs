//! Connected accounts: connect sessions, scope ceilings, revocations to be made, domains of enterprise
//! connections, and what users and accounts are found by.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{add, cascade, drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "clients", vec![boolean("connect_accounts").default(false).take()]).await?;
        add(manager, "codes", vec![text_null("audience")]).await?;
        add(manager, "access_tokens", vec![text_null("audience")]).await?;
        add(manager, "enablements", vec![text_null("scope_ceiling")]).await?;
        add(manager, "token_sets", vec![text_null("label"), big_integer_null("refresh_expires_at")]).await?;
        // Lower case, for finding; the profile has them as they are.
        let found_by =
            vec![string_null("email_key"), string_null("name_key"), big_integer_null("signed_out_at")];
        add(manager, "users", found_by).await?;
        add(manager, "audit_events", vec![string_null("account")]).await?;
        for columns in [&["email_key"][..], &["name_key"], &["last_sign_in_at", "id"]] {
            index(manager, "users", columns, false).await?;
        }
        index(manager, "token_sets", &["connection_id", "state"], false).await?;
        index(manager, "audit_events", &["account", "code", "client_id", "at"], false).await?;
        index(manager, "audit_events", &["code", "at"], false).await?;
        // The errand is sealed with the rest: a login belongs to an interaction or to a connect session.
        manager
            .alter_table(Table::alter().table("upstream_logins").drop_column("interaction_hash").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("connect_sessions")
                    .col(string("id").primary_key())
                    .col(blob_uniq("auth_session_hash"))
                    .col(blob_uniq("ticket_hash"))
                    .col(blob_null("code_hash"))
                    .col(string("user_id"))
                    .col(string("client_id"))
                    .col(string("connection_id"))
                    .col(text("request"))
                    .col(text("stage"))
                    .col(blob_null("browser_hash"))
                    .col(blob_null("tokens"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("connect_sessions", "user_id", "users", "id"))
                    .foreign_key(&mut cascade("connect_sessions", "client_id", "clients", "id"))
                    .foreign_key(&mut cascade("connect_sessions", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        for column in ["user_id", "client_id", "connection_id", "expires_at"] {
            index(manager, "connect_sessions", &[column], false).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("revocations")
                    .col(string("id").primary_key())
                    .col(string("connection"))
                    .col(string("user_id"))
                    .col(text("account"))
                    .col(blob("request"))
                    .col(big_integer("attempts"))
                    .col(big_integer("due_at"))
                    .take(),
            )
            .await?;
        index(manager, "revocations", &["due_at"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("connection_domains")
                    .col(string("domain"))
                    .col(string("connection_id"))
                    .primary_key(Index::create().col("domain").col("connection_id"))
                    .foreign_key(&mut cascade("connection_domains", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "connection_domains", &["connection_id"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("connection_tries")
                    .col(hash_key("handle_hash"))
                    .col(string("connection_id"))
                    .col(text("result"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade("connection_tries", "connection_id", "connections", "id"))
                    .take(),
            )
            .await?;
        index(manager, "connection_tries", &["connection_id"], false).await?;
        index(manager, "connection_tries", &["expires_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["connect_sessions", "revocations", "connection_domains", "connection_tries"])
            .await
    }
}
