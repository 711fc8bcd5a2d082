//! The token vault's grant: this server's refresh token for a provider's access token.

use coffer_contract::application::GrantType;
use coffer_core::{
    audit::EventCode,
    client::Client,
    connection::{Connection, Enabled},
    ids::UserId,
};
use coffer_vault::{ReleaseError, ReleaseRequest};

use super::{TokenRequest, TokenResponse, allowed, refuse, required};
use crate::{Oidc, error::EndpointError, presented::Scheme};

/// `subject_token_type` of a refresh token (RFC 8693 section 3).
pub const REFRESH_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// `requested_token_type` and `issued_token_type` of the wire contract.
pub const FEDERATED_TOKEN_TYPE: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

impl Oidc {
    pub(super) async fn by_vault(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let name = request.connection.as_deref();
        let (user, error) = match self.exchange(client, &request, ip).await {
            Ok(response) => return Ok(response),
            Err(refused) => refused,
        };
        Err(refuse(self, EventCode::VaultRefused, client, user.as_ref(), name, ip, error).await)
    }

    /// The exchange, or why not, and whose account it was about as far as that is known.
    async fn exchange(
        &self,
        client: &Client,
        request: &TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, (Option<UserId>, EndpointError)> {
        let unknown = |error: EndpointError| (None, error);
        if client.is_public() {
            let text = "A public client cannot use the token vault: it has no secret to prove itself with.";
            return Err(unknown(EndpointError::UnauthorizedClient(text.into())));
        }
        allowed(client, GrantType::TokenVault).map_err(unknown)?;
        token_types(request).map_err(unknown)?;
        let subject = required(&request.subject_token, "subject_token").map_err(unknown)?;
        let name = required(&request.connection, "connection").map_err(unknown)?;
        let proof = self.present(client, subject, ip).await.map_err(unknown)?;
        let user_id = proof.map_err(|reason| unknown(EndpointError::InvalidSubject(reason)))?.user_id;
        let known = |error: EndpointError| (Some(user_id.clone()), error);
        let (connection, how) = self.vault_connection_for(client, name).await.map_err(known)?;
        let release = ReleaseRequest {
            user_id: &user_id,
            connection: &connection,
            client_id: &client.id,
            login_hint: request.login_hint.as_deref().filter(|hint| !hint.is_empty()),
            ceiling: how.scope_ceiling.as_ref(),
            ip,
        };
        let released = self.vault.release(release).await.map_err(|error| known(refusal(error)))?;
        Ok(TokenResponse {
            scheme: Scheme::Bearer,
            access_token: released.access_token,
            issued_token_type: Some(FEDERATED_TOKEN_TYPE),
            expires_in: released.expires_in,
            scopes: released.scopes,
            refresh_token: None,
            id_token: None,
        })
    }

    async fn vault_connection_for(
        &self,
        client: &Client,
        name: &str,
    ) -> Result<(Connection, Enabled), EndpointError> {
        let refused = |text: String| Err(EndpointError::InvalidRequest(text));
        let Some(connection) = self.store.connections().by_name(name).await? else {
            return refused(format!("There is no connection named {name}."));
        };
        let Some(how) = self.store.connections().enabled(&connection.id, &client.id).await? else {
            return refused(format!("The connection {name} is not enabled for this application."));
        };
        if !connection.vault_enabled {
            return refused(format!("The token vault is not enabled for the connection {name}."));
        }
        Ok((connection, how))
    }
}

fn token_types(request: &TokenRequest) -> Result<(), EndpointError> {
    let subject = required(&request.subject_token_type, "subject_token_type")?;
    if subject != REFRESH_TOKEN_TYPE {
        return Err(EndpointError::InvalidRequest(format!(
            "The subject_token_type must be {REFRESH_TOKEN_TYPE}."
        )));
    }
    let requested = required(&request.requested_token_type, "requested_token_type")?;
    if requested != FEDERATED_TOKEN_TYPE {
        return Err(EndpointError::InvalidRequest(format!(
            "The requested_token_type must be {FEDERATED_TOKEN_TYPE}."
        )));
    }
    Ok(())
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
            "The user's account also allows {excess}, which is above what this application may have. An \
             administrator can change its scopes under Applications > Connections."
        )),
        ReleaseError::Inside(error) => EndpointError::Inside(error.to_string()),
    }
}
