//! The My Account API: what a user's access token with the audience `{issuer}me/` opens.

mod accounts;
mod connect;
mod error;
mod page;

use coffer_core::{client::Client, user::User};

pub use coffer_contract::my_account::{CREATE, DELETE, READ, SCOPES};

pub use accounts::{AccountsPage, ConnectableView, ConnectedAccountView};
pub use connect::{CompleteRequest, Completed, ConnectParams, Connecting};
pub use error::{FieldProblem, MyAccountError};
pub use page::{AccountPage, AccountRow, ApplicationLine, MyAccount};

use crate::{Oidc, presented::Presented};

/// Somebody's access token, for this API.
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) client: Client,
}

impl Oidc {
    /// The audience of the API.
    pub fn my_account_audience(&self) -> String {
        self.issuer.at("me/")
    }

    /// Whether this audience is the API's; the slash at its end may be left out.
    pub(crate) fn is_my_account(&self, audience: &str) -> bool {
        audience.trim_end_matches('/') == self.my_account_audience().trim_end_matches('/')
    }

    /// Whose token it is, if it is for this API and has the scope.
    pub(crate) async fn caller(
        &self,
        access: &Presented,
        scopes: &[&'static str],
    ) -> Result<Caller, MyAccountError> {
        let grant = self.presented(access).await?;
        if grant.audience.as_deref() != Some(self.my_account_audience().as_str()) {
            return Err(MyAccountError::Unauthorized("The access token is not for the My Account API."));
        }
        if !scopes.iter().any(|scope| grant.scopes.contains(scope)) {
            return Err(MyAccountError::InsufficientScope(scopes.first().copied().unwrap_or_default()));
        }
        let gone = MyAccountError::Unauthorized("The user or the application was deleted.");
        let Some(user_id) = &grant.user_id else { return Err(gone) };
        let (Some(user), Some(client)) =
            (self.store.users().get(user_id).await?, self.store.clients().get(&grant.client_id).await?)
        else {
            return Err(gone);
        };
        // Switched off means off at once, not when the token ends.
        if !client.connect_accounts {
            return Err(MyAccountError::Forbidden(
                "The My Account API is switched off for this application.",
            ));
        }
        Ok(Caller { user, client })
    }
}
