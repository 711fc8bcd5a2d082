//! The device code grant (RFC 8628 sections 3.4 and 3.5).

use coffer_contract::application::GrantType;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::Granted,
    client::Client,
    device::{DeviceAuthorization, DeviceStage},
    ids::{DeviceId, FamilyId},
};
use coffer_crypto::TokenHash;

use super::{TokenRequest, TokenResponse, allowed, refuse, required};
use crate::{Oidc, error::EndpointError};

impl Oidc {
    pub(super) async fn by_device_code(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        allowed(client, GrantType::DeviceCode)?;
        let code = required(&request.device_code, "device_code")?;
        let found = self.store.devices().by_device_code(&TokenHash::of(code.reveal())).await?;
        let outcome = match found {
            None => Err(EndpointError::InvalidGrant("the device code is unknown")),
            Some((_, device)) if device.request.client_id != client.id => {
                Err(EndpointError::InvalidGrant("the device code was issued to another client"))
            }
            Some((id, mut device)) => {
                device.request.jkt = request.jkt;
                self.polled(client, &id, device, ip).await
            }
        };
        match outcome {
            Err(error @ EndpointError::InvalidGrant(_)) => {
                Err(refuse(self, EventCode::TokenDeviceRefused, client, None, None, ip, error).await)
            }
            outcome => outcome,
        }
    }

    async fn polled(
        &self,
        client: &Client,
        id: &DeviceId,
        device: DeviceAuthorization,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let now = self.clock.now();
        if now >= device.expires_at {
            return Err(EndpointError::ExpiredDeviceCode);
        }
        match &device.stage {
            DeviceStage::Pending => {
                let (polling, too_fast) = device.polling.poll(now);
                self.store.devices().polled(id, polling).await?;
                Err(if too_fast { EndpointError::SlowDown } else { EndpointError::AuthorizationPending })
            }
            DeviceStage::Refused => Err(EndpointError::AccessDenied),
            DeviceStage::Done => Err(EndpointError::InvalidGrant("the device code was used before")),
            DeviceStage::Allowed { .. } => self.redeem_device(client, id, device, ip).await,
        }
    }

    /// Issues the tokens and marks the code used, in one transaction.
    async fn redeem_device(
        &self,
        client: &Client,
        id: &DeviceId,
        device: DeviceAuthorization,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let used = || EndpointError::InvalidGrant("the device code was used before");
        let (done, sign_in) = device.stage.redeemed().map_err(|_| used())?;
        let now = self.clock.now();
        let granted = Granted {
            scopes: device.request.scopes,
            audience: device.request.audience,
            jkt: device.request.jkt,
            nonce: None,
            sign_in,
            family_id: FamilyId::generate(self.rng.as_ref()),
        };
        if self.signed_out_since(&granted).await? {
            return Err(EndpointError::InvalidGrant("the user signed out everywhere meanwhile"));
        }
        let first = self.first_tokens(client, &granted).await?;
        let actor = Actor::Client(client.id.clone());
        let text = "Exchanged a device code for tokens.";
        let event = AuditEvent::new(now, EventCode::TokenDeviceExchanged, actor, text)
            .client(&client.id)
            .user(&granted.sign_in.user_id)
            .from_ip(ip);
        let (tokens, stages) = (self.store.tokens(), (&device.stage, &done));
        if !tokens.redeem_device(id, stages, &granted, now, first.refresh(), first.access(), event).await? {
            return Err(used());
        }
        Ok(first.into_response(granted))
    }

    async fn signed_out_since(&self, granted: &Granted) -> Result<bool, EndpointError> {
        let present = self.present_user(&granted.sign_in).await;
        Ok(present.map_err(|error| EndpointError::Inside(error.to_string()))?.is_none())
    }
}
