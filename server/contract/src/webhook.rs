//! Webhooks: addresses that are told what happened, and the deliveries to them.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp, validate};

macro_rules! types {
    ($($variant:ident $code:literal $label:literal $description:literal)*) => {
        /// What a webhook can be told. `docs/webhooks.md` shows an example of each; a test keeps it so.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $(#[doc = $label] $variant,)*
            /// Sent by hand alone, to see whether deliveries arrive. No webhook subscribes to it.
            Test,
        }

        impl EventType {
            /// All that a webhook can subscribe to.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The `type` of the payload.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* Self::Test => "webhook.test" }
            }

            /// Name for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* Self::Test => "Test event" }
            }

            /// One sentence for the form.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $description,)*
                    Self::Test => "Sent from the dashboard to see whether deliveries arrive.",
                }
            }
        }
    };
}

types! {
    AccountConnected "account.connected" "Account connected"
        "A user's account at a provider is in the vault for the first time."
    AccountUpdated "account.updated" "Account consented again"
        "The user went through the provider's consent again: new tokens, perhaps other scopes."
    AccountNeedsConsent "account.needs_consent" "Account needs consent"
        "The provider refuses the account for good; its user has to consent again."
    AccountDisconnected "account.disconnected" "Account disconnected"
        "An account and its tokens were removed from the vault."
    UserDeleted "user.deleted" "User deleted"
        "A user was deleted, with all accounts of theirs."
    TokenReleased "token.released" "Token released"
        "An application got a provider's access token. As frequent as your applications ask."
    ConnectionCreated "connection.created" "Connection created"
        "A connection was added."
    ConnectionUpdated "connection.updated" "Connection changed"
        "A connection's settings were changed."
    ConnectionDeleted "connection.deleted" "Connection deleted"
        "A connection was deleted, with its users and all accounts that came through it."
    ConnectionEnabled "connection.enabled" "Connection enabled"
        "An application may use a connection."
    ConnectionDisabled "connection.disabled" "Connection disabled"
        "An application may no longer use a connection."
}

impl EventType {
    /// From the `type` of the payload.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().chain([Self::Test]).find(|t| t.code() == code)
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("unknown event type"))
    }
}

/// How a webhook is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    /// Deliveries are made.
    On,
    /// Deliveries are made, but none succeeded since then.
    Failing {
        /// Since when.
        since: Timestamp,
    },
    /// An administrator switched it off.
    Off,
    /// The server switched it off.
    GivenUp {
        /// Why.
        reason: String,
    },
}

impl WebhookState {
    /// Name for people.
    pub fn label(&self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Failing { .. } => "Failing",
            Self::Off => "Off",
            Self::GivenUp { .. } => "Switched off",
        }
    }
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSummary {
    /// Identifier.
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// For administrators.
    pub description: String,
    /// What it is told.
    pub types: Vec<EventType>,
    /// How it is doing.
    pub state: WebhookState,
}

/// A webhook's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDetail {
    /// Identifier.
    pub id: String,
    /// What the Settings form edits.
    pub form: WebhookForm,
    /// How it is doing.
    pub state: WebhookState,
    /// When the signing secret was made.
    pub secret_replaced_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

/// What the form sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookForm {
    /// Where deliveries go.
    pub url: String,
    /// For administrators.
    pub description: String,
    /// What it is told.
    pub types: Vec<EventType>,
    /// Whether deliveries are made.
    pub enabled: bool,
}

impl WebhookForm {
    /// Everything that can be said about the form without the database.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.url.len() > 2048 {
            errors.push(FieldError::new("url", "Use an address of at most 2048 characters."));
        } else if let Err(message) = validate::provider_url(&self.url) {
            errors.push(FieldError::new("url", message));
        }
        if self.description.chars().count() > 200 || self.description.chars().any(char::is_control) {
            errors.push(FieldError::new("description", "Use one line of at most 200 characters."));
        }
        if self.types.is_empty() {
            errors.push(FieldError::new("types", "Choose at least one event."));
        }
        errors
    }
}

/// A signing secret, in the one answer that shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedWebhookSecret {
    /// The webhook.
    pub id: String,
    /// Its secret: `whsec_` and base64.
    pub secret: String,
}

impl std::fmt::Debug for IssuedWebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedWebhookSecret").field("id", &self.id).field("secret", &"[redacted]").finish()
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be made, or made again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// No further attempt is made by itself.
    GivenUp,
}

impl DeliveryState {
    /// All, in the order of the filter.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::GivenUp];

    /// As stored, and in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// From what is stored.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Delivered => "Delivered",
            Self::GivenUp => "Given up",
        }
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// HTTP status of the answer; absent when there was none.
    pub status: Option<u16>,
    /// The answer's beginning, or why there was none.
    pub note: String,
}

impl Attempt {
    /// Whether the receiver took it: any status 2xx.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// What the list of deliveries is filtered by. Empty strings mean "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryFilter {
    /// Code of a [`DeliveryState`].
    pub state: String,
    /// Code of an [`EventType`].
    pub event: String,
}

/// A row of the list of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySummary {
    /// The `webhook-id` that receivers see.
    pub id: String,
    /// What it tells.
    pub event: EventType,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: usize,
    /// The latest attempt.
    pub last: Option<Attempt>,
    /// When it is tried next, while it is pending.
    pub due_at: Option<Timestamp>,
    /// When the event happened.
    pub created_at: Timestamp,
}

/// A delivery's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    /// What the list shows.
    pub summary: DeliverySummary,
    /// The webhook.
    pub webhook_id: String,
    /// Where it goes.
    pub url: String,
    /// Whether the webhook is on: it must be, to send it again.
    pub enabled: bool,
    /// The body, over several lines.
    pub payload: String,
    /// The latest attempts, the newest first.
    pub attempts: Vec<Attempt>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for event in EventType::ALL.iter().copied().chain([EventType::Test]) {
            assert_eq!(EventType::from_code(event.code()), Some(event));
        }
        assert!(!EventType::ALL.contains(&EventType::Test));
        assert_eq!(EventType::from_code("account.stolen"), None);
    }

    #[test]
    fn an_address_is_as_safe_as_a_providers() {
        let form = |url: &str| WebhookForm {
            url: url.to_owned(),
            description: String::new(),
            types: vec![EventType::TokenReleased],
            enabled: true,
        };
        assert!(form("https://app.example/hooks?x=1").validate().is_empty());
        assert!(form("http://localhost:4000/hooks").validate().is_empty());
        for refused in
            ["", "app.example", "http://app.example/", "https://u:p@app.example/", "ftp://app.example/"]
        {
            assert_eq!(form(refused).validate()[0].field, "url", "{refused}");
        }
        let nothing = WebhookForm { types: vec![], ..form("https://app.example/") };
        assert_eq!(nothing.validate()[0].field, "types");
    }
}
