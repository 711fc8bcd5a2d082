//! Audit events: what happened, who did it, to what. Never a secret.

use coffer_contract::Timestamp;

use crate::ids::{AdministratorId, ClientId, TokenSetId, UserId};

macro_rules! codes {
    ($($variant:ident $code:literal $success:literal $title:literal)*) => {
        /// Type of an audit event. `docs/audit-events.md` lists them; a test keeps it so.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventCode {
            $(#[doc = $title] $variant,)*
        }

        impl EventCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code (`vault.released`).
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The code in words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Whether what was tried succeeded.
            pub fn is_success(self) -> bool {
                match self { $(Self::$variant => $success,)* }
            }
        }
    };
}

codes! {
    AdminCreated "admin.created" true "Administrator created"
    AdminSignedIn "admin.signed_in" true "Administrator signed in"
    AdminSignInFailed "admin.sign_in_failed" false "Administrator failed to sign in"
    AdminSignedOut "admin.signed_out" true "Administrator signed out"
    AdminInvited "admin.invited" true "Administrator invited"
    AdminInvitationWithdrawn "admin.invitation_withdrawn" true "Invitation of an administrator withdrawn"
    AdminRoleChanged "admin.role_changed" true "Administrator's role changed"
    AdminRemoved "admin.removed" true "Administrator removed"
    AdminPasswordChanged "admin.password_changed" true "Administrator's password changed"
    AdminFactorAdded "admin.factor_added" true "Second factor added"
    AdminFactorRemoved "admin.factor_removed" true "Second factor removed"
    AdminFactorsReset "admin.factors_reset" true "Administrator's second factors reset"
    AdminFactorFailed "admin.factor_failed" false "Second factor was wrong"
    AdminFactorRequired "admin.factor_required" true "Requirement of a second factor changed"
    AdminRecoveryCodesMade "admin.recovery_codes_made" true "Recovery codes made"
    AdminRecoveryCodeUsed "admin.recovery_code_used" true "Recovery code used"
    AdminAccountLinked "admin.account_linked" true "Administrator linked an account"
    AdminAccountUnlinked "admin.account_unlinked" true "Administrator's linked account removed"
    ConnectionCreated "connection.created" true "Connection created"
    ConnectionUpdated "connection.updated" true "Connection changed"
    ConnectionDeleted "connection.deleted" true "Connection deleted"
    ConnectionEnabled "connection.enabled" true "Connection enabled for an application"
    ConnectionDisabled "connection.disabled" true "Connection disabled for an application"
    ApplicationCreated "application.created" true "Application created"
    ApplicationUpdated "application.updated" true "Application changed"
    ApplicationDeleted "application.deleted" true "Application deleted"
    ApplicationRegistered "application.registered" true "Application registered itself"
    ApplicationExpired "application.expired" true "Unused application deleted"
    ApplicationSecretRotated "application.secret_rotated" true "Application's client secret replaced"
    ApplicationCeiling "application.ceiling" true "Scope ceiling of an application changed"
    ApiCreated "api.created" true "API created"
    ApiUpdated "api.updated" true "API changed"
    ApiDeleted "api.deleted" true "API deleted"
    ClientGrantCreated "client_grant.created" true "Application authorized for an API"
    ClientGrantUpdated "client_grant.updated" true "What an application may do at an API changed"
    ClientGrantDeleted "client_grant.deleted" true "Application's authorization for an API ended"
    ConnectionTried "connection.tried" true "Connection tried"
    ConnectionTryFailed "connection.try_failed" false "Trying a connection failed"
    RegistrationChanged "registration.changed" true "Registration of applications changed"
    RegistrationRefused "registration.refused" false "Registration of an application refused"
    InitialTokenCreated "registration.token_created" true "Initial access token created"
    InitialTokenDeleted "registration.token_deleted" true "Initial access token deleted"
    KeyRotated "key.rotated" true "Signing key replaced"
    KeyRetired "key.retired" true "Signing key retired"
    KeyAdded "key.added" true "Key-encryption key added"
    KeyActivated "key.activated" true "Key-encryption key activated"
    KeyResealed "key.resealed" true "Stored values sealed anew"
    KeyRemoved "key.removed" true "Key-encryption key removed"
    KeyMoved "key.moved" true "Key-encryption keys moved to or from a key service"
    UserSignedIn "user.signed_in" true "User signed in"
    UserSignInFailed "user.sign_in_failed" false "User failed to sign in"
    UserConsented "user.consented" true "User consented"
    UserDenied "user.denied" false "User declined consent"
    UserSignedOut "user.signed_out" true "User signed out"
    UserSignedOutEverywhere "user.signed_out_everywhere" true "User signed out everywhere"
    DeviceCodeUnknown "device.code_unknown" false "Unknown device code entered"
    DeviceAllowed "device.allowed" true "Device let in"
    DeviceRefused "device.refused" false "Device not let in"
    LogoutTold "logout.told" true "Application told of a session's end"
    LogoutNotTold "logout.not_told" false "Application could not be told of a session's end"
    UserConsentWithdrawn "user.consent_withdrawn" true "User's consent taken back"
    UserDeleted "user.deleted" true "User deleted"
    AccountConnected "account.connected" true "Account connected"
    AccountConnectFailed "account.connect_failed" false "Account could not be connected"
    AccountDisconnected "account.disconnected" true "Account disconnected"
    TokenCodeExchanged "token.code_exchanged" true "Authorization code exchanged"
    TokenCodeRefused "token.code_refused" false "Authorization code refused"
    TokenCodeReplayed "token.code_replayed" false "Authorization code replayed"
    TokenDeviceExchanged "token.device_exchanged" true "Device code exchanged"
    TokenDeviceRefused "token.device_refused" false "Device code refused"
    TokenRefreshed "token.refreshed" true "Refresh token exchanged"
    TokenRefreshRefused "token.refresh_refused" false "Refresh token refused"
    TokenReuseDetected "token.reuse_detected" false "Refresh token reused"
    TokenClientIssued "token.client_issued" true "Application got a token for itself"
    TokenClientIssueRefused "token.client_issue_refused" false "Application got no token for itself"
    TokenExchanged "token.exchanged" true "Token exchanged"
    TokenExchangeRefused "token.exchange_refused" false "Token exchange refused"
    TokenRevoked "token.revoked" true "Token revoked"
    TokenClientRefused "token.client_refused" false "Client authentication failed"
    VaultStored "vault.stored" true "Provider's tokens stored"
    VaultReplaced "vault.replaced" true "Provider's tokens replaced after a new consent"
    VaultReleased "vault.released" true "Provider's access token released"
    VaultRefused "vault.refused" false "Release of a provider's token refused"
    VaultRefreshed "vault.refreshed" true "Provider's token refreshed"
    VaultRefreshFailed "vault.refresh_failed" false "Provider could not refresh the token"
    VaultNeedsConsent "vault.needs_consent" false "Provider revoked the account"
    VaultRevoked "vault.revoked" true "Access revoked at the provider"
    VaultRevokeFailed "vault.revoke_failed" false "Access could not be revoked at the provider"
    WebhookCreated "webhook.created" true "Webhook created"
    WebhookUpdated "webhook.updated" true "Webhook changed"
    WebhookSecretRotated "webhook.secret_rotated" true "Webhook's signing secret replaced"
    WebhookDeleted "webhook.deleted" true "Webhook deleted"
    WebhookGivenUp "webhook.given_up" false "Webhook switched off after failures"
    WebhookTested "webhook.tested" true "Test event sent to a webhook"
    WebhookResent "webhook.resent" true "Delivery to a webhook sent again"
    AuditPruned "audit.pruned" true "Old events deleted"
}

