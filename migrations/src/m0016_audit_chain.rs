//! The chain over the audit log, and triggers that keep its events as they were written.
//!
//! A link stands in a row of its own, so that no event is ever changed. Events and links up to the head's
//! `pruned_to` may be deleted: that is how old ones go.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::parts::drop_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Events and links are not changed, and deleted only up to where the head says that they may be. The head
/// does not go back.
const SQLITE: &str = "
CREATE TRIGGER audit_events_kept BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are not changed'); END;
CREATE TRIGGER audit_links_kept BEFORE UPDATE ON audit_links
BEGIN SELECT RAISE(ABORT, 'audit links are not changed'); END;
CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events
WHEN NOT EXISTS (
  SELECT 1 FROM audit_links JOIN audit_chain ON audit_links.position <= audit_chain.pruned_to
  WHERE audit_links.event_id = OLD.id
)
BEGIN SELECT RAISE(ABORT, 'audit events are not deleted'); END;
CREATE TRIGGER audit_links_not_deleted BEFORE DELETE ON audit_links
WHEN NOT EXISTS (SELECT 1 FROM audit_chain WHERE OLD.position <= pruned_to)
BEGIN SELECT RAISE(ABORT, 'audit links are not deleted'); END;
CREATE TRIGGER audit_chain_not_deleted BEFORE DELETE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the head of the audit chain is not deleted'); END;
CREATE TRIGGER audit_chain_forward BEFORE UPDATE ON audit_chain
WHEN NEW.position < OLD.position OR NEW.pruned_to < OLD.pruned_to OR NEW.pruned_to > NEW.position
BEGIN SELECT RAISE(ABORT, 'the audit chain does not go back'); END;
";

const POSTGRES: &str = "
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is not changed'; END $$;
CREATE FUNCTION audit_events_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM audit_links JOIN audit_chain ON audit_links.position <= audit_chain.pruned_to
    WHERE audit_links.event_id = OLD.id
  ) THEN RAISE EXCEPTION 'audit events are not deleted'; END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION audit_links_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_chain WHERE OLD.position <= pruned_to)
  THEN RAISE EXCEPTION 'audit links are not deleted'; END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION audit_chain_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.position < OLD.position OR NEW.pruned_to < OLD.pruned_to OR NEW.pruned_to > NEW.position
  THEN RAISE EXCEPTION 'the audit chain does not go back'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_events_kept BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_links_kept BEFORE UPDATE ON audit_links FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_delete();
CREATE TRIGGER audit_links_not_deleted BEFORE DELETE ON audit_links
  FOR EACH ROW EXECUTE FUNCTION audit_links_delete();
CREATE TRIGGER audit_chain_not_deleted BEFORE DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_chain_forward BEFORE UPDATE ON audit_chain
  FOR EACH ROW EXECUTE FUNCTION audit_chain_update();
CREATE TRIGGER audit_events_not_emptied BEFORE TRUNCATE ON audit_events EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_links_not_emptied BEFORE TRUNCATE ON audit_links EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_chain_not_emptied BEFORE TRUNCATE ON audit_chain EXECUTE FUNCTION audit_kept();
";

const SQLITE_DOWN: &str = "
DROP TRIGGER audit_events_kept;
DROP TRIGGER audit_events_not_deleted;
";

const POSTGRES_DOWN: &str = "
DROP FUNCTION audit_kept, audit_events_delete, audit_links_delete, audit_chain_update CASCADE;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit_links")
                    // Given explicitly; this kind of key keeps the rows in its order without a further index.
                    .col(big_integer("position").auto_increment().primary_key())
                    .col(big_integer_uniq("event_id"))
                    .col(blob("link"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("audit_chain")
                    .col(string("id").primary_key())
                    .col(blob("key"))
                    .col(big_integer("position"))
                    .col(blob("link"))
                    .col(big_integer("last_event"))
                    .col(big_integer("settled"))
                    .col(big_integer("pruned_to"))
                    .col(blob("pruned_link"))
                    .col(blob("mac"))
                    .take(),
            )
            .await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager.get_connection().execute_unprepared(triggers).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES_DOWN,
            _ => SQLITE_DOWN,
        };
        manager.get_connection().execute_unprepared(triggers).await?;
        drop_all(manager, &["audit_links", "audit_chain"]).await
    }
}
