//! An authorization request, checked: at `/authorize`, or pushed before (RFC 9126).

use coffer_contract::application::GrantType;
use coffer_core::{
    Scopes,
    authorization::AuthorizationRequest,
    client::Client,
    connection::Connection,
    ids::{ClientId, UserId},
};
use coffer_store::StoreError;

use super::{
    AuthorizationResponse, Params,
    checks::{self, Fault, fault, given},
};
use crate::{Oidc, apis::InvalidTarget, error::PageError, redirect, registration::DocumentError, stranger};

/// A request that is as it must be.
pub(crate) struct Valid {
    pub(crate) request: AuthorizationRequest,
    pub(crate) client: Client,
    /// The connection that it names.
    pub(crate) named: Option<Connection>,
}

/// A parameter that is there, and there once.
pub(crate) fn once<'a>(params: &'a Params, repeated: &[String], name: &str) -> Option<&'a str> {
    let value = params.get(name).filter(|value| !value.is_empty() && !repeated.iter().any(|r| r == name));
    value.map(String::as_str)
}

impl Oidc {
    /// Checks a request. Once client and redirect URI are good, errors are for the client.
    pub(crate) async fn validated(
        &self,
        params: &Params,
        repeated: &[String],
        pushed: bool,
    ) -> Result<Valid, PageError> {
        let (client, redirect_uri) = self.trusted_client(params, repeated).await?;
        let redirect = checks::redirect(params, redirect_uri);
        let refuse = |Fault { code, description }: Fault| {
            // Nobody signed in yet, so nobody is sent to a stranger's site (RFC 9700 section 4.11.2).
            // `prompt=none` is an exception of the RFC's: it never waits for a person.
            if !pushed && let Some(note) = stranger::not_followed(&client, &redirect.redirect_uri) {
                return PageError::refused(code, format!("{description} {note}"));
            }
            let answer = AuthorizationResponse::error(self.issuer(), &redirect, code, &description);
            PageError::ToClient(Box::new(answer))
        };
        // Before anything is read from it: which of the two values would it be?
        if let Some(name) = repeated.first() {
            let text = format!("The parameter {name} is there more than once.");
            return Err(refuse(fault("invalid_request", text)));
        }
        if client.require_par && !pushed {
            let text = "This application must push its authorization requests (RFC 9126).";
            return Err(refuse(fault("invalid_request", text)));
        }
        let for_api = self.for_api(params, &client).await?.map_err(refuse)?;
        let request = checks::validate(params, &client, redirect.clone(), for_api).map_err(refuse)?;
        if !client.may_use(GrantType::AuthorizationCode) {
            let text = "This application may not use the authorization code grant.";
            return Err(refuse(fault("unauthorized_client", text)));
        }
        let named = self.named_connection(&request, &client).await?;
        let named = named.map_err(|text| refuse(fault("invalid_request", text)))?;
        let person = self.hinted(params, &client).await.map_err(refuse)?;
        Ok(Valid { request: AuthorizationRequest { person, ..request }, client, named })
    }

    /// The API that a request is for, and the scopes that the client can get there.
    pub(crate) async fn for_api(
        &self,
        params: &Params,
        client: &Client,
    ) -> Result<Result<(Option<String>, Scopes), Fault>, StoreError> {
        let wanted = match checks::wanted_api(params) {
            Ok(wanted) => wanted,
            Err(fault) => return Ok(Err(fault)),
        };
        match self.user_target(client, wanted.as_deref(), &checks::asked(params)).await? {
            Err(InvalidTarget(text)) => Ok(Err(fault("invalid_target", text))),
            Ok((target, mut scopes)) => {
                if !(target.offline_access() && client.may_use(GrantType::RefreshToken)) {
                    scopes.remove("offline_access");
                }
                Ok(Ok((self.audience_of(&target), scopes)))
            }
        }
    }

    /// The person whom `id_token_hint` names: nobody else may answer (OpenID Connect Core section 3.1.2.2).
    pub(crate) async fn hinted(&self, params: &Params, client: &Client) -> Result<Option<UserId>, Fault> {
        let Some(token) = given(params, "id_token_hint") else { return Ok(None) };
        match self.verify_hint(&token).await {
            Some(hint) if hint.aud == client.id.as_str() => Ok(Some(hint.person())),
            _ => Err(fault(
                "invalid_request",
                "The id_token_hint is not an ID token that this server issued to this application.",
            )),
        }
    }

    /// Client and redirect URI, exactly as registered: errors before this point are shown, never sent
    /// (RFC 6749 section 4.1.2.1, RFC 9700 section 2.1).
    async fn trusted_client(
        &self,
        params: &Params,
        repeated: &[String],
    ) -> Result<(Client, String), PageError> {
        let once = |name: &str| once(params, repeated, name);
        let Some(id) = once("client_id") else {
            return Err(PageError::refused(
                "invalid_request",
                "The address lacks the application's client_id.",
            ));
        };
        let found = self.client(&ClientId::from_text(id)).await.map_err(|error| match error {
            DocumentError::Refused(text) => PageError::refused("invalid_client", text),
            DocumentError::Store(error) => error.into(),
        })?;
        let Some(client) = found else {
            return Err(PageError::refused("invalid_client", "No application has this client_id."));
        };
        let Some(redirect_uri) = once("redirect_uri") else {
            return Err(PageError::refused(
                "invalid_request",
                "The address lacks the application's redirect_uri.",
            ));
        };
        // A message goes to an origin, whatever the path: single-page libraries name the origin alone.
        let by_message = once("response_mode") == Some("web_message");
        let origin = by_message && client.web_origins.iter().any(|origin| origin == redirect_uri);
        if !origin && !redirect::is_registered(&client, redirect_uri) {
            tracing::info!(client = %client.id, "an authorization request named a redirect URI that is not registered");
            return Err(PageError::refused(
                "invalid_request",
                "The address to return to is not one of the application's callback URLs. An administrator \
                 can add it under Applications > Settings > Allowed callback URLs.",
            ));
        }
        Ok((client, redirect_uri.to_owned()))
    }

    /// The connection that the request names, if it names one.
    async fn named_connection(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
    ) -> Result<Result<Option<Connection>, &'static str>, PageError> {
        let Some(name) = &request.connection else { return Ok(Ok(None)) };
        let Some(connection) = self.store.connections().by_name(name).await? else {
            return Ok(Err("The connection does not exist."));
        };
        if !self.store.connections().is_enabled(&connection.id, &client.id).await? {
            return Ok(Err("The connection is not enabled for this application."));
        }
        if !connection.purpose.signs_in() {
            return Ok(Err("The connection is not for signing in."));
        }
        Ok(Ok(Some(connection)))
    }
}
