//! Subject tokens: for whom an exchange is made (RFC 8693 section 2.1).

use coffer_core::{
    Scopes, Timestamp,
    api::Acting,
    client::Client,
    ids::{ClientId, FamilyId, UserId},
};
use coffer_crypto::{Secret, TokenHash};

use super::{TokenRequest, required};
use crate::{Oidc, apis::Target, error::EndpointError};

/// `subject_token_type` of a refresh token (RFC 8693 section 3).
pub const REFRESH_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// `subject_token_type` of an access token (RFC 8693 section 3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Whom a subject token stands for.
pub(super) struct Subject {
    pub(super) user_id: UserId,
    pub(super) family_id: FamilyId,
    /// The application that the user signed in to.
    pub(super) issued_to: ClientId,
    pub(super) scopes: Scopes,
    pub(super) audience: Option<String>,
    pub(super) actor: Option<Acting>,
    pub(super) auth_time: Option<Timestamp>,
    /// When an access token ends: what comes of it ends no later.
    pub(super) until: Option<Timestamp>,
    /// When the token is no good any more.
    pub(super) ends_at: Timestamp,
}

impl Oidc {
    /// The subject of `request`: a refresh token of the caller's own, or an access token that was sent to
    /// the API whose server the caller is.
    pub(super) async fn subject(
        &self,
        client: &Client,
        request: &TokenRequest,
        ip: Option<&str>,
    ) -> Result<Subject, EndpointError> {
        let kind = required(&request.subject_token_type, "subject_token_type")?;
        let token = required(&request.subject_token, "subject_token")?;
        match kind.as_str() {
            REFRESH_TOKEN_TYPE => {
                let found = self.present(client, token, ip).await?.map_err(EndpointError::InvalidSubject)?;
                Ok(Subject {
                    user_id: found.user_id,
                    family_id: found.family_id,
                    issued_to: found.client_id,
                    scopes: found.scopes,
                    audience: found.audience,
                    actor: None,
                    auth_time: Some(found.auth_time),
                    until: None,
                    ends_at: found.idle_expires_at.min(found.family_expires_at),
                })
            }
            ACCESS_TOKEN_TYPE => self.access_subject(client, token).await,
            _ => Err(EndpointError::InvalidRequest(format!(
                "The subject_token_type must be {REFRESH_TOKEN_TYPE} or {ACCESS_TOKEN_TYPE}."
            ))),
        }
    }

    async fn access_subject(&self, client: &Client, token: &Secret) -> Result<Subject, EndpointError> {
        let refused = |reason| Err(EndpointError::InvalidSubject(reason));
        let found = self.store.tokens().access(&TokenHash::of(token.reveal()), self.clock.now()).await?;
        let Some(found) = found else { return refused("the access token is unknown, expired or revoked") };
        let (Some(user_id), Some(family_id)) = (found.user_id, found.family_id) else {
            return refused("the access token stands for an application, not for a user");
        };
        let linked = match (&client.resource_server, found.audience.as_deref()) {
            (None, _) => {
                return Err(EndpointError::UnauthorizedClient(
                    "This application is not linked to an API, so it cannot exchange access tokens. An \
                     administrator can link it under Applications > APIs; its own refresh tokens it can exchange."
                        .into(),
                ));
            }
            (Some(_), None) => false,
            (Some(own), Some(audience)) => match self.target(audience).await? {
                Some(Target::Api(api)) => api.id == *own,
                _ => false,
            },
        };
        if !linked {
            return refused("the access token is for another API than the one this application is linked to");
        }
        Ok(Subject {
            user_id,
            family_id,
            issued_to: found.client_id,
            scopes: found.scopes,
            audience: found.audience,
            actor: found.actor,
            auth_time: None,
            until: Some(found.expires_at),
            ends_at: found.expires_at,
        })
    }

    /// Who acts now: the actor token's subject, or the calling client itself, after those who acted before
    /// (RFC 8693 section 4.1).
    pub(super) async fn acting(
        &self,
        client: &Client,
        request: &TokenRequest,
        before: Option<Acting>,
    ) -> Result<Acting, EndpointError> {
        let refused = |text: &str| EndpointError::InvalidRequest(text.to_owned());
        let sub = match (&request.actor_token, request.actor_token_type.as_deref()) {
            (None, None) => client.id.to_string(),
            (None, Some(_)) => return Err(refused("There is an actor_token_type without an actor_token.")),
            (Some(token), Some(ACCESS_TOKEN_TYPE)) => {
                let hash = TokenHash::of(token.reveal());
                let found = self.store.tokens().access(&hash, self.clock.now()).await?;
                let own = found.filter(|found| found.client_id == client.id && found.user_id.is_none());
                own.ok_or_else(|| {
                    refused("The actor_token must be a valid access token that the calling client got for itself.")
                })?;
                client.id.to_string()
            }
            (Some(_), _) => {
                return Err(EndpointError::InvalidRequest(format!(
                    "The actor_token_type must be {ACCESS_TOKEN_TYPE}."
                )));
            }
        };
        if before.as_ref().is_some_and(|before| before.sub == sub) {
            return Ok(before.unwrap_or(Acting { sub, act: None }));
        }
        Acting::after(sub, before).ok_or_else(|| refused("Too many applications act for one another."))
    }
}
