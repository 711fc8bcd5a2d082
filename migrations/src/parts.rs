//! What the steps have in common.

use sea_orm_migration::{prelude::*, schema::blob};

/// A primary key that is a SHA-256.
pub fn hash_key(column: &'static str) -> ColumnDef {
    blob(column).primary_key().take()
}

/// A reference whose row goes with the row it points to.
pub fn cascade(
    table: &'static str,
    column: &'static str,
    parent: &'static str,
    parent_column: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, column)
        .to(parent, parent_column)
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// Creates an index named after its table and columns.
pub async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(format!("{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    if unique {
        index.unique();
    }
    manager.create_index(index.take()).await
}

/// Drops tables, the last one first.
pub async fn drop_all(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*table).take()).await?;
    }
    Ok(())
}

/// Adds columns, with one statement for each: SQLite takes no more.
pub async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: Vec<ColumnDef>,
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
    }
    Ok(())
}
