//! What users are found by, in the index that has their order: a list of many that match is found in the index alone.

use sea_orm_migration::prelude::*;

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

const BEFORE: [&str; 2] = ["last_sign_in_at", "id"];
const AFTER: [&str; 4] = ["last_sign_in_at", "id", "email_key", "name_key"];

async fn replace(
    manager: &SchemaManager<'_>,
    old: &[&'static str],
    new: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("users_{}", old.join("_"));
    manager.drop_index(Index::drop().name(name).table("users").to_owned()).await?;
    index(manager, "users", new, false).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, &BEFORE, &AFTER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, &AFTER, &BEFORE).await
    }
}
