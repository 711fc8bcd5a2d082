//! Client grants: what administrators let applications do at APIs.

use serde::{Deserialize, Serialize};

use crate::{
    api::{ApiScope, ApiSummary, GrantSubject, UserAccess},
    application::ApplicationType,
};

/// An application that may use an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientGrantView {
    /// `cgr_...`
    pub id: String,
    /// The application.
    pub client_id: String,
    /// Its name.
    pub application: String,
    /// The API's identifier.
    pub audience: String,
    /// The API's name.
    pub api: String,
    /// In whose name.
    pub subject: GrantSubject,
    /// What it may get.
    pub scopes: Vec<String>,
}

/// What is sent to let an application use an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewClientGrant {
    /// The application.
    pub client_id: String,
    /// The API's identifier.
    pub audience: String,
    /// In whose name.
    pub subject: GrantSubject,
    /// What it may get.
    pub scopes: Vec<String>,
}

/// A row of an API's applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiApplication {
    /// The application.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub app_type: ApplicationType,
    /// In whose names it can be authorized.
    pub subjects: Vec<GrantSubject>,
    /// What it may do.
    pub grants: Vec<ClientGrantView>,
}

/// A row of an application's APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationApi {
    /// The API.
    pub api: ApiSummary,
    /// What can be asked for there.
    pub scopes: Vec<ApiScope>,
    /// Which applications may ask users for access.
    pub user_access: UserAccess,
    /// In whose names the application can be authorized.
    pub subjects: Vec<GrantSubject>,
    /// What the application may do there.
    pub grants: Vec<ClientGrantView>,
}
