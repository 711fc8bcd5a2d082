//! What the repositories speak to: the database's connections, or one transaction that stays open.

use std::sync::Arc;

use async_trait::async_trait;
use coffer_core::TRACES;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::RwLock;
use tracing::{Instrument as _, Span};

/// One of the two.
#[derive(Clone, Debug)]
pub enum Db {
    /// Connections; each statement or transaction takes one.
    Pool(DatabaseConnection),
    /// A transaction: everything happens in it, and what would be a transaction is a savepoint.
    Within(Arc<Outer>),
}

/// A transaction that others hold on to.
#[derive(Debug)]
pub struct Outer {
    /// Its database's kind.
    pub backend: DbBackend,
    /// `None` once it has ended.
    pub tx: RwLock<Option<DatabaseTransaction>>,
}

/// A statement as a span of a trace. Its text has no values in it: those are parameters.
fn span(db: &Db, statement: &Statement) -> Span {
    tracing::info_span!(
        target: TRACES,
        "query",
        otel.name = statement.sql.split(' ').next(),
        otel.kind = "client",
        db.system.name = system(db),
        db.query.text = statement.sql,
    )
}

fn system(db: &Db) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    }
}

/// Somebody kept a store beyond its transaction.
fn ended() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}

impl Db {
    /// A transaction, or a savepoint in the one there is.
    pub async fn begin(&self, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Pool(pool) => {
                let span = tracing::info_span!(target: TRACES, "begin", otel.kind = "client", db.system.name = system(self));
                pool.begin_with_options(options).instrument(span).await
            }
            Self::Within(outer) => {
                outer.tx.read().await.as_ref().ok_or_else(ended)?.begin_with_options(options).await
            }
        }
    }

    /// The connections themselves, for what no transaction can hold.
    pub fn pool(&self) -> Result<&DatabaseConnection, DbErr> {
        match self {
            Self::Pool(pool) => Ok(pool),
            Self::Within(_) => Err(DbErr::Custom("not within a transaction".to_owned())),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Db {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Within(outer) => outer.backend,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => {
                let span = span(self, &statement);
                pool.execute_raw(statement).instrument(span).await
            }
            Self::Within(outer) => {
                outer.tx.read().await.as_ref().ok_or_else(ended)?.execute_raw(statement).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::Within(outer) => {
                outer.tx.read().await.as_ref().ok_or_else(ended)?.execute_unprepared(sql).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => {
                let span = span(self, &statement);
                pool.query_one_raw(statement).instrument(span).await
            }
            Self::Within(outer) => {
                outer.tx.read().await.as_ref().ok_or_else(ended)?.query_one_raw(statement).await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => {
                let span = span(self, &statement);
                pool.query_all_raw(statement).instrument(span).await
            }
            Self::Within(outer) => {
                outer.tx.read().await.as_ref().ok_or_else(ended)?.query_all_raw(statement).await
            }
        }
    }
}
