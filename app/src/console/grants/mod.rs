//! What an application may do at an API: a switch, and the scopes behind it.

mod scopes;
mod switch;

pub(crate) use switch::{GrantSwitch, Place};
