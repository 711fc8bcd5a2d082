//! Passkeys of administrators (WebAuthn credentials).

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
                    .table("passkeys")
                    .col(string("id").primary_key())
                    .col(string("administrator"))
                    .col(string("name"))
                    .col(blob("user_handle"))
                    .col(blob("credential_id").unique_key())
                    .col(big_integer("transports"))
                    .col(blob("public_state"))
                    .col(blob("changing_state"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("last_used_at"))
                    .foreign_key(&mut cascade("passkeys", "administrator", "administrators", "id"))
                    .take(),
            )
            .await?;
        index(manager, "passkeys", &["administrator"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["passkeys"]).await
    }
}
