//! Keys that change while the server runs: which signing key signs from when and until when its tokens live, and
//! which key-encryption keys each running server has.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::add;

/// As long as any access token for an API may live, in milliseconds: 30 days.
const LONGEST: i64 = 30 * 24 * 3600 * 1000;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(
            manager,
            "signing_keys",
            vec![big_integer_null("signs_from").take(), big_integer_null("signed_until").take()],
        )
        .await?;
        let first = Query::update().table("signing_keys").value("signs_from", Expr::col("created_at")).take();
        manager.exec_stmt(first).await?;
        // A key was retired while tokens that it signed were still good: it is published until they have ended.
        let replaced = Query::update()
            .table("signing_keys")
            .value("signed_until", Expr::col("retired_at").add(LONGEST))
            .value("retired_at", Option::<i64>::None)
            .and_where(Expr::col("retired_at").is_not_null())
            .take();
        manager.exec_stmt(replaced).await?;
        manager
            .create_table(
                Table::create()
                    .table("key_holders")
                    .col(string("node").primary_key())
                    .col(text("known"))
                    .col(string("active"))
                    .col(big_integer("active_since"))
                    .col(big_integer("seen_at"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("key_holders").take()).await?;
        for column in ["signed_until", "signs_from"] {
            manager.alter_table(Table::alter().table("signing_keys").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
