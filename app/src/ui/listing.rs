//! Lists found by their address: `?q=` searches, `?after=` is a later page.

use coffer_contract::page::Page;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::{Serialize, de::DeserializeOwned};

use super::{load::loaded, pagination::Pagination};
use crate::{address::encode, server_fns::Failure};

/// Fetches what the address asks for (search text, key of the page) and shows it as `table`; `nothing`
/// says why the list is empty, for the search text.
pub(crate) fn listing<T, F>(
    fetch: impl Fn(String, Option<String>) -> F + Send + Sync + 'static,
    nothing: impl Fn(&str) -> AnyView + Clone + Send + Sync + 'static,
    table: impl Fn(Vec<T>) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<Page<T>, Failure>> + Send + 'static,
{
    let query = use_query_map();
    let wanted =
        Memo::new(move |_| query.with(|query| (query.get("q").unwrap_or_default(), query.get("after"))));
    let rows = Resource::new(move || wanted.get(), move |(search, after)| fetch(search, after));
    loaded(rows, move |page: Page<T>| {
        let (search, after) = wanted.get_untracked();
        if page.items.is_empty() {
            return nothing(&search);
        }
        let link = |after: &str| format!("?q={}&after={}", encode(&search), encode(after));
        let next = page.next.as_deref().map(link);
        let first = after.is_some().then(|| format!("?q={}", encode(&search)));
        view! {
            {table(page.items)}
            <Pagination first=first next=next/>
        }
        .into_any()
    })
}
