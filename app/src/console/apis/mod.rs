//! Applications > APIs.

mod applications;
mod draft;
mod list;
mod new;
mod own;
mod page;
mod quick_start;
mod settings;
mod snippets;

pub(crate) use list::List;
pub(crate) use new::New;
pub(crate) use page::Page;
