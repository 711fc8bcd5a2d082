//! The use cases of the dashboard, one implementation whatever door they are called through.
//!
//! A [`Visit`] is one request by somebody, known or not. [`Visit::signed_in`] yields [`Signed`], the
//! object that has the use cases that read, so that nothing can be called by somebody who is not signed in.
//! From it those whose role allows it get [`Editor`] and [`Owner`], which have the others.
//! Each change is checked first, then written together with its audit event.

mod admin;
mod administrators;
mod api_applications;
mod apis;
mod applications;
mod authenticators;
mod call;
mod client_grants;
mod client_keys;
mod connections;
mod deliveries;
mod enablements;
mod factor_rule;
mod factors;
mod failure;
mod grants;
mod half_way;
mod invitations;
mod linked_accounts;
mod listings;
mod log_export;
mod logs;
mod overview;
mod own_apis;
mod passkeys;
mod qr;
mod recovery;
mod registration;
mod roles;
mod sandbox;
mod signed;
#[cfg(test)]
mod tests;
mod throttle;
mod through;
pub mod tidy;
mod together;
mod tries;
mod users;
mod visit;
mod webauthn;
mod webhooks;
mod whole;

pub use admin::{Admin, SETUP_LINK_SECONDS};
pub use call::Call;
pub use grants::{GrantFilter, UserGrant};
pub use half_way::HALF_WAY_SECONDS;
pub use invitations::INVITATION_SECONDS;
pub use log_export::LogExport;
pub use roles::{Editor, Owner};
pub use sandbox::Sandbox;
pub use signed::Signed;
pub use through::{Arrival, Departure, NotIn};
pub use visit::{SESSION_SECONDS, Visit};
pub use whole::{NewWholeApplication, SECRET_MIN, WholeApplication};
