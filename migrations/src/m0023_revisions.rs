//! A number of each row that an exchange rests on, and another one whenever the row is written: whoever remembers
//! what was read can ask whether it still stands. Random, so that a row that goes and comes again has another one.

use sea_orm_migration::{prelude::*, schema::big_integer, sea_orm::DbBackend};

use crate::parts::add;

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["clients", "connections", "enablements", "token_sets"];

const POSTGRES: &str = "
CREATE FUNCTION revised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.revision := floor(random() * 9007199254740992)::bigint; RETURN NEW; END $$;
";

fn sqlite(table: &str) -> String {
    format!(
        "
CREATE TRIGGER {table}_added AFTER INSERT ON {table}
BEGIN UPDATE {table} SET revision = random() WHERE rowid = NEW.rowid; END;
CREATE TRIGGER {table}_revised AFTER UPDATE ON {table} WHEN NEW.revision = OLD.revision
BEGIN UPDATE {table} SET revision = random() WHERE rowid = NEW.rowid; END;
"
    )
}

fn postgres(table: &str) -> String {
    format!(
        "CREATE TRIGGER {table}_revised BEFORE INSERT OR UPDATE ON {table}
         FOR EACH ROW EXECUTE FUNCTION revised();"
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let shared = manager.get_database_backend() == DbBackend::Postgres;
        if shared {
            db.execute_unprepared(POSTGRES).await?;
        }
        for table in TABLES {
            add(manager, table, vec![big_integer("revision").default(0).take()]).await?;
            let triggers = if shared { postgres(table) } else { sqlite(table) };
            db.execute_unprepared(&triggers).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let shared = manager.get_database_backend() == DbBackend::Postgres;
        if shared {
            db.execute_unprepared("DROP FUNCTION revised CASCADE").await?;
        }
        for table in TABLES {
            if !shared {
                let drop = format!("DROP TRIGGER {table}_added; DROP TRIGGER {table}_revised;");
                db.execute_unprepared(&drop).await?;
            }
            manager.alter_table(Table::alter().table(table).drop_column("revision").take()).await?;
        }
        Ok(())
    }
}
