//! From every released schema to the present one: rows survive, and the schema is that of a fresh database.
//!
//! `tests/released/m00NN.sql` is a database as the version with NN steps left it: schema and a few rows. It is
//! made once, when NN is released, and never changed:
//! `COFFER_DUMP=NN cargo test -p coffer-migrations --test released dump`

#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use coffer_migrations::{Migrator, MigratorTrait as _};
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
};

async fn empty() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

async fn texts(db: &DatabaseConnection, query: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, query);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn tables(db: &DatabaseConnection) -> Vec<String> {
    texts(
        db,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .await
}

async fn columns(db: &DatabaseConnection, table: &str) -> Vec<(String, String)> {
    let names = texts(db, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")).await;
    let types =
        texts(db, &format!("SELECT lower(type) FROM pragma_table_info('{table}') ORDER BY cid")).await;
    names.into_iter().zip(types).collect()
}

/// Every row as SQL literals, by table; of these columns where they are named.
async fn rows(db: &DatabaseConnection, of: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in tables(db).await {
        let Some(names) = of.get(&table) else { continue };
        let quoted = names.iter().map(|name| format!("quote(\"{name}\")")).collect::<Vec<_>>();
        let query = format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ', ' || "));
        all.insert(table, texts(db, &query).await);
    }
    all
}

async fn schema(db: &DatabaseConnection) -> Vec<String> {
    texts(
        db,
        "SELECT type || ' ' || name || ': ' || sql FROM sqlite_master WHERE sql IS NOT NULL \
         AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    )
    .await
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released")
}

fn dumps() -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut dumps: Vec<_> = files
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    dumps.sort();
    dumps
}

#[tokio::test]
async fn every_released_schema_is_brought_up_to_date_with_its_rows() {
    let fresh = empty().await;
    Migrator::up(&fresh, None).await.unwrap();
    let dumps = dumps();
    assert!(dumps.len() >= 14, "{:?}", folder());
    for (name, sql) in dumps {
        let db = empty().await;
        db.execute_unprepared(&sql).await.unwrap();
        let mut of = BTreeMap::new();
        for table in tables(&db).await.into_iter().filter(|table| table != "seaql_migrations") {
            let names = columns(&db, &table).await.into_iter().map(|(name, _)| name);
            // Keys retire by their last token now: those that were replaced before are in use until then.
            let names =
                names.filter(|name| (table.as_str(), name.as_str()) != ("signing_keys", "retired_at"));
            let names = names.collect();
            of.insert(table, names);
        }
        let before = rows(&db, &of).await;
        db.execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        let after = rows(&db, &of).await;
        for (table, rows) in before.iter().filter(|(table, _)| *table != "seaql_migrations") {
            assert!(!rows.is_empty(), "{name}: the dump has nothing in {table}");
            assert_eq!(after.get(table), Some(rows), "{name}: {table}");
        }
        assert_eq!(schema(&db).await, schema(&fresh).await, "{name}");
        assert_eq!(texts(&db, "SELECT \"table\" FROM pragma_foreign_key_check").await, Vec::<String>::new());
        assert_eq!(texts(&db, "PRAGMA integrity_check").await, ["ok"], "{name}");
    }
}

/// What a value of this column looks like. Every id is the same, so that references hold.
fn value(table: &str, column: &str, kind: &str) -> String {
    let text = match (table, column) {
        (_, "grants" | "scopes" | "callbacks" | "logout_urls" | "web_origins" | "types" | "attempts") => "[]",
        (_, "options" | "data" | "request" | "params" | "metadata" | "payload") => "{}",
        (_, "url") => "https://receiver.example/",
        _ => "id_1",
    };
    match kind {
        kind if kind.contains("int") => if column == "id" { "1" } else { "1700000000000" }.to_owned(),
        kind if kind.contains("bool") => "1".to_owned(),
        kind if kind.contains("blob") => format!("X'{}'", "01".repeat(32)),
        _ => format!("'{text}'"),
    }
}

/// Makes a dump, where it is asked for.
#[tokio::test]
async fn dump() {
    let Ok(steps) = std::env::var("COFFER_DUMP") else { return };
    let steps: u32 = steps.parse().unwrap();
    let db = empty().await;
    Migrator::up(&db, Some(steps)).await.unwrap();
    let order = "CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid";
    let made = texts(
        &db,
        &format!("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY {order}"),
    )
    .await;
    let mut sql = "PRAGMA foreign_keys = OFF;\n".to_owned();
    for statement in made {
        writeln!(sql, "{statement};").unwrap();
    }
    for table in tables(&db).await {
        if table == "seaql_migrations" {
            for version in texts(&db, "SELECT version FROM seaql_migrations ORDER BY version").await {
                writeln!(sql, "INSERT INTO \"seaql_migrations\" VALUES ('{version}', 1700000000);").unwrap();
            }
            continue;
        }
        let values: Vec<_> =
            columns(&db, &table).await.iter().map(|(name, kind)| value(&table, name, kind)).collect();
        writeln!(sql, "INSERT INTO \"{table}\" VALUES ({});", values.join(", ")).unwrap();
    }
    std::fs::write(folder().join(format!("m{steps:04}.sql")), sql).unwrap();
}
