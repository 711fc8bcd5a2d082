//! The audit log.

use std::collections::{BTreeSet, HashMap};

use coffer_contract::{
    Timestamp,
    log::{LogEntry, LogFilter},
};
use coffer_core::{
    audit::{AuditEvent, EventCode},
    ids::{ClientId, TokenSetId},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Query, UnionType},
};

use crate::{
    Store, StoreError, StoredEvent,
    batch::insert_all,
    entity::{audit_events, clients},
    group::{Told, tell},
    matching::{Match, end},
    outbox,
    span::{Listed, Order, Span, select, select_matching, without_index},
};

/// Events of one transaction at most, of those that are written together.
const MOST: usize = 512;

/// The audit log.
#[derive(Clone, Debug)]
pub struct Audit(pub(crate) Store);

/// Writes events within the caller's transaction, and what webhooks are told of them.
pub(crate) async fn write<C: ConnectionTrait>(db: &C, events: &[AuditEvent]) -> Result<(), StoreError> {
    for event in events {
        metrics::counter!("coffer_events_total", "event" => event.code.as_str()).increment(1);
    }
    insert_all(db, events.iter().map(row)).await?;
    outbox::write(db, events).await
}

/// Ends a transaction whose statement changed `changed` rows: commits with the event; or, when that is none,
/// rolls back without it and is false.
pub(crate) async fn settle(
    tx: DatabaseTransaction,
    changed: u64,
    event: AuditEvent,
) -> Result<bool, StoreError> {
    if changed == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    write(&tx, &[event]).await?;
    tx.commit().await?;
    Ok(true)
}

fn row(event: &AuditEvent) -> audit_events::ActiveModel {
    let (actor_kind, actor) = event.actor.parts();
    audit_events::ActiveModel {
        id: NotSet,
        at: Set(event.at.millis()),
        code: Set(event.code.as_str().to_owned()),
        success: Set(event.code.is_success()),
        actor_kind: Set(actor_kind.to_owned()),
        actor: Set(actor),
        client_id: Set(event.client_id.as_ref().map(ToString::to_string)),
        connection: Set(event.connection.clone()),
        user_id: Set(event.user_id.as_ref().map(ToString::to_string)),
        account: Set(event.account.as_ref().map(ToString::to_string)),
        ip: Set(event.ip.clone()),
        description: Set(event.description.clone()),
    }
}

impl Audit {
    /// Writes events, all or none.
    pub async fn append(&self, events: &[AuditEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let tx = self.0.begin().await?;
        write(&tx, events).await?;
        Ok(tx.commit().await?)
    }

    /// Writes an event that belongs to no change, together with others that come at the same moment.
    pub async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        let store = self.0.clone();
        self.0.groups().records.join(event, MOST, move |group| record_group(store.clone(), group)).await
    }

    /// Up to `limit` events that pass `filter`, newest first, older than the one numbered `before`.
    pub async fn list(
        &self,
        filter: &LogFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let bounds = Condition::all().add_option(before.map(|before| audit_events::Column::Id.lt(before)));
        let rows = filtered(filter, &bounds, &sea_orm::Order::Desc, limit).all(self.0.read()).await?;
        let names = self.names(&rows).await?;
        Ok(rows.into_iter().map(|row| entry(row, &names)).collect())
    }

    /// Up to `limit` events that pass `filter`, oldest first, numbered above `after` and up to `to`, as they
    /// are stored.
    pub async fn whole(
        &self,
        filter: &LogFilter,
        after: i64,
        to: i64,
        limit: u64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let id = audit_events::Column::Id;
        let bounds = Condition::all().add(id.gt(after)).add(id.lte(to));
        let query = filtered(filter, &bounds, &sea_orm::Order::Asc, limit);
        Ok(query.all(self.0.read()).await?.into_iter().map(Into::into).collect())
    }

    /// The largest number of an event; 0 where there is none.
    pub async fn newest(&self) -> Result<i64, StoreError> {
        let query = audit_events::Entity::find().order_by_desc(audit_events::Column::Id);
        Ok(query.one(self.0.read()).await?.map_or(0, |row| row.id))
    }