impl EventCode {
    /// The event type that `code` names.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == code)
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An administrator, with the e-mail address at the time.
    Administrator(AdministratorId, String),
    /// Somebody who is not signed in, with the name they gave.
    Anonymous(String),
    /// An application.
    Client(ClientId),
    /// An end user.
    User(UserId),
    /// The server itself, or somebody at its command line.
    System,
}

impl Actor {
    /// Kind and identifying text, as stored.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Administrator(_, email) => ("administrator", email.clone()),
            Self::Anonymous(name) => ("anonymous", name.clone()),
            Self::Client(id) => ("application", id.to_string()),
            Self::User(id) => ("user", id.to_string()),
            Self::System => ("system", String::new()),
        }
    }
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Its type.
    pub code: EventCode,
    /// Who did it.
    pub actor: Actor,
    /// The application concerned.
    pub client_id: Option<ClientId>,
    /// Name of the connection concerned (names outlive the row).
    pub connection: Option<String>,
    /// The user concerned.
    pub user_id: Option<UserId>,
    /// The account concerned: its token set, which the event outlives.
    pub account: Option<TokenSetId>,
    /// Where the request came from.
    pub ip: Option<String>,
    /// What happened, in one sentence.
    pub description: String,
}

impl AuditEvent {
    /// An event that concerns nothing yet.
    pub fn new(at: Timestamp, code: EventCode, actor: Actor, description: impl Into<String>) -> Self {
        Self {
            at,
            code,
            actor,
            client_id: None,
            connection: None,
            user_id: None,
            account: None,
            ip: None,
            description: description.into(),
        }
    }

    /// Concerns this application.
    #[must_use]
    pub fn client(mut self, id: &ClientId) -> Self {
        self.client_id = Some(id.clone());
        self
    }

    /// Concerns this connection.
    #[must_use]
    pub fn connection(mut self, name: &str) -> Self {
        self.connection = Some(name.to_owned());
        self
    }

    /// Concerns this user.
    #[must_use]
    pub fn user(mut self, id: &UserId) -> Self {
        self.user_id = Some(id.clone());
        self
    }

    /// Concerns this account.
    #[must_use]
    pub fn account(mut self, id: &TokenSetId) -> Self {
        self.account = Some(id.clone());
        self
    }

    /// Came from this address.
    #[must_use]
    pub fn from_ip(mut self, ip: Option<&str>) -> Self {
        self.ip = ip.map(str::to_owned);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_in_the_docs() {
        let table = include_str!("../../../docs/audit-events.md");
        for code in EventCode::ALL {
            assert!(table.contains(&format!("| `{}` |", code.as_str())), "{}", code.as_str());
            assert_eq!(EventCode::from_code(code.as_str()), Some(*code));
        }
    }
}
