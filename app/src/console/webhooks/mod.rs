//! Monitoring > Webhooks.

mod deliveries;
mod delivery;
mod draft;
mod list;
mod new;
mod page;
mod secret;
mod settings;
mod state;

pub(crate) use delivery::Delivery;
pub(crate) use list::List;
pub(crate) use new::New;
pub(crate) use page::Page;
