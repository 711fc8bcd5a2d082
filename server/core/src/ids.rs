//! A type for each kind of identifier, so that one cannot stand where another belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rng::{Rng, alphanumeric};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new one.
            pub fn generate(rng: &dyn Rng) -> Self {
                Self(format!("{}{}", $prefix, alphanumeric(rng, $length)))
            }

            /// One that came from outside; it may not exist.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/// An administrator of the dashboard.
    AdministratorId, "adm_", 16);
id!(/// An invitation to become an administrator.
    InvitationId, "inv_", 16);
id!(/// A second factor of an administrator.
    FactorId, "fac_", 16);
id!(/// An account at a provider with which an administrator signs in.
    LinkedAccountId, "lnk_", 16);
id!(/// A connection.
    ConnectionId, "con_", 16);
id!(/// An application, by its OAuth client id.
    ClientId, "", 32);
id!(/// A token set of the vault: one connected account.
    TokenSetId, "cac_", 16);
id!(/// A connect session: an application asks its user to connect an account.
    ConnectSessionId, "cns_", 16);
id!(/// A token to be revoked at its provider.
    RevocationId, "rev_", 16);
id!(/// A webhook: an address that is told what happened.
    WebhookId, "whk_", 16);
id!(/// A delivery to a webhook: the `webhook-id` that its receiver sees.
    DeliveryId, "msg_", 24);
id!(/// A device that waits for a person's answer.
    DeviceId, "dev_", 16);
id!(/// A family of refresh tokens: one sign-in of a user to an application (RFC 9700 section 4.14.2).
    FamilyId, "fam_", 16);
id!(/// An API (resource server).
    ApiId, "api_", 16);
id!(/// What an application may do at an API.
    ClientGrantId, "cgr_", 16);
id!(/// A token that lets applications register themselves (RFC 7591 section 1.2).
    InitialTokenId, "iat_", 16);
id!(/// A signing key, by its JOSE `kid`.
    SigningKeyId, "", 24);

/// An end user, by the `sub` that applications see: `strategy|subject`, for enterprise and custom
/// connections `strategy|connection|subject`, so that two providers' subjects never collide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// One that came from outside; it may not exist.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
