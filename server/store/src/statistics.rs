//! Numbers for the Overview page.

use std::{collections::HashMap, ops::RangeInclusive};

use coffer_contract::Timestamp;
use coffer_core::audit::EventCode;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryResult, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, UnionType},
};

use crate::{
    Store, StoreError,
    entity::{audit_events, clients, connections, enablements, token_sets, users},
};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// Numbers for the Overview page.
#[derive(Clone, Debug)]
pub struct Statistics(pub(crate) Store);

/// How much there is of each thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// Connections whose vault is on.
    pub vaults: u64,
    /// Applications.
    pub applications: u64,
    /// Connections enabled for an application.
    pub enablements: u64,
    /// Users.
    pub users: u64,
}

impl Statistics {
    /// How much there is of each thing.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let db = self.0.read();
        let vaults = connections::Entity::find().filter(connections::Column::VaultEnabled.eq(true));
        Ok(Counts {
            connections: connections::Entity::find().count(db).await?,
            vaults: vaults.count(db).await?,
            applications: clients::Entity::find().count(db).await?,
            enablements: enablements::Entity::find().count(db).await?,
            users: users::Entity::find().count(db).await?,
        })
    }

    /// Accounts of each connection, by the connection's id and whether they are usable.
    pub async fn accounts(&self) -> Result<HashMap<String, (u64, u64)>, StoreError> {
        let rows: Vec<(String, String, i64)> = token_sets::Entity::find()
            .select_only()
            .columns([token_sets::Column::ConnectionId, token_sets::Column::State])
            // Not of a column: the index alone answers it.
            .column_as(Expr::cust("COUNT(*)"), "accounts")
            .group_by(token_sets::Column::ConnectionId)
            .group_by(token_sets::Column::State)
            .into_tuple()
            .all(self.0.read())
            .await?;
        let mut found: HashMap<String, (u64, u64)> = HashMap::new();
        for (connection, state, count) in rows {
            let (usable, broken) = found.entry(connection).or_default();
            let count = u64::try_from(count).unwrap_or(0);
            if state == token_sets::ACTIVE { *usable += count } else { *broken += count }
        }
        Ok(found)
    }

    /// Events of these types on these days (since 1970 in UTC): for each type and day with any, how many.
    pub async fn days(
        &self,
        codes: &[EventCode],
        days: RangeInclusive<i64>,
    ) -> Result<Vec<(String, i64, u64)>, StoreError> {
        use audit_events::Column;
        let number = |code: &EventCode, day: i64| {
            audit_events::Entity::find()
                .select_only()
                .expr(Expr::val(code.as_str()))
                .expr(Expr::val(day))
                // Not of a column: the index alone answers it.
                .expr_as(Expr::cust("COUNT(*)"), "events")
                .filter(Column::Code.eq(code.as_str()))
                .filter(Column::At.gte(day.saturating_mul(DAY_MILLIS)))
                .filter(Column::At.lt(day.saturating_add(1).saturating_mul(DAY_MILLIS)))
                .into_query()
        };
        // Each is a range of the index. Grouped, they would all be put in order first.
        let each = days.flat_map(|day| codes.iter().map(move |code| (code, day)));
        let all = each
            .map(|(code, day)| number(code, day))
            .reduce(|mut all, next| all.union(UnionType::All, next).take());
        let Some(all) = all else { return Ok(Vec::new()) };
        let db = self.0.read();
        let rows = db.query_all_raw(db.get_database_backend().build(&all)).await?;
        let read = |row: QueryResult| -> Result<(String, i64, u64), StoreError> {
            let count: i64 = row.try_get_by_index(2)?;
            Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, u64::try_from(count).unwrap_or(0)))
        };
        let rows: Vec<_> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter(|(.., count)| *count > 0).collect())
    }

    /// Failures of these types since `since`: for each connection and type, how many.
    pub async fn failures(
        &self,
        codes: &[EventCode],
        since: Timestamp,
    ) -> Result<Vec<(Option<String>, String, u64)>, StoreError> {
        let rows: Vec<(Option<String>, String, i64)> = audit_events::Entity::find()
            .select_only()
            .columns([audit_events::Column::Connection, audit_events::Column::Code])
            .column_as(audit_events::Column::Id.count(), "events")
            .filter(audit_events::Column::Code.is_in(codes.iter().map(|code| code.as_str())))
            .filter(audit_events::Column::At.gte(since.millis()))
            .group_by(audit_events::Column::Connection)
            .group_by(audit_events::Column::Code)
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(rows.into_iter().map(|(name, code, n)| (name, code, u64::try_from(n).unwrap_or(0))).collect())
    }
}