    /// Events that match, by number. `after` is a number: those beyond it alone.
    pub async fn select(
        &self,
        search: Option<&Match<LogField>>,
        descending: bool,
        span: &Span,
        after: Option<i64>,
    ) -> Result<Listed<LogEntry>, StoreError> {
        use audit_events::Column;
        let beyond = after.map(|after| if descending { Column::Id.lt(after) } else { Column::Id.gt(after) });
        let all = audit_events::Entity::find().filter(Condition::all().add_option(beyond));
        let order = Order { by: Column::Id, then: Column::Id, descending };
        let key = |row: &audit_events::Model| (row.id.into(), row.id.to_string());
        let db = self.0.read();
        let page = match search {
            None => select(db, all, order, span, key, Ok).await?,
            Some(search) => {
                let matches = search.condition(&found_by);
                select_matching::<i64, _, _, _>(db, all, matches, order, span, key, Ok).await?
            }
        };
        let names = self.names(&page.items).await?;
        Ok(page.map(|row| entry(row, &names)))
    }

    /// The event with this number.
    pub async fn get(&self, id: i64) -> Result<Option<LogEntry>, StoreError> {
        let Some(row) = audit_events::Entity::find_by_id(id).one(self.0.read()).await? else {
            return Ok(None);
        };
        let names = self.names(std::slice::from_ref(&row)).await?;
        Ok(Some(entry(row, &names)))
    }

    /// When a token of the account was last released to each application, the latest first.
    pub async fn releases(&self, account: &TokenSetId) -> Result<Vec<(ClientId, Timestamp)>, StoreError> {
        let mut rows: Vec<(String, i64)> = audit_events::Entity::find()
            .select_only()
            .column(audit_events::Column::ClientId)
            .column_as(audit_events::Column::At.max(), "latest")
            .filter(audit_events::Column::Account.eq(account.as_str()))
            .filter(audit_events::Column::Code.eq(EventCode::VaultReleased.as_str()))
            .filter(audit_events::Column::ClientId.is_not_null())
            .group_by(audit_events::Column::ClientId)
            .into_tuple()
            .all(self.0.read())
            .await?;
        rows.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let released = |(id, at): (String, i64)| (ClientId::from_text(id), Timestamp::from_millis(at));
        Ok(rows.into_iter().map(released).collect())
    }

    /// Present names of the applications that the rows concern, by client id.
    async fn names(&self, rows: &[audit_events::Model]) -> Result<HashMap<String, String>, StoreError> {
        let ids: BTreeSet<&str> = rows
            .iter()
            .flat_map(|row| {
                let actor = (row.actor_kind == "application").then_some(row.actor.as_str());
                row.client_id.as_deref().into_iter().chain(actor)
            })
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found: Vec<(String, String)> = clients::Entity::find()
            .select_only()
            .columns([clients::Column::Id, clients::Column::Name])
            .filter(clients::Column::Id.is_in(ids))
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(found.into_iter().collect())
    }
}

async fn record_group(store: Store, group: Vec<(AuditEvent, Told<()>)>) {
    let (events, told): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    tell(told, store.audit().append(&events).await);
}

/// Up to `limit` events within these bounds that pass `filter`, by number.
fn filtered(
    filter: &LogFilter,
    bounds: &Condition,
    order: &sea_orm::Order,
    limit: u64,
) -> Select<audit_events::Entity> {
    use audit_events::Column;
    let outcome = match filter.outcome.as_str() {
        "success" => Some(true),
        "failure" => Some(false),
        _ => None,
    };
    let rest = [
        (Column::ClientId, &filter.client_id),
        (Column::Connection, &filter.connection),
        (Column::UserId, &filter.user_id),
        (Column::Account, &filter.account),
    ];
    let rest: Vec<_> = rest.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut query = audit_events::Entity::find().filter(bounds.clone());
    for (column, value) in &rest {
        query = query.filter(column.eq(*value));
    }
    let passes = outcome.map(|outcome| Condition::all().add(Column::Success.eq(outcome)));
    if filter.code.is_empty() {
        query = query.filter(Condition::all().add_option(passes));
    } else {
        // Most codes say by themselves how it went.
        let possible = |code: &&str| {
            outcome.is_none_or(|wanted| {
                EventCode::from_code(code).is_none_or(|code| code.is_success() == wanted)
            })
        };
        let codes: Vec<&str> = codes(&filter.code).into_iter().filter(possible).collect();
        let passes = Condition::all().add_option(passes.map(without_index));
        query = match codes.len() {
            // The index of codes has the events of each in order, those of several together in none: so many of each.
            2.. if rest.is_empty() => {
                let each = codes.into_iter().map(|code| {
                    let of_code = Column::Code.eq(code);
                    let query = numbers().filter(bounds.clone()).filter(of_code).filter(passes.clone());
                    query.order_by(Column::Id, order.clone()).limit(limit)
                });
                query.filter(any_of(each))
            }
            _ => query.filter(Column::Code.is_in(codes)).filter(passes),
        };
    }
    query.order_by(Column::Id, order.clone()).limit(limit)
}

