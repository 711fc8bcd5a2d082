//! Settings > Administrators.

mod invitations;
mod invite;
mod list;
mod page;
mod role;

pub(crate) use page::Page;
