//! What the sign-in page shows.

use coffer_core::authorization::Stage;

use crate::{Browser, Oidc, error::PageError};

/// The sign-in page of an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInView {
    /// The application's name.
    pub application: String,
    /// The ways to sign in.
    pub connections: Vec<Choice>,
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

impl Oidc {
    /// The connections that the person can sign in with.
    pub async fn sign_in_view(&self, handle: &str, browser: &Browser) -> Result<SignInView, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        if interaction.stage != Stage::SignIn {
            return Err(PageError::Gone);
        }
        let connections = self.store.connections().enabled_for(&client.id).await?;
        let connections = connections
            .into_iter()
            .filter(|connection| connection.purpose.signs_in())
            .map(|c| Choice { name: c.name, label: c.display_name, strategy: c.strategy })
            .collect();
        Ok(SignInView { application: client.name, connections })
    }
}
