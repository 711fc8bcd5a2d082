//! Lists found by their address: `?q=` searches, `?after=` is a later page.

use coffer_contract::page::Page;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    load::{Fetched, fetched, loaded},
    pagination::Pagination,
};
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
    let nobody = Memo::new(|_| String::new());
    Listing::of(nobody, None, move |_, search, after| fetch(search, after)).show(nothing, table)
}

/// A list that belongs to something (whose id the fetch gets first), perhaps on a tab of its page.
pub(crate) struct Listing<T: Send + Sync + 'static> {
    rows: Fetched<Page<T>>,
    wanted: Memo<(String, Option<String>)>,
    tab: Option<&'static str>,
}

// Derived, these would ask the same of `T`.
impl<T: Send + Sync + 'static> Clone for Listing<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Listing<T> {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Listing<T> {
    /// Fetches what the address asks for; anew when the id changes.
    pub(crate) fn of<F>(
        id: Memo<String>,
        tab: Option<&'static str>,
        fetch: impl Fn(String, String, Option<String>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Page<T>, Failure>> + Send + 'static,
    {
        let query = use_query_map();
        let wanted =
            Memo::new(move |_| query.with(|query| (query.get("q").unwrap_or_default(), query.get("after"))));
        let rows =
            fetched(move || (id.get(), wanted.get()), move |(id, (search, after))| fetch(id, search, after));
        Self { rows, wanted, tab }
    }

    /// Shows it as `table`; `nothing` says why it is empty, for the search text.
    pub(crate) fn show(
        self,
        nothing: impl Fn(&str) -> AnyView + Clone + Send + Sync + 'static,
        table: impl Fn(Vec<T>) -> AnyView + Clone + Send + Sync + 'static,
    ) -> AnyView {
        let Self { rows, wanted, tab } = self;
        let tab = tab.map(|tab| format!("tab={tab}&")).unwrap_or_default();
        loaded(rows, move |page: Page<T>| {
            let (search, after) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(&search);
            }
            let base = format!("?{tab}q={}", encode(&search));
            let next = page.next.as_deref().map(|next| format!("{base}&after={}", encode(next)));
            let first = after.is_some().then_some(base);
            view! {
                {table(page.items)}
                <Pagination first=first next=next/>
            }
            .into_any()
        })
    }
}
