//! Users > Users.

mod account;
mod disconnect;
mod list;
mod page;

pub(crate) use list::List;
pub(crate) use page::Page;
