//! The person enters the code that the device shows (RFC 8628 section 3.3).

use coffer_contract::application::GrantType;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AuthorizationRequest, SignIn},
    client::Client,
    connection::Connection,
    device::{DeviceStage, UserCode},
    network::network,
};
use coffer_crypto::TokenHash;

use super::begin::user_code_hash;
use crate::{Browser, Oidc, authorize::Next, error::PageError};

/// Wrong codes allowed in one browser (RFC 8628 section 5.1).
const PER_BROWSER: u32 = 5;
/// Wrong codes allowed from one network address.
const PER_ADDRESS: u32 = 20;
/// Length of the window that a first wrong code opens, in seconds.
const WINDOW_SECONDS: i64 = 15 * 60;

/// Why a code leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// No device waits under this code (any more).
    Unknown,
    /// There were too many wrong codes.
    TooMany {
        /// Seconds after which to try again.
        retry_after: i64,
    },
}

impl Oidc {
    /// A code was entered: to the sign-in, or to the consent page where somebody is signed in.
    pub async fn activate(
        &self,
        entered: &str,
        browser: &Browser,
    ) -> Result<Result<Next, CodeProblem>, PageError> {
        let now = self.clock.now();
        let by_browser = TokenHash::of(&format!("user code browser {:02x?}", browser.hash.as_bytes()));
        let by_address =
            browser.ip.as_ref().map(|ip| TokenHash::of(&format!("user code address {}", network(ip))));
        let mut limits = vec![(&by_browser, PER_BROWSER)];
        limits.extend(by_address.as_ref().map(|key| (key, PER_ADDRESS)));
        let throttles = self.store.throttles();
        if let Err(until) = throttles.attempt(&limits, now, WINDOW_SECONDS).await? {
            let retry_after = (until.seconds() - now.seconds()).max(1);
            return Ok(Err(CodeProblem::TooMany { retry_after }));
        }
        let Some((request, client)) = self.waiting(entered).await? else {
            let text = "Entered a device code that nothing waits under.";
            let actor = Actor::Anonymous(String::new());
            let event = AuditEvent::new(now, EventCode::DeviceCodeUnknown, actor, text);
            self.store.audit().record(event.from_ip(browser.ip.as_deref())).await?;
            return Ok(Err(CodeProblem::Unknown));
        };
        throttles.clear(&by_browser).await?;
        if let Some(key) = &by_address {
            throttles.forgive(key).await?;
        }
        let known = self.known_to_device(&request, &client, browser).await?;
        let through = self.way_in(&request, &client).await?;
        self.begin(request, &client, known, through, browser).await.map(Ok)
    }

    /// The request of the device that waits under a code, and its client.
    async fn waiting(&self, entered: &str) -> Result<Option<(AuthorizationRequest, Client)>, PageError> {
        let Some(code) = UserCode::parse(entered) else { return Ok(None) };
        let found = self.store.devices().by_user_code(&user_code_hash(&code), self.clock.now()).await?;
        let Some(device) = found.filter(|device| device.stage == DeviceStage::Pending) else {
            return Ok(None);
        };
        let client = self.store.clients().get(&device.request.client_id).await?;
        let client = client.filter(|client| client.may_use(GrantType::DeviceCode));
        Ok(client.map(|client| (device.request, client)))
    }

    /// Who is signed in here, if the device can do with them: where it names a connection, that is to be gone
    /// through now, either to connect an account or to sign in once more.
    async fn known_to_device(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        browser: &Browser,
    ) -> Result<Option<SignIn>, PageError> {
        let Some(sign_in) = &browser.sign_in else { return Ok(None) };
        let Some(user) = self.present_user(sign_in).await? else { return Ok(None) };
        let other = request.person.as_ref().is_some_and(|person| *person != user.id);
        if other || !self.store.connections().is_enabled(&user.connection_id, &client.id).await? {
            return Ok(None);
        }
        let good = request.connection.is_none() || self.further(request, client, &user).await?.is_some();
        Ok(good.then(|| sign_in.clone()))
    }

    /// The one connection to sign in through, if there is only one: that of the person whom the device
    /// named, or else the connection it named.
    async fn way_in(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
    ) -> Result<Option<Connection>, PageError> {
        let connections = self.store.connections();
        let through = match (&request.person, &request.connection) {
            (Some(person), _) => match self.store.users().get(person).await? {
                Some(user) => connections.get(&user.connection_id).await?,
                None => None,
            },
            (None, Some(name)) => connections.by_name(name).await?,
            (None, None) => None,
        };
        let Some(through) = through.filter(|connection| connection.purpose.signs_in()) else {
            return Ok(None);
        };
        Ok(connections.is_enabled(&through.id, &client.id).await?.then_some(through))
    }
}
