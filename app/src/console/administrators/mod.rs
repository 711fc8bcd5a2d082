//! Settings > Administrators.

mod invitations;
mod invite;
mod list;
mod page;
mod required;
mod reset;
mod role;

pub(crate) use page::Page;
