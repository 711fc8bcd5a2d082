//! Users without number, by SQL alone: each with a token set at every connection, a consent, a refresh token and an
//! audit event. They are copies of a real user's rows with other ids, so that they are as large. Their sealed tokens
//! are a copy too, which nobody can open: nobody exchanges them.
//!
//! The real users' rows are spread evenly among these (by their rowid), and their keys are random: a load over them
//! touches pages all over the file.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

use crate::Outcome;

/// As few writes as SQLite can do with: the file is thrown away if this fails.
const FAST: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
    PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000000";
const AS_BEFORE: &str = "PRAGMA journal_mode = WAL";

/// What is filled, how many rows of each a user has, and where the rows to copy are: a real user's, and for events
/// those of all of them.
const TABLES: [(&str, usize, &str); 6] = [
    ("users", 1, "rowid = 1"),
    ("token_sets", 3, "rowid = 1"),
    ("token_families", 1, "rowid = 1"),
    ("refresh_tokens", 1, "rowid = 1"),
    ("consents", 1, "rowid = 1"),
    ("audit_events", 0, "true"),
];

/// One user for each number that no real one has.
const USERS: &str = "
WITH RECURSIVE numbers(n, account) AS (
  SELECT 0, '' UNION ALL SELECT n + 1, lower(hex(randomblob(8))) FROM numbers WHERE n < {users}
)
INSERT INTO users (rowid, id, connection_id, provider_user_id, profile, created_at, updated_at, last_sign_in_at,
  email_key, name_key)
SELECT n, replace(t.id, t.provider_user_id, account), t.connection_id, account,
  replace(t.profile, t.provider_user_id, account), t.created_at - n, t.updated_at - n,
  t.last_sign_in_at - abs(random()) % 31536000000,
  replace(t.email_key, t.provider_user_id, account), replace(t.name_key, t.provider_user_id, account)
FROM numbers CROSS JOIN pattern_users t WHERE n % {step} <> 0";

/// A set at each connection, save the one that a real user has.
const TOKEN_SETS: &str = "
INSERT INTO token_sets (rowid, id, user_id, connection_id, provider_user_id, state, scopes, tokens, obtained_at,
  access_expires_at, has_refresh_token, generation, fence, failures, created_at, updated_at)
SELECT 3 * u.rowid + c.number, 'cac_' || lower(hex(randomblob(8))), u.id, c.id, u.provider_user_id, t.state, t.scopes,
  t.tokens, t.obtained_at, t.access_expires_at, t.has_refresh_token, t.generation, t.fence, t.failures, u.created_at,
  u.updated_at
FROM users u CROSS JOIN (SELECT id, rowid - (SELECT min(rowid) FROM connections) AS number FROM connections) c
CROSS JOIN pattern_token_sets t
WHERE u.rowid % {step} <> 0 OR c.number <> 0";

const FAMILIES: &str = "
INSERT INTO token_families (rowid, id, client_id, user_id, session_id, auth_time, created_at, expires_at)
SELECT u.rowid, 'fam_' || lower(hex(randomblob(8))), t.client_id, u.id, lower(hex(randomblob(8))), t.auth_time,
  t.created_at, t.expires_at
FROM users u CROSS JOIN pattern_token_families t WHERE u.rowid % {step} <> 0";

const REFRESH_TOKENS: &str = "
INSERT INTO refresh_tokens (rowid, token_hash, family_id, scopes, issued_at, idle_expires_at)
SELECT f.rowid, randomblob(32), f.id, t.scopes, t.issued_at, t.idle_expires_at
FROM token_families f CROSS JOIN pattern_refresh_tokens t WHERE f.rowid % {step} <> 0";

const CONSENTS: &str = "
INSERT INTO consents (rowid, user_id, client_id, scopes, updated_at)
SELECT u.rowid, u.id, t.client_id, t.scopes, t.updated_at
FROM users u CROSS JOIN pattern_consents t WHERE u.rowid % {step} <> 0";

/// One event for each user, a second apart: those that the real users left, in turn.
const EVENTS: &str = "
INSERT INTO audit_events (at, code, success, actor_kind, actor, client_id, connection, user_id, ip, description, account)
SELECT t.at - 1000 * ({users} - u.rowid), t.code, t.success, t.actor_kind, t.actor, t.client_id, t.connection,
  CASE WHEN t.user_id IS NULL THEN NULL ELSE u.id END, t.ip, t.description, t.account
FROM users u CROSS JOIN (SELECT max(rowid) AS last FROM pattern_audit_events) l
JOIN pattern_audit_events t ON t.rowid = 1 + u.rowid % l.last ORDER BY u.rowid";

/// Adds users until there are `users`, beside the `real` ones that are there.
pub async fn add(url: &str, real: usize, users: usize) -> Outcome {
    if !url.starts_with("sqlite:") || !users.is_multiple_of(real) {
        return Err("filler is for SQLite, and for a multiple of the real users".into());
    }
    let step = users / real;
    let mut options = ConnectOptions::new(url);
    // The settings and the patterns belong to the connection.
    options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
    let db = Database::connect(options).await?;
    // What had the file open before lets go of it a moment after it was dropped.
    let mut tries = 0;
    while let Err(error) = db.execute_unprepared(FAST).await {
        tries += 1;
        if tries > 100 {
            return Err(error.into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (table, rows, which) in TABLES {
        let pattern = format!("CREATE TEMP TABLE pattern_{table} AS SELECT * FROM {table} WHERE {which}");
        db.execute_unprepared(&pattern).await?;
        if rows > 0 {
            // Moves the real users' rows apart. In two steps, as two rows never have the same number.
            let rows = rows * step;
            let apart =
                format!("UPDATE {table} SET rowid = -rowid * {rows}; UPDATE {table} SET rowid = -rowid");
            db.execute_unprepared(&apart).await?;
        }
    }
    for statement in [USERS, TOKEN_SETS, FAMILIES, REFRESH_TOKENS, CONSENTS, EVENTS] {
        let statement = statement.replace("{users}", &users.to_string()).replace("{step}", &step.to_string());
        db.execute_unprepared(&statement).await?;
    }
    db.execute_unprepared(AS_BEFORE).await?;
    db.close().await?;
    Ok(())
}
