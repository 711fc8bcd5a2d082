//! Second factors of administrators: authenticator apps, and codes for who has lost theirs.

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
                    .table("authenticator_apps")
                    .col(string("id").primary_key())
                    .col(string("administrator"))
                    .col(string("name"))
                    .col(blob("secret"))
                    .col(big_integer_null("used_step"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("confirmed_at"))
                    .col(big_integer_null("last_used_at"))
                    .foreign_key(&mut cascade("authenticator_apps", "administrator", "administrators", "id"))
                    .take(),
            )
            .await?;
        index(manager, "authenticator_apps", &["administrator"], false).await?;
        manager
            .create_table(
                Table::create()
                    .table("recovery_codes")
                    .col(hash_key("code_hash"))
                    .col(string("administrator"))
                    .col(big_integer("created_at"))
                    .foreign_key(&mut cascade("recovery_codes", "administrator", "administrators", "id"))
                    .take(),
            )
            .await?;
        index(manager, "recovery_codes", &["administrator"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["authenticator_apps", "recovery_codes"]).await
    }
}
