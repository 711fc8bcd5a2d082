//! Authentication > Social and Enterprise.

mod attempt;
mod catalogue;
mod draft;
mod form;
mod list;
mod mapping;
mod new;
mod options;
mod page;
mod scopes;
mod tried;
mod trying;

pub(crate) use catalogue::Catalogue;
pub(crate) use list::List;
pub(crate) use new::New;
pub(crate) use page::Page;

use coffer_contract::catalogue::ConnectionGroup;

/// A group's name in the navigation.
fn name_of(group: ConnectionGroup) -> &'static str {
    match group {
        ConnectionGroup::Social => "Social",
        ConnectionGroup::Enterprise => "Enterprise",
    }
}

/// Address of a group's list.
fn list_of(group: ConnectionGroup) -> String {
    format!("/console/connections/{}", group.slug())
}
