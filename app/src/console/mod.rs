//! The dashboard: one folder per entry of its navigation.

pub(crate) mod applications;
pub(crate) mod connections;
pub(crate) mod enablement;
mod frame;
pub(crate) mod logs;
pub(crate) mod setup;
pub(crate) mod sign_in;

pub(crate) use frame::{Console, NotFound};
