//! APIs (resource servers), what applications may do there, and what more is known of applications and
//! tokens. Access tokens carry client and user themselves: one that a client got for itself has no
//! family, and one that was exchanged belongs to another client than its family.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{add, cascade, drop_all, hash_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn access_tokens(name: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(hash_key("token_hash"))
        .col(string("client_id"))
        .col(string_null("user_id"))
        .col(string_null("family_id"))
        .col(text("scopes"))
        .col(text_null("audience"))
        .col(text_null("actor"))
        .col(string_null("jkt"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("revoked_at"))
        .foreign_key(&mut cascade(name, "client_id", "clients", "id"))
        .foreign_key(&mut cascade(name, "user_id", "users", "id"))
        .foreign_key(&mut cascade(name, "family_id", "token_families", "id"))
        .take()
}

/// SQLite cannot make a column nullable: the rows move to a new table of the same name.
async fn rebuild_access_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const NEW: &str = "access_tokens_new";
    manager.create_table(access_tokens(NEW)).await?;
    let old = |column: &'static str| ("access_tokens", column);
    let family = |column: &'static str| ("token_families", column);
    let rows = Query::select()
        .column(old("token_hash"))
        .column(family("client_id"))
        .column(family("user_id"))
        .column(old("family_id"))
        .column(old("scopes"))
        .column(old("audience"))
        // Every access token lived an hour so far.
        .expr(Expr::col(old("expires_at")).sub(3_600_000))
        .column(old("expires_at"))
        .column(old("revoked_at"))
        .from("access_tokens")
        .inner_join("token_families", Expr::col(family("id")).equals(old("family_id")))
        .take();
    let mut insert = Query::insert();
    insert.into_table(NEW).columns([
        "token_hash",
        "client_id",
        "user_id",
        "family_id",
        "scopes",
        "audience",
        "issued_at",
        "expires_at",
        "revoked_at",
    ]);
    insert.select_from(rows).map_err(|error| DbErr::Custom(error.to_string()))?;
    manager.execute(insert).await?;
    manager.drop_table(Table::drop().table("access_tokens").take()).await?;
    manager.rename_table(Table::rename().table(NEW, "access_tokens").take()).await?;
    for column in ["client_id", "user_id", "family_id", "expires_at"] {
        index(manager, "access_tokens", &[column], false).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("resource_servers")
                    .col(string("id").primary_key())
                    .col(string_uniq("identifier"))
                    .col(string("name"))
                    .col(text("scopes"))
                    .col(string("signing_alg"))
                    .col(big_integer("token_seconds"))
                    .col(boolean("offline_access"))
                    .col(boolean("skip_consent"))
                    .col(string("user_access"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("version"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("client_grants")
                    .col(string("id").primary_key())
                    .col(string("client_id"))
                    .col(string("audience"))
                    .col(string("subject"))
                    .col(text("scopes"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut cascade("client_grants", "client_id", "clients", "id"))
                    .take(),
            )
            .await?;
        index(manager, "client_grants", &["client_id", "audience", "subject"], true).await?;
        index(manager, "client_grants", &["audience"], false).await?;
        let client = vec![
            string_null("resource_server"),
            text("refresh_policies").default("[]").take(),
            text_null("jwks"),
            text_null("jwks_uri"),
            text_null("backchannel_logout_uri"),
            boolean("require_par").default(false).take(),
            text_null("logo_uri"),
            text("metadata").default("{}").take(),
        ];
        add(manager, "clients", client).await?;
        index(manager, "clients", &["resource_server"], false).await?;
        add(manager, "codes", vec![string_null("jkt")]).await?;
        add(manager, "refresh_tokens", vec![text_null("audience"), string_null("jkt")]).await?;
        rebuild_access_tokens(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["resource_servers", "client_grants"]).await
    }
}
