//! Opening a database on a PostgreSQL server.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::postgres::PgConnectOptions;

use crate::StoreError;

/// How long a request waits for a connection, of which there are few, before it fails.
const ACQUIRE: Duration = Duration::from_secs(10);
/// Nobody waits longer than this for another's lock.
const LOCK_MILLIS: &str = "10000";
/// A node that vanished between two statements gives its locks back after this time.
const IDLE_IN_TRANSACTION_MILLIS: &str = "60000";

/// Whether `url` is an address of a PostgreSQL server.
pub fn is_address(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A pool of up to `connections` for the database at `url`.
pub async fn open(url: &str, connections: u32) -> Result<DatabaseConnection, StoreError> {
    // One spelling of two, as SeaORM knows but one.
    let url = url.replacen("postgresql://", "postgres://", 1);
    if url.parse::<PgConnectOptions>().is_err() {
        let reason = "not understood: use postgres://user@host:5432/database?sslmode=verify-full";
        return Err(StoreError::Address { url: without_password(&url), reason });
    }
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        // A connection that lay idle may be gone, with a server that was restarted: worth a round trip then.
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        // Statements carry hashes and sealed values; what matters is logged above this layer.
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(|options| {
            options.application_name("coffer").options([
                ("lock_timeout", LOCK_MILLIS),
                ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_MILLIS),
                // What was answered is on disk, whatever the server's own default is.
                ("synchronous_commit", "on"),
            ])
        });
    Ok(Database::connect(options).await?)
}

/// `url` as it may be shown: without the password that it may have.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (address, parameters) = rest.split_once('?').map_or((rest, ""), |(a, p)| (a, p));
    let hidden: Vec<String> = parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=[redacted]"),
            _ => parameter.to_owned(),
        })
        .collect();
    let question = if hidden.is_empty() { "" } else { "?" };
    let parameters = hidden.join("&");
    match address.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            let password = if credentials.contains(':') { ":[redacted]" } else { "" };
            format!("{scheme}://{user}{password}@{host}{question}{parameters}")
        }
        None => format!("{scheme}://{address}{question}{parameters}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("sqlite:data/coffer.db", "sqlite:data/coffer.db"),
            ("postgres://coffer@db/coffer", "postgres://coffer@db/coffer"),
            ("postgres://coffer:hunter2@db:5432/coffer", "postgres://coffer:[redacted]@db:5432/coffer"),
            ("postgres://coffer:p@ss:word@db/coffer", "postgres://coffer:[redacted]@db/coffer"),
            (
                "postgresql://db/coffer?user=coffer&password=hunter2&sslmode=require",
                "postgresql://db/coffer?user=coffer&password=[redacted]&sslmode=require",
            ),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
