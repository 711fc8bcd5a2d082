//! The device authorization endpoint (RFC 8628 section 3.1).

use coffer_contract::application::GrantType;
use coffer_core::{
    authorization::{AnswerTo, AuthorizationRequest, Prompts},
    client::Client,
    device::{DEVICE_SECONDS, DeviceAuthorization, DeviceStage, INTERVAL_SECONDS, Polling, UserCode},
    ids::DeviceId,
    rng,
};
use coffer_crypto::{Secret, TokenHash};
use coffer_store::StoreError;

use crate::{
    Oidc,
    authorize::{Params, checks},
    client_auth::Credentials,
    error::EndpointError,
    grants::allowed,
};

/// What the device is told (RFC 8628 section 3.2).
#[derive(Debug)]
pub struct Begun {
    /// `device_code`
    pub device_code: Secret,
    /// `user_code`
    pub user_code: UserCode,
    /// `verification_uri`
    pub verification_uri: String,
    /// `expires_in`, in seconds.
    pub expires_in: i64,
    /// `interval`, in seconds.
    pub interval: i64,
}

/// Where the person goes.
const VERIFICATION_PATH: &str = "activate";
/// Attempts at finding a user code that no other device has.
const TRIES: usize = 5;

impl Oidc {
    /// Handles a device authorization request.
    pub async fn begin_device(
        &self,
        params: &Params,
        credentials: Credentials,
    ) -> Result<Begun, EndpointError> {
        let client = self.authenticate(&credentials).await?;
        allowed(&client, GrantType::DeviceCode)?;
        let id = DeviceId::generate(self.rng.as_ref());
        let request = self.device_request(params, &client, &id).await?;
        let device_code = format!("cfd_{}", rng::token(self.rng.as_ref()));
        let device = DeviceAuthorization {
            request,
            stage: DeviceStage::Pending,
            polling: Polling::default(),
            expires_at: self.clock.now().plus_seconds(DEVICE_SECONDS),
        };
        for _ in 0..TRIES {
            let user_code = UserCode::generate(self.rng.as_ref());
            let (device_hash, user_hash) = (TokenHash::of(&device_code), user_code_hash(&user_code));
            match self.store.devices().create(&id, &device_hash, &user_hash, &device).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    return Ok(Begun {
                        device_code: Secret::new(device_code),
                        user_code,
                        verification_uri: self.issuer.at(VERIFICATION_PATH),
                        expires_in: DEVICE_SECONDS,
                        interval: INTERVAL_SECONDS,
                    });
                }
            }
        }
        Err(EndpointError::Inside("no user code is free".into()))
    }

    /// What the device asks for, checked as `/authorize` checks it.
    async fn device_request(
        &self,
        params: &Params,
        client: &Client,
        id: &DeviceId,
    ) -> Result<AuthorizationRequest, EndpointError> {
        let (audience, scopes) = self.for_api(params, client).await??;
        let person = self.hinted(params, client).await?;
        if let Some(person) = &person
            && self.store.users().get(person).await?.is_none()
        {
            return Err(EndpointError::InvalidRequest("The person of id_token_hint does not exist.".into()));
        }
        let connection = checks::given(params, "connection");
        if let Some(name) = &connection {
            self.device_connection(name, client).await?;
        }
        let connection_scopes = checks::connection_scopes(params);
        if connection.is_none() && !connection_scopes.is_empty() {
            return Err(EndpointError::InvalidRequest(
                "The parameter connection_scope needs connection: whose scopes they are.".into(),
            ));
        }
        Ok(AuthorizationRequest {
            client_id: client.id.clone(),
            answer: AnswerTo::Device { id: id.clone() },
            scopes,
            // A device that names a connection needs what the provider hands out at a consent alone.
            prompt: Prompts { consent: connection.is_some(), ..Prompts::default() },
            connection,
            connection_scopes,
            max_age: None,
            login_hint: checks::given(params, "login_hint"),
            person,
            audience,
            jkt: None,
        })
    }

    /// The connection that a device names must be good for signing in, or for connecting an account.
    async fn device_connection(&self, name: &str, client: &Client) -> Result<(), EndpointError> {
        let refused = |text: &str| Err(EndpointError::InvalidRequest(text.to_owned()));
        let connections = self.store.connections();
        let Some(connection) = connections.by_name(name).await? else {
            return refused("The connection does not exist.");
        };
        if !connections.is_enabled(&connection.id, &client.id).await? {
            return refused("The connection is not enabled for this application.");
        }
        if connection.purpose.signs_in() || self.can_connect(client, &connection) {
            return Ok(());
        }
        refused(
            "The connection is for connected accounts alone, and this application may not connect any: an \
             administrator can switch on the My Account API in its settings, and the token vault on the \
             connection's page.",
        )
    }
}

/// What a user code is found by.
pub(super) fn user_code_hash(code: &UserCode) -> TokenHash {
    TokenHash::of(&code.to_hash())
}
