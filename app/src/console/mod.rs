//! The dashboard: one folder per entry of its navigation.

pub(crate) mod account;
pub(crate) mod administrators;
pub(crate) mod apis;
pub(crate) mod applications;
mod ceiling;
pub(crate) mod connections;
pub(crate) mod enablement;
mod frame;
mod fresh;
mod grants;
mod limits;
pub(crate) mod logs;
pub(crate) mod overview;
pub(crate) mod registration;
mod scope_words;
mod second_factor;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod users;
pub(crate) mod webhooks;

pub(crate) use frame::{Console, NotFound};
