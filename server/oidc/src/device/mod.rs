//! Device authorization (RFC 8628): an agent in a terminal or container signs its user in, and has accounts
//! connected, by showing an address and a code.
//!
//! 1. The device asks ([`begin`]); it may name a connection, of which it needs an account.
//! 2. The person enters the code ([`activate`]). From there on it is a sign-in like any other, but for its
//!    end: the consent page is always shown, and names the device.
//! 3. An account that the device needs, and the person signed in without, is connected next ([`further`]).
//! 4. The person's answer waits for the device ([`decide`]), which fetches it at the token endpoint.

mod activate;
mod begin;
mod decide;
mod further;

pub use activate::CodeProblem;
pub use begin::Begun;
