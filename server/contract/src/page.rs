//! Key-based paging: a page names where the next one begins.

use serde::{Deserialize, Serialize};

/// One page of a list. `next` is the opaque key to pass as `after`; absent on the last page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Key of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with every row mapped.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// How many rows a dashboard list shows at once.
pub const PAGE_SIZE: u64 = 25;
