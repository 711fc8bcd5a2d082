//! Pages of the management API: by number, or after a key; with the number of all rows where it is asked for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::Page;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, Value,
};

use crate::StoreError;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this many rows.
    Offset(u64),
    /// After the row that this key of an earlier page names.
    After(String),
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: Start,
    /// Most rows.
    pub limit: u64,
    /// Whether all rows are counted.
    pub count: bool,
}

impl Span {
    /// What comes after a key of an earlier page, or the first rows.
    pub fn after(key: Option<&str>, limit: u64) -> Self {
        let start = key.map_or(Start::Offset(0), |key| Start::After(key.to_owned()));
        Self { start, limit, count: false }
    }
}

impl Default for Span {
    fn default() -> Self {
        Self { start: Start::Offset(0), limit: 50, count: false }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Key of what follows, if anything does.
    pub next: Option<String>,
    /// How many rows there are in all, if that was asked for.
    pub total: Option<u64>,
}

impl<T> Listed<T> {
    /// The same with every row mapped.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(f).collect(), next: self.next, total: self.total }
    }

    fn try_map<U>(self, f: impl FnMut(T) -> Result<U, StoreError>) -> Result<Listed<U>, StoreError> {
        let items = self.items.into_iter().map(f).collect::<Result<_, _>>()?;
        Ok(Listed { items, next: self.next, total: self.total })
    }

    /// A part of rows that are all at hand. The key is the number of rows before.
    pub fn cut(mut rows: Vec<T>, span: &Span) -> Self {
        let total = rows.len();
        let skip = match &span.start {
            Start::Offset(n) => *n,
            Start::After(key) => key.parse().unwrap_or(u64::MAX),
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(total);
        let end = skip.saturating_add(usize::try_from(span.limit).unwrap_or(usize::MAX)).min(total);
        rows.truncate(end);
        let items = rows.split_off(skip);
        let next = (end < total).then(|| end.to_string());
        Self { items, next, total: span.count.then_some(total as u64) }
    }
}

impl<T> From<Listed<T>> for Page<T> {
    fn from(listed: Listed<T>) -> Self {
        Self { items: listed.items, next: listed.next }
    }
}

/// The order of a list: a column, and another that tells apart the rows in which it is the same.
pub struct Order<E: EntityTrait> {
    /// The first.
    pub by: E::Column,
    /// The second, which is unique.
    pub then: E::Column,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What a key holds of the row that it names.
pub type Key = (Value, String);

/// One page of `query`.
pub async fn select<E, T, C>(
    db: &C,
    query: Select<E>,
    order: Order<E>,
    span: &Span,
    key: impl Fn(&E::Model) -> Key,
    read: impl FnMut(E::Model) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    C: ConnectionTrait,
{
    let total = if span.count { Some(query.clone().count(db).await?) } else { None };
    let Order { by, then, descending } = order;
    let query = if descending {
        query.order_by_desc(by).order_by_desc(then)
    } else {
        query.order_by_asc(by).order_by_asc(then)
    };
    let query = match &span.start {
        Start::Offset(n) => query.offset(*n),
        Start::After(text) => match decode(text) {
            Some((value, id)) => {
                let beyond = |column: E::Column, value: Value| {
                    if descending { column.lt(value) } else { column.gt(value) }
                };
                let same = Condition::all().add(by.eq(value.clone())).add(beyond(then, id.into()));
                query.filter(Condition::any().add(beyond(by, value)).add(same))
            }
            // A key that never was names no row, and nothing comes after it.
            None => query.filter(then.is_null()),
        },
    };
    let mut items = query.limit(span.limit.saturating_add(1)).all(db).await?;
    let limit = usize::try_from(span.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(|row| encode(&key(row))) } else { None };
    Listed { items, next, total }.try_map(read)
}

fn encode((value, id): &Key) -> String {
    let value = match value {
        Value::BigInt(Some(number)) => serde_json::json!(number),
        Value::String(Some(text)) => serde_json::json!(text),
        _ => serde_json::Value::Null,
    };
    URL_SAFE_NO_PAD.encode(serde_json::json!([value, id]).to_string())
}

fn decode(text: &str) -> Option<Key> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (value, id): (serde_json::Value, String) = serde_json::from_slice(&bytes).ok()?;
    let value = match value {
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Number(number) => number.as_i64()?.into(),
        _ => return None,
    };
    Some((value, id))
}
