//! Applications > Applications.

mod connections;
mod credentials;
mod draft;
mod list;
mod new;
mod origin;
mod page;
mod settings;

pub(crate) use list::List;
pub(crate) use new::New;
pub(crate) use page::Page;
