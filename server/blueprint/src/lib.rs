//! Configuration as code: connections, applications and APIs as one readable file, a blueprint.
//!
//! [`Desk::export`] writes one from what there is. [`Desk::draft`] reads one and says what it would change:
//! nothing is changed, but every change is tried in a transaction that is rolled back, so that whatever is
//! wrong is known by then, with its line. [`Desk::apply`] makes the changes, all or none. They are those of the
//! dashboard's use cases, with the same checks and audit events.

mod change;
mod compare;
mod desk;
mod lines;
mod model;
mod perform;
mod plan;
mod present;
mod problem;
mod read;
mod secret;
mod settle;
mod show;
#[cfg(test)]
mod tests;
mod write;

pub use desk::{Desk, Draft, Issued, Outcome};
pub use plan::{Action, Kind, Plan, Step};
pub use problem::{BlueprintError, Problem};
pub use secret::{Sources, SystemSources};
pub use write::References;