fn numbers() -> Select<audit_events::Entity> {
    audit_events::Entity::find().select_only().column(audit_events::Column::Id)
}

/// The event is in one of these lists of numbers.
fn any_of(lists: impl Iterator<Item = Select<audit_events::Entity>>) -> Condition {
    // SQLite takes a list that ends somewhere as a part of another only where it is a table.
    let tables = lists.map(|list| {
        Query::select().column(audit_events::Column::Id).from_subquery(list.into_query(), "listed").take()
    });
    let all = tables.reduce(|mut all, table| all.union(UnionType::All, table).take());
    Condition::all().add_option(all.map(|all| audit_events::Column::Id.in_subquery(all)))
}

/// What events are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogField {
    /// Type code, or the part of it before the dot.
    Code,
    /// Client id.
    ClientId,
    /// Connection's name.
    Connection,
    /// User id.
    UserId,
    /// Account id.
    Account,
    /// Address.
    Ip,
    /// When.
    At,
}

fn found_by(leaf: &Match<LogField>) -> Condition {
    use audit_events::Column;
    let column = |field: &LogField| match field {
        LogField::Code => Column::Code,
        LogField::ClientId => Column::ClientId,
        LogField::Connection => Column::Connection,
        LogField::UserId => Column::UserId,
        LogField::Account => Column::Account,
        LogField::Ip => Column::Ip,
        LogField::At => Column::At,
    };
    let all = Condition::all;
    match leaf {
        Match::Is(LogField::Code, text) => all().add(Column::Code.is_in(codes(text))),
        // What is not there is nothing, so that NOT finds it.
        Match::Is(field, text) => all().add(column(field).is_not_null()).add(column(field).eq(text)),
        Match::Begins(field, text) => all()
            .add(column(field).is_not_null())
            .add(column(field).gte(text))
            .add(column(field).lt(end(text))),
        Match::Between(field, from, to) => all()
            .add_option(from.map(|at| column(field).gte(at)))
            .add_option(to.map(|at| column(field).lte(at))),
        Match::All(_) | Match::Any(_) | Match::Not(_) => all(),
    }
}

/// The code itself, or all codes of the area that it names (`vault`).
fn codes(filter: &str) -> Vec<&str> {
    let area = format!("{filter}.");
    let mut codes: Vec<&str> =
        EventCode::ALL.iter().map(|code| code.as_str()).filter(|code| code.starts_with(&area)).collect();
    codes.push(filter);
    codes
}

fn entry(row: audit_events::Model, names: &HashMap<String, String>) -> LogEntry {
    let actor = match row.actor_kind.as_str() {
        "application" => format!("Application {}", names.get(&row.actor).unwrap_or(&row.actor)),
        "user" => format!("User {}", row.actor),
        "system" => "Coffer".to_owned(),
        _ if row.actor.is_empty() => "Somebody".to_owned(),
        _ => row.actor,
    };
    LogEntry {
        id: row.id,
        at: Timestamp::from_millis(row.at),
        // A code of a newer version, after going back to this one, stands for itself.
        title: EventCode::from_code(&row.code)
            .map_or_else(|| row.code.clone(), |code| code.title().to_owned()),
        code: row.code,
        success: row.success,
        actor,
        application: row.client_id.as_ref().and_then(|id| names.get(id)).cloned(),
        client_id: row.client_id,
        connection: row.connection,
        user_id: row.user_id,
        account: row.account,
        ip: row.ip,
        description: row.description,
    }
}
