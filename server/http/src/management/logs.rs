//! The audit log.

use axum::{Json, extract::Path};
use coffer_contract::{ApiError, log::LogEntry};
use coffer_store::{LogField, Match, Start};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    caller::Caller,
    lucene::{self, Known},
    query::{Q, query},
    refusal::{ErrorBody, Refusal},
};

/// Begins the `next` of a list that goes from newer to older.
const OLDER: &str = "before:";

/// An event.
#[derive(Serialize, ToSchema)]
pub(crate) struct LogView {
    /// Its number.
    log_id: String,
    /// The same.
    #[serde(rename = "_id")]
    id: String,
    /// When it happened.
    date: String,
    /// Its type, such as `vault.released`; `docs/audit-events.md` lists them.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in one sentence.
    description: String,
    /// The application concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// Its name, while it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    /// Name of the connection concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// The user concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// More of it.
    details: Details,
}

/// More of an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Details {
    /// The type in words.
    title: String,
    /// Whether what was tried succeeded.
    success: bool,
    /// Who did it, in words.
    actor: String,
    /// The account concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

query! {
    /// Which events are listed. With `from`, the number of an event, those after it come, the oldest first: for
    /// whoever carries the log elsewhere. Without it the newest come first.
    LogsQuery {
        /// A search: `type`, `client_id`, `connection`, `user_id`, `account`, `ip`, or `date` with a range
        /// `[from TO to]`; `AND`, `OR`, `NOT` and parentheses. A type may be the part before the dot.
        q: [Option<String>],
        /// The same.
        search: [Option<String>],
        /// `date:1` for the oldest first, `date:-1` for the newest first.
        sort: [Option<String>],
    }
}

fn view(entry: LogEntry) -> LogView {
    LogView {
        log_id: entry.id.to_string(),
        id: entry.id.to_string(),
        date: entry.at.rfc3339(),
        kind: entry.code,
        description: entry.description,
        client_id: entry.client_id,
        client_name: entry.application,
        connection: entry.connection,
        user_id: entry.user_id,
        ip: entry.ip,
        details: Details {
            title: entry.title,
            success: entry.success,
            actor: entry.actor,
            account: entry.account,
        },
    }
}

fn refused(error: ApiError) -> Refusal {
    Refusal::of(error, "inexistent_log", &[])
}

fn field(name: Option<&str>) -> Option<Vec<Known<LogField>>> {
    Some(vec![match name? {
        "type" => Known::Text(LogField::Code),
        "client_id" => Known::Text(LogField::ClientId),
        "connection" => Known::Text(LogField::Connection),
        "user_id" => Known::Text(LogField::UserId),
        "account" => Known::Text(LogField::Account),
        "ip" => Known::Text(LogField::Ip),
        "date" => Known::Instant(LogField::At),
        _ => return None,
    }])
}

/// List events
#[utoipa::path(get, path = "/api/v2/logs", tag = "logs", params(LogsQuery),
    responses((status = 200, body = [LogView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:logs"])))]
pub(crate) async fn list(caller: Caller, Q(query): Q<LogsQuery>) -> Result<Json<Value>, Refusal> {
    let q = query.q.clone().or_else(|| query.search.clone());
    page(&caller, query, q.map(|q| lucene::parse(&q, &field)).transpose()?).await
}

async fn page(
    caller: &Caller,
    query: LogsQuery,
    search: Option<Match<LogField>>,
) -> Result<Json<Value>, Refusal> {
    let paging = query.paging()?;
    let sorted = match query.sort.as_deref() {
        None | Some("date:-1") => true,
        Some("date:1") => false,
        Some(_) => return Err(Refusal::query("sort: Use date:1 or date:-1.")),
    };
    let number =
        |text: &str| text.parse::<i64>().map_err(|_| Refusal::query("from: This is no event's number."));
    let (descending, after) = match query.from.as_deref() {
        None => (sorted, None),
        Some(key) => match key.strip_prefix(OLDER) {
            Some(key) => (true, Some(number(key)?)),
            None => (false, Some(number(key)?)),
        },
    };
    let mut span = paging.span.clone();
    if let Start::After(_) = span.start {
        span.start = Start::Offset(0);
    }
    let listed = caller.signed.select_logs(search.as_ref(), descending, &span, after).await;
    let mut listed = listed.map_err(refused)?;
    // A key is an event's number, so that whoever carries the log elsewhere can go on from the last.
    let last = listed.items.last().map(|entry| entry.id);
    listed.next =
        listed.next.and(last).map(|id| if descending { format!("{OLDER}{id}") } else { id.to_string() });
    paging.answer("logs", &listed.map(view)).map(Json)
}

/// Read an event
#[utoipa::path(get, path = "/api/v2/logs/{id}", tag = "logs", params(("id" = String, Path, description = "The event's number")),
    responses((status = 200, body = LogView), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:logs"])))]
pub(crate) async fn get(caller: Caller, Path(id): Path<String>) -> Result<Json<LogView>, Refusal> {
    let entry = caller.signed.log(id.parse().unwrap_or(i64::MAX)).await.map_err(refused)?;
    Ok(Json(view(entry)))
}

/// List the events that concern a user
#[utoipa::path(get, path = "/api/v2/users/{id}/logs", tag = "users", params(("id" = String, Path, description = "User id"), LogsQuery),
    responses((status = 200, body = [LogView]), (status = "4XX", body = ErrorBody)), security(("bearer" = ["read:logs"])))]
pub(crate) async fn of_user(
    caller: Caller,
    Path(id): Path<String>,
    Q(query): Q<LogsQuery>,
) -> Result<Json<Value>, Refusal> {
    if query.q.is_some() || query.search.is_some() {
        return Err(Refusal::query("q: The events of one user are not searched further; use /api/v2/logs."));
    }
    page(&caller, query, Some(Match::Is(LogField::UserId, id))).await
}
