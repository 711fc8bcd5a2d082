//! Applications > Applications.

mod apis;
mod connections;
mod credentials;
mod draft;
mod exchange;
mod list;
mod new;
mod origin;
mod page;
mod saved;
mod settings;

pub(crate) use list::List;
pub(crate) use new::New;
pub(crate) use page::Page;
