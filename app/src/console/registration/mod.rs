//! Applications > Registration.

mod draft;
mod page;
mod settings;
mod tokens;

pub(crate) use page::Page;
