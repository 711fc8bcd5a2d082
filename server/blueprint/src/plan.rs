//! What would have to be done so that there is what the file says.

use coffer_contract::connection::ConnectionOptions;
use coffer_crypto::Secret;

use crate::{
    change::Change,
    model::{Api, Application, Connection, Enablement, Grant},
    present::There,
    settle::Wanted,
};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An API.
    Api,
    /// A connection.
    Connection,
    /// An application.
    Application,
}

impl Kind {
    /// The table's name in the file.
    pub fn table(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Connection => "connection",
            Self::Application => "application",
        }
    }

    /// The object of this kind that is called `name`, for people.
    pub(crate) fn title(self, name: &str) -> String {
        match self {
            Self::Api => format!("API “{name}”"),
            Self::Connection => format!("connection “{name}”"),
            Self::Application => format!("application “{name}”"),
        }
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is deleted.
    Delete,
}

/// One object, and what happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happens.
    pub action: Action,
    /// What it is.
    pub kind: Kind,
    /// What it is known by: identifier, name, or client id (`None` until it has one).
    pub key: Option<String>,
    /// What people call it.
    pub title: String,
    /// Field by field.
    pub changes: Vec<Change>,
    pub(crate) doing: Doing,
}

/// What has to be called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Doing {
    CreateApi(Wanted<Api>),
    UpdateApi(Wanted<Api>, There<Api>),
    CreateConnection(Wanted<Connection>),
    UpdateConnection(Wanted<Connection>, There<Connection>),
    CreateApplication(Wanted<Application>, Links),
    UpdateApplication(Wanted<Application>, There<Application>, Update, Links),
    Delete { id: String, name: String },
}

/// What changes of an application itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub settings: bool,
    pub secret: Option<NewSecret>,
}

/// The secret that an application gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NewSecret {
    This(Secret),
    /// One is made.
    Made,
}

/// What changes between an application and connections and APIs. What is added has its place in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Links {
    pub enable: Vec<(usize, Enablement)>,
    pub disable: Vec<String>,
    pub grant: Vec<(usize, Grant)>,
    pub revoke: Vec<Grant>,
}

impl Step {
    /// Whether a client secret is made for it.
    pub(crate) fn makes_secret(&self) -> bool {
        match &self.doing {
            Doing::CreateApplication(wanted, _) => {
                wanted.secret.is_none() && wanted.model.auth_method.is_some_and(|method| method.has_secret())
            }
            Doing::UpdateApplication(_, _, update, _) => update.secret == Some(NewSecret::Made),
            _ => false,
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// APIs first, then connections, applications, and what is deleted.
    pub steps: Vec<Step>,
    /// What the file does not have and what stays as it is: kind and title.
    pub unmanaged: Vec<(Kind, String)>,
}

impl Plan {
    /// Whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The first application for which a secret is made.
    pub fn makes_secret(&self) -> Option<&str> {
        self.steps.iter().find(|step| step.makes_secret()).map(|step| step.title.as_str())
    }

    /// Discovery documents that have to be looked at before anything is done, with the object that names each.
    pub(crate) fn to_discover(&self) -> Vec<(&Wanted<Connection>, &str)> {
        let url = |options: &'_ ConnectionOptions| options.discovery_url.clone();
        let each = self.steps.iter().filter_map(|step| match &step.doing {
            Doing::CreateConnection(wanted) => Some(wanted),
            Doing::UpdateConnection(wanted, there)
                if url(&there.model.options) != url(&wanted.model.options) =>
            {
                Some(wanted)
            }
            _ => None,
        });
        each.filter_map(|wanted| Some((wanted, wanted.model.options.discovery_url.as_deref()?))).collect()
    }
}
