//! Roles of administrators, the generation of their sessions, and invitations. Whoever is an administrator
//! already becomes an owner.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::{add, cascade, drop_all};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns =
            vec![string("role").default("owner").take(), big_integer("session_generation").default(0).take()];
        add(manager, "administrators", columns).await?;
        manager
            .create_table(
                Table::create()
                    .table("administrator_invitations")
                    .col(string("id").primary_key())
                    .col(blob("token_hash").unique_key())
                    .col(string_uniq("email"))
                    .col(string("role"))
                    .col(string("invited_by"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut cascade(
                        "administrator_invitations",
                        "invited_by",
                        "administrators",
                        "id",
                    ))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["administrator_invitations"]).await?;
        for column in ["role", "session_generation"] {
            let gone = Table::alter().table("administrators").drop_column(column).take();
            manager.alter_table(gone).await?;
        }
        Ok(())
    }
}
