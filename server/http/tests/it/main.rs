//! The HTTP surface as a client meets it, with a clock that the tests move.

mod authorize;
mod grants;
mod harness;
mod protection;
mod vault;
