//! The token vault's grant: this server's token for a provider's access token.

use coffer_contract::application::{GrantType, Origin};
use coffer_core::{
    Scopes, Timestamp,
    audit::EventCode,
    client::Client,
    connection::{Connection, Enabled},
    ids::UserId,
};
use coffer_store::Basis;
use coffer_vault::{ReleaseError, ReleaseRequest, Released, Stored};

use super::{
    TokenRequest, TokenResponse, allowed,
    known::{Answer, Question},
    refuse, required,
    subject::Subject,
};
use crate::{Oidc, error::EndpointError, presented::Scheme};

/// `requested_token_type` and `issued_token_type` of the wire contract.
pub const FEDERATED_TOKEN_TYPE: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

/// Which token of a provider's.
pub(super) struct Wanted<'a> {
    /// The connection's name.
    pub(super) connection: &'a str,
    /// The user's id at the provider.
    pub(super) login_hint: Option<&'a str>,
    /// The scopes that are asked for; all that the application may have where there are none.
    pub(super) scopes: Option<Scopes>,
    /// What the answer calls it.
    pub(super) issued_token_type: &'static str,
}

impl Oidc {
    pub(super) async fn by_vault(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
        question: Option<(Question, Basis)>,
    ) -> Result<TokenResponse, EndpointError> {
        let mut user = None;
        let error = match self.federated(client, &request, ip, &mut user).await {
            Ok((response, answer)) => {
                if let (Some((question, basis)), Some((stored, until))) = (question, answer)
                    && client.origin == Origin::Dashboard
                {
                    self.remember(question, Answer { stored, basis, until });
                }
                return Ok(response);
            }
            Err(error) => error,
        };
        let name = request.connection.as_deref();
        Err(refuse(self, EventCode::VaultRefused, client, user.as_ref(), name, ip, error).await)
    }

    /// The exchange, with what can be released again until the subject token ends; or why not. `user` becomes whose account it is about as soon as that is known.
    async fn federated(
        &self,
        client: &Client,
        request: &TokenRequest,
        ip: Option<&str>,
        user: &mut Option<UserId>,
    ) -> Result<(TokenResponse, Option<(Stored, Timestamp)>), EndpointError> {
        if client.is_public() {
            let text = "A public client cannot use the token vault: it has no secret to prove itself with.";
            return Err(EndpointError::UnauthorizedClient(text.into()));
        }
        allowed(client, GrantType::TokenVault)?;
        if required(&request.requested_token_type, "requested_token_type")? != FEDERATED_TOKEN_TYPE {
            return Err(EndpointError::InvalidRequest(format!(
                "The requested_token_type must be {FEDERATED_TOKEN_TYPE}."
            )));
        }
        let wanted = Wanted {
            connection: required(&request.connection, "connection")?,
            login_hint: request.login_hint.as_deref(),
            scopes: None,
            issued_token_type: FEDERATED_TOKEN_TYPE,
        };
        // Asked at once: neither needs the other.
        let (subject, through) =
            tokio::join!(self.subject(client, request, ip), self.through(client, wanted.connection));
        let subject = subject?;
        *user = Some(subject.user_id.clone());
        let (response, stored) = self.release(client, &subject, wanted, through?, ip).await?;
        Ok((response, stored.map(|stored| (stored, subject.ends_at))))
    }

    /// The provider's access token of the subject's account, from the vault.
    pub(super) async fn release(
        &self,
        client: &Client,
        subject: &Subject,
        wanted: Wanted<'_>,
        (connection, how): (Connection, Enabled),
        ip: Option<&str>,
    ) -> Result<(TokenResponse, Option<Stored>), EndpointError> {
        let release = ReleaseRequest {
            user_id: &subject.user_id,
            connection: &connection,
            client_id: &client.id,
            on_behalf_of: (subject.issued_to != client.id).then_some(&subject.issued_to),
            login_hint: wanted.login_hint.filter(|hint| !hint.is_empty()),
            wanted: wanted.scopes.as_ref(),
            ceiling: how.scope_ceiling.as_ref(),
            ip,
        };
        let mut released = self.vault.release(release).await.map_err(refusal)?;
        let stored = released.stored.take();
        Ok((response(released, wanted.issued_token_type), stored))
    }

    /// The connection whose tokens the client may have, and how.
    pub(super) async fn through(
        &self,
        client: &Client,
        name: &str,
    ) -> Result<(Connection, Enabled), EndpointError> {
        let refused = |text: String| Err(EndpointError::InvalidRequest(text));
        let Some((connection, how)) = self.store.connections().named_for(name, &client.id).await? else {
            return refused(format!("There is no connection named {name}."));
        };
        let Some(how) = how else {
            return refused(format!("The connection {name} is not enabled for this application."));
        };
        if !connection.vault_enabled {
            return refused(format!("The token vault is not enabled for the connection {name}."));
        }
        Ok((connection, how))
    }
}

/// The answer with a provider's token.
pub(super) fn response(released: Released, issued_token_type: &'static str) -> TokenResponse {
    TokenResponse {
        scheme: Scheme::Bearer,
        access_token: released.access_token,
        issued_token_type: Some(issued_token_type),
        expires_in: released.expires_in,
        scopes: released.scopes,
        refresh_token: None,
        id_token: None,
    }
}

/// The contract's answer to each way in which the vault says no.
fn refusal(error: ReleaseError) -> EndpointError {
    match error {
        ReleaseError::NoAccount => EndpointError::NoFederatedToken {
            outside: "The user has not connected an account through this connection.",
            inside: error.to_string(),
        },
        ReleaseError::NoRefreshToken => EndpointError::NoFederatedToken {
            outside: "The provider's access token expired and there is no refresh token. The user has to sign in \
                      through this connection again; check that its scopes ask for offline access.",
            inside: error.to_string(),
        },
        ReleaseError::Revoked(_) => EndpointError::NoFederatedToken {
            outside: "The provider revoked the access. The user has to consent again.",
            inside: error.to_string(),
        },
        ReleaseError::Unavailable { reason, retry_after } => EndpointError::Unavailable {
            retry_after,
            inside: format!("the provider is unavailable: {reason}"),
        },
        ReleaseError::AboveCeiling { excess } => EndpointError::InvalidScope(format!(
            "The user's account also allows {excess}, which is above what was asked for or what this application \
             may have, and the provider gave no narrower token. Ask without scope, or have an administrator \
             change the application's scopes under Applications > Connections."
        )),
        ReleaseError::NotGranted { missing } => EndpointError::InvalidScope(format!(
            "The user's account was never granted {missing}. Have them connect it again with these scopes."
        )),
        ReleaseError::Inside(error) if error.is_unavailable() => EndpointError::Database(error.to_string()),
        ReleaseError::Inside(error) => EndpointError::Inside(error.to_string()),
    }
}
