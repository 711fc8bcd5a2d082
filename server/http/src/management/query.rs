//! Queries of lists: paging in the vendor's two ways, and which fields are wanted.

use axum::{extract::FromRequestParts, http::request::Parts};
use coffer_store::{Listed, Span, Start};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// Rows of a page unless somebody says otherwise.
const PER_PAGE: u64 = 50;
/// Most rows of a page.
const MOST: u64 = 100;

/// Defines the query of a list: its own parameters beside those of every list.
macro_rules! query {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: [$($kind:tt)*],)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// Number of the page, from 0.
            pub(crate) page: Option<u64>,
            /// Rows of a page: 50 unless said otherwise, 100 at most.
            pub(crate) per_page: Option<u64>,
            /// Whether the answer is an object with `start`, `limit` and `total` instead of an array.
            pub(crate) include_totals: Option<bool>,
            /// Where to go on: the `next` of the page before. With it or `take` the answer is an object with
            /// `next`, which is absent on the last page.
            pub(crate) from: Option<String>,
            /// Rows of a page that `from` begins, 100 at most.
            pub(crate) take: Option<u64>,
            /// Members that are wanted, separated by commas; all unless said otherwise.
            pub(crate) fields: Option<String>,
            /// Whether `fields` names what is wanted, or what is not.
            pub(crate) include_fields: Option<bool>,
            $($(#[$field_doc])* pub(crate) $field: $($kind)*,)*
        }

        impl $name {
            /// How the list is cut.
            pub(crate) fn paging(&self) -> Result<$crate::management::query::Paging, $crate::management::refusal::Refusal> {
                $crate::management::query::Paging::new(
                    (self.page, self.per_page, self.include_totals),
                    (self.from.as_deref(), self.take),
                    (self.fields.as_deref(), self.include_fields),
                )
            }
        }
    };
}
pub(crate) use query;

query! {
    /// The query of a list without parameters of its own.
    ListQuery {}
}

/// Which members of one thing are wanted.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneQuery {
    /// Members that are wanted, separated by commas; all unless said otherwise.
    fields: Option<String>,
    /// Whether `fields` names what is wanted, or what is not.
    include_fields: Option<bool>,
}

impl OneQuery {
    pub(crate) fn fields(&self) -> Fields {
        Fields::new(self.fields.as_deref(), self.include_fields)
    }
}

/// A query that was understood.
pub(crate) struct Q<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Q<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // What is there without a value counts as left out.
        let given = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let given: Vec<_> = given.filter(|(_, value)| !value.is_empty()).collect();
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        let query = serde_html_form::from_str(&text);
        query.map(Self).map_err(|error| Refusal::query(format!("Query validation error: {error}.")))
    }
}

/// Which members of a thing are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    names: Vec<String>,
    without: bool,
}

impl Fields {
    fn new(fields: Option<&str>, include: Option<bool>) -> Self {
        let names = fields.unwrap_or_default().split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { names, without: include == Some(false) }
    }

    /// The members of `value` that are wanted.
    pub(crate) fn of(&self, value: &impl Serialize) -> Result<Value, Refusal> {
        let value = serde_json::to_value(value).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Refusal::Inside
        })?;
        let Value::Object(mut members) = value else { return Ok(value) };
        if !self.names.is_empty() {
            members.retain(|name, _| self.names.iter().any(|wanted| wanted == name) != self.without);
        }
        Ok(Value::Object(members))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A bare array.
    Array,
    /// With `start`, `limit` and `total`.
    Totals,
    /// With `next`.
    Checkpoint,
}

/// How a list is cut and shown.
#[derive(Debug)]
pub(crate) struct Paging {
    /// Which rows.
    pub(crate) span: Span,
    form: Form,
    fields: Fields,
}

impl Paging {
    pub(crate) fn new(
        (page, per_page, totals): (Option<u64>, Option<u64>, Option<bool>),
        (from, take): (Option<&str>, Option<u64>),
        (fields, include): (Option<&str>, Option<bool>),
    ) -> Result<Self, Refusal> {
        let size = |name: &str, given: Option<u64>, least: u64| match given {
            None => Ok(PER_PAGE),
            Some(n) if (least..=MOST).contains(&n) => Ok(n),
            Some(_) => Err(Refusal::query(format!("{name}: Use a number from {least} to {MOST}."))),
        };
        let count = totals == Some(true);
        let fields = Fields::new(fields, include);
        if from.is_some() || take.is_some() {
            let start = from.map_or(Start::Offset(0), |key| Start::After(key.to_owned()));
            let span = Span { start, limit: size("take", take, 1)?, count };
            return Ok(Self { span, form: Form::Checkpoint, fields });
        }
        let limit = size("per_page", per_page, 0)?;
        let offset = page.unwrap_or(0).checked_mul(limit).filter(|n| i64::try_from(*n).is_ok());
        let offset = offset.ok_or_else(|| Refusal::query("page: There are not so many pages."))?;
        let form = if count { Form::Totals } else { Form::Array };
        Ok(Self { span: Span { start: Start::Offset(offset), limit, count }, form, fields })
    }

    /// How the list is cut where `first` rows stand before those of the store: which of them are on the page, and
    /// what is left for the store.
    pub(crate) fn after(&self, first: u64) -> (std::ops::Range<usize>, Span) {
        let Start::Offset(offset) = self.span.start else { return (0..0, self.span.clone()) };
        let (from, to) = (offset.min(first), offset.saturating_add(self.span.limit).min(first));
        let start = Start::Offset(offset.saturating_sub(first));
        let span = Span { start, limit: self.span.limit - (to - from), count: self.span.count };
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        (index(from)..index(to), span)
    }

    /// The same, for a list that the contract knows as an object alone.
    pub(crate) fn always_object(mut self) -> Self {
        if self.form == Form::Array {
            self.form = Form::Checkpoint;
        }
        self
    }

    /// The answer. `name` is what the rows are called in an object.
    pub(crate) fn answer<T: Serialize>(&self, name: &str, listed: &Listed<T>) -> Result<Value, Refusal> {
        let rows = listed.items.iter().map(|row| self.fields.of(row)).collect::<Result<Vec<_>, _>>()?;
        if self.form == Form::Array {
            return Ok(Value::Array(rows));
        }
        let mut body = Map::new();
        if let (Some(total), Start::Offset(start)) = (listed.total, &self.span.start) {
            body.insert("start".to_owned(), json!(start));
            body.insert("limit".to_owned(), json!(self.span.limit));
            body.insert("length".to_owned(), json!(rows.len()));
            body.insert("total".to_owned(), json!(total));
        }
        if self.form == Form::Checkpoint
            && let Some(next) = &listed.next
        {
            body.insert("next".to_owned(), json!(next));
        }
        body.insert(name.to_owned(), Value::Array(rows));
        Ok(Value::Object(body))
    }
}
