//! Numbers for the Overview page.

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::audit::EventCode;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    Store, StoreError,
    entity::{audit_events, clients, connections, enablements, token_sets, users},
};

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

    /// Events of these types since `since`: for each type and day (days since 1970 in UTC), how many.
    pub async fn days(
        &self,
        codes: &[EventCode],
        since: Timestamp,
    ) -> Result<Vec<(String, i64, u64)>, StoreError> {
        // Written out: as a parameter it would be one here and another in GROUP BY.
        let day = Expr::col(audit_events::Column::At).div(Expr::cust("86400000"));
        let rows: Vec<(String, i64, i64)> = audit_events::Entity::find()
            .select_only()
            .column(audit_events::Column::Code)
            .expr_as(day.clone(), "day")
            .column_as(audit_events::Column::Id.count(), "events")
            .filter(audit_events::Column::Code.is_in(codes.iter().map(|code| code.as_str())))
            .filter(audit_events::Column::At.gte(since.millis()))
            .group_by(audit_events::Column::Code)
            .group_by(day)
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(rows.into_iter().map(|(code, day, n)| (code, day, u64::try_from(n).unwrap_or(0))).collect())
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
