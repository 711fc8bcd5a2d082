//! What the sign-in page shows.

use coffer_core::{authorization::Stage, connection::Connection};

use crate::{Browser, Oidc, error::PageError, identify::is_offered};

/// The sign-in page of an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInView {
    /// The application's name.
    pub application: String,
    /// The ways to sign in that have a button.
    pub connections: Vec<Choice>,
    /// Whether an e-mail address can say which company's sign-in the person belongs to.
    pub by_address: bool,
    /// What the application knows of the person, for the address field.
    pub login_hint: Option<String>,
}

/// One way to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The connection's name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its strategy id, for the icon.
    pub strategy: String,
}

impl From<Connection> for Choice {
    fn from(connection: Connection) -> Self {
        Self { name: connection.name, label: connection.display_name, strategy: connection.strategy }
    }
}

impl Oidc {
    /// The connections that the person can sign in with. One with domains has no button: the address
    /// leads to it, so that a company's name is nobody else's to see.
    pub async fn sign_in_view(&self, handle: &str, browser: &Browser) -> Result<SignInView, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        if interaction.stage != Stage::SignIn {
            return Err(PageError::Gone);
        }
        let connections = self.store.connections().enabled_for(&client.id).await?;
        let (by_address, buttons): (Vec<_>, Vec<_>) = connections
            .into_iter()
            .filter(is_offered)
            .partition(|connection| !connection.options.domain_aliases.is_empty());
        Ok(SignInView {
            application: client.name,
            connections: buttons.into_iter().map(Into::into).collect(),
            by_address: !by_address.is_empty(),
            login_hint: interaction.request.login_hint,
        })
    }
}
