//! The person's answer, for the device to fetch.

use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::SignIn,
    client::Client,
    device::{DeviceAuthorization, DeviceStage},
    ids::DeviceId,
};

use crate::{Browser, Oidc, authorize::Next, error::PageError};

impl Oidc {
    /// The person lets the device in.
    pub(crate) async fn allow_device(
        &self,
        id: &DeviceId,
        client: &Client,
        sign_in: SignIn,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let text = format!("Let a device with {} in.", client.name);
        let actor = Actor::User(sign_in.user_id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::DeviceAllowed, actor, text)
            .client(&client.id)
            .user(&sign_in.user_id)
            .from_ip(browser.ip.as_deref());
        self.settle_device(id, event, |stage| stage.allowed(sign_in).ok()).await?;
        Ok(Next::DeviceDone { application: client.name.clone(), allowed: true })
    }

    /// The person, or the provider for them, said no.
    pub(crate) async fn refuse_device(
        &self,
        id: &DeviceId,
        client: &Client,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let actor = Actor::Anonymous(String::new());
        let text = format!("A device with {} was not let in.", client.name);
        let event = AuditEvent::new(self.clock.now(), EventCode::DeviceRefused, actor, text)
            .client(&client.id)
            .from_ip(browser.ip.as_deref());
        self.settle_device(id, event, |stage| stage.refused().ok()).await?;
        Ok(Next::DeviceDone { application: client.name.clone(), allowed: false })
    }

    async fn settle_device(
        &self,
        id: &DeviceId,
        event: AuditEvent,
        to: impl FnOnce(&DeviceStage) -> Option<DeviceStage>,
    ) -> Result<(), PageError> {
        let devices = self.store.devices();
        let DeviceAuthorization { stage, .. } =
            devices.get(id, self.clock.now()).await?.ok_or(PageError::Gone)?;
        let to = to(&stage).ok_or(PageError::Gone)?;
        if devices.decide(id, &stage, &to, event).await? { Ok(()) } else { Err(PageError::Gone) }
    }
}
