//! Pages of the management API: by number, or after a key; with the number of all rows where it is asked for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::Page;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select, TryGetable, Value,
    sea_query::{CaseStatement, Expr, ExprTrait as _},
};

use crate::{StoreError, batch::padded};

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

/// The same condition, written so that no index is taken for it.
pub fn without_index(condition: Condition) -> Condition {
    let case: Expr = CaseStatement::new().case(condition, 1).finally(0).into();
    Condition::all().add(case.eq(1))
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
    let mut query = beyond(in_order(query, &order), &order, &span.start).limit(span.limit.saturating_add(1));
    if let Start::Offset(n) = &span.start {
        query = query.offset(*n);
    }
    let mut items = query.all(db).await?;
    let limit = usize::try_from(span.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(|row| encode(&key(row))) } else { None };
    Listed { items, next, total }.try_map(read)
}

/// So many rows are looked up and put in order. Where more match, the list is gone through in its order instead, and
/// its first page is found soon.
const FEW: u64 = 1000;

/// One page of those of `query` that match, in an order that an index has. An index finds what matches, or has the order, not
/// both. Which of them is quick depends on how many match, and the database does not know it well. So the keys of those
/// that match are looked up first, no more than some. `K` is the type of the second column of the order.
pub async fn select_matching<K, E, T, C>(
    db: &C,
    query: Select<E>,
    matches: Condition,
    order: Order<E>,
    span: &Span,
    key: impl Fn(&E::Model) -> Key,
    read: impl FnMut(E::Model) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError>
where
    K: TryGetable + Into<Value> + Clone + Send,
    E: EntityTrait,
    E::Model: Send + Sync,
    C: ConnectionTrait,
{
    let all = query.clone().filter(matches.clone());
    let keys = |query: Select<E>| query.select_only().column(order.then);
    let total = if span.count { Some(all.clone().count(db).await?) } else { None };
    let found: Vec<(K,)> = keys(all).limit(FEW + 1).into_tuple().all(db).await?;
    let query = if found.len() as u64 > FEW {
        // In a query of its own, as the index may have all that it needs, and the rows are read of one page.
        let skipped = if let Start::Offset(n) = &span.start { *n } else { 0 };
        let some = keys(query.filter(without_index(matches)));
        let page = beyond(in_order(some, &order), &order, &span.start);
        let page = page.limit(skipped.saturating_add(span.limit).saturating_add(1));
        E::find().filter(order.then.in_subquery(page.into_query()))
    } else {
        E::find().filter(order.then.is_in(padded(found.into_iter().map(|(key,)| key))))
    };
    let span = Span { count: false, ..span.clone() };
    Ok(Listed { total, ..select(db, query, order, &span, key, read).await? })
}

fn in_order<E: EntityTrait>(query: Select<E>, order: &Order<E>) -> Select<E> {
    match order.descending {
        true => query.order_by_desc(order.by).order_by_desc(order.then),
        false => query.order_by_asc(order.by).order_by_asc(order.then),
    }
}

/// Rows beyond the one that a key names.
fn beyond<E: EntityTrait>(query: Select<E>, order: &Order<E>, start: &Start) -> Select<E> {
    let Order { by, then, descending } = *order;
    let Start::After(text) = start else { return query };
    // A key that never was names no row, and nothing comes after it.
    let Some((value, id)) = decode(text) else { return query.filter(then.is_null()) };
    let beyond = |column: E::Column, value: Value| {
        if descending { column.lt(value) } else { column.gt(value) }
    };
    // Said once more as a plain range, which PostgreSQL begins at.
    let from = if descending { by.lte(value.clone()) } else { by.gte(value.clone()) };
    query.filter(from).filter(Condition::any().add(beyond(by, value)).add(beyond(then, id.into())))
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
