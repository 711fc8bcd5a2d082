//! Webhooks: which audit events they are told, and what a delivery says. Never a token or a secret: an
//! audit event holds none.

use std::borrow::Cow;

use coffer_contract::{
    Timestamp,
    webhook::{Attempt, DeliveryState, EventType, WebhookState},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    audit::{AuditEvent, EventCode},
    ids::{DeliveryId, WebhookId},
};

/// What a webhook is told of an audit event: the one place that says it.
pub fn event_type(code: EventCode) -> Option<EventType> {
    Some(match code {
        EventCode::VaultStored => EventType::AccountConnected,
        EventCode::VaultReplaced => EventType::AccountUpdated,
        EventCode::VaultNeedsConsent => EventType::AccountNeedsConsent,
        EventCode::AccountDisconnected => EventType::AccountDisconnected,
        EventCode::UserDeleted => EventType::UserDeleted,
        EventCode::VaultReleased => EventType::TokenReleased,
        EventCode::ConnectionCreated => EventType::ConnectionCreated,
        EventCode::ConnectionUpdated => EventType::ConnectionUpdated,
        EventCode::ConnectionDeleted => EventType::ConnectionDeleted,
        EventCode::ConnectionEnabled => EventType::ConnectionEnabled,
        EventCode::ConnectionDisabled => EventType::ConnectionDisabled,
        _ => return None,
    })
}

/// The body of a delivery, as Standard Webhooks recommends it.
#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    event: EventType,
    timestamp: String,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Serialize, Deserialize)]
struct Data<'a> {
    actor: Who,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<Cow<'a, str>>,
    description: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Who {
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id: String,
}

/// The JSON that tells `about`, as an event of this type.
pub fn payload(event: EventType, about: &AuditEvent) -> Result<String, serde_json::Error> {
    let (kind, id) = about.actor.parts();
    serde_json::to_string(&Payload {
        event,
        timestamp: about.at.rfc3339(),
        data: Data {
            actor: Who { kind: kind.into(), id },
            connection: about.connection.as_deref().map(Cow::from),
            user_id: about.user_id.as_ref().map(|id| id.as_str().into()),
            account_id: about.account.as_ref().map(|id| id.as_str().into()),
            client_id: about.client_id.as_ref().map(|id| id.as_str().into()),
            description: about.description.as_str().into(),
        },
    })
}

/// The same JSON over several lines, for people.
pub fn readable(payload: &str) -> String {
    let read = serde_json::from_str::<Payload<'_>>(payload);
    read.and_then(|payload| serde_json::to_string_pretty(&payload)).unwrap_or_else(|_| payload.to_owned())
}

/// A webhook, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Identifier.
    pub id: WebhookId,
    /// Where deliveries go.
    pub url: String,
    /// For administrators.
    pub description: String,
    /// What it is told.
    pub types: Vec<EventType>,
    /// Whether deliveries are made.
    pub enabled: bool,
    /// Why the server switched it off, if it did.
    pub given_up: Option<String>,
    /// Since when every attempt failed.
    pub failing_since: Option<Timestamp>,
    /// When the signing secret was made.
    pub secret_replaced_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

impl Webhook {
    /// Where deliveries go, for the log: the host alone, since the rest of an address may hold a key.
    pub fn host(&self) -> String {
        let host = Url::parse(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| "an unknown host".to_owned())
    }

    /// How it is doing.
    pub fn state(&self) -> WebhookState {
        match (self.enabled, &self.given_up, self.failing_since) {
            (true, _, None) => WebhookState::On,
            (true, _, Some(since)) => WebhookState::Failing { since },
            (false, Some(reason), _) => WebhookState::GivenUp { reason: reason.clone() },
            (false, None, _) => WebhookState::Off,
        }
    }
}

/// Attempts that a delivery remembers.
const REMEMBERED: usize = 20;

/// A delivery to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Identifier: the same at every attempt.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// What it tells.
    pub event: EventType,
    /// The body.
    pub payload: String,
    /// How it stands.
    pub state: DeliveryState,
    /// Rises with every claim; what came of an attempt is written only under the newest.
    pub fence: i64,
    /// Attempts that failed since it was first, or by hand, put into the queue.
    pub failures: i64,
    /// When it is to be tried next, or until when somebody tries it; absent once it is not pending.
    pub due_at: Option<Timestamp>,
    /// The latest attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
}

impl Delivery {
    /// A new one, due at once.
    pub fn new(
        id: DeliveryId,
        webhook_id: WebhookId,
        event: EventType,
        payload: String,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            webhook_id,
            event,
            payload,
            state: DeliveryState::Pending,
            fence: 0,
            failures: 0,
            due_at: Some(at),
            attempts: Vec::new(),
            created_at: at,
            finished_at: None,
        }
    }

    /// After an attempt that ended at `now`: delivered, to be tried again at `retry_at`, or given up.
    #[must_use]
    pub fn after(mut self, attempt: Attempt, now: Timestamp, retry_at: Option<Timestamp>) -> Self {
        let succeeded = attempt.succeeded();
        self.attempts.push(attempt);
        let forgotten = self.attempts.len().saturating_sub(REMEMBERED);
        self.attempts.drain(..forgotten);
        (self.state, self.due_at) = match retry_at {
            _ if succeeded => (DeliveryState::Delivered, None),
            Some(at) => (DeliveryState::Pending, Some(at)),
            None => (DeliveryState::GivenUp, None),
        };
        self.failures = if succeeded { 0 } else { self.failures.saturating_add(1) };
        self.finished_at = self.due_at.is_none().then_some(now);
        self
    }
}

#[cfg(test)]
mod tests {
    use coffer_contract::Timestamp;
    use serde_json::Value;

    use super::*;
    use crate::{
        audit::Actor,
        ids::{AdministratorId, ClientId, TokenSetId, UserId},
    };

    /// An event as it is written where this type comes from.
    fn example(code: EventCode) -> AuditEvent {
        let user = UserId::from_text("google-oauth2|108");
        let account = TokenSetId::from_text("cac_9sQ2mB7xKpLw4TzR");
        let client = ClientId::from_text("Jx8vQm2bT5nRk9wYp3sLc7dFh1gZa6Eu");
        let admin =
            Actor::Administrator(AdministratorId::from_text("adm_1"), "ada@coffer.example".to_owned());
        let (actor, text) = match code {
            EventCode::VaultStored => {
                (Actor::User(user.clone()), "Stored the tokens of account 108, with a refresh token.")
            }
            EventCode::VaultReplaced => {
                (Actor::User(user.clone()), "Stored the tokens of account 108, without a refresh token.")
            }
            EventCode::VaultNeedsConsent => {
                (Actor::System, "The provider refused to refresh account 108 for good (invalid_grant).")
            }
            EventCode::AccountDisconnected => {
                (admin, "Account ada@mail.example was disconnected in the dashboard.")
            }
            EventCode::UserDeleted => (admin, "User google-oauth2|108 was deleted."),
            EventCode::VaultReleased => {
                (Actor::Client(client.clone()), "Released the access token of account 108.")
            }
            EventCode::ConnectionCreated => (admin, "Connection “google-oauth2” (Google) was created."),
            EventCode::ConnectionUpdated => (admin, "Connection “google-oauth2” was changed: scopes."),
            EventCode::ConnectionDeleted => (admin, "Connection “google-oauth2” was deleted."),
            EventCode::ConnectionEnabled => (admin, "Connection “google-oauth2” was enabled for “Agent”."),
            EventCode::ConnectionDisabled => (admin, "Connection “google-oauth2” was disabled for “Agent”."),
            other => panic!("{other:?} has no example"),
        };
        let event = AuditEvent::new(Timestamp::from_seconds(1_769_860_800), code, actor, text)
            .connection("google-oauth2")
            .from_ip(Some("192.0.2.1"));
        match code {
            EventCode::VaultStored | EventCode::VaultReplaced | EventCode::AccountDisconnected => {
                event.user(&user).account(&account)
            }
            EventCode::VaultNeedsConsent | EventCode::VaultReleased => {
                event.user(&user).account(&account).client(&client)
            }
            EventCode::UserDeleted => AuditEvent { connection: None, ..event }.user(&user),
            EventCode::ConnectionEnabled | EventCode::ConnectionDisabled => event.client(&client),
            _ => event,
        }
    }

    #[test]
    fn every_type_stands_in_the_docs_with_its_example() {
        let docs = include_str!("../../../docs/webhooks.md");
        for event in EventType::ALL {
            let code = EventCode::ALL.iter().find(|code| event_type(**code) == Some(*event));
            let about = example(*code.unwrap_or_else(|| panic!("nothing leads to {event:?}")));
            let text = payload(*event, &about).unwrap();
            assert!(!text.contains("192.0.2.1"), "addresses of people stay here");
            let section = format!("### `{}`\n\n{}\n\n```json\n", event.code(), event.description());
            let (_, rest) =
                docs.split_once(&section).unwrap_or_else(|| panic!("docs/webhooks.md lacks:\n{section}"));
            let (shown, _) = rest.split_once("```").unwrap();
            let shown: Value = serde_json::from_str(shown).unwrap();
            assert_eq!(shown, serde_json::from_str::<Value>(&text).unwrap(), "{}", event.code());
            assert_eq!(shown, serde_json::from_str::<Value>(&readable(&text)).unwrap());
        }
        assert!(docs.contains("### `webhook.test`"));
        assert_eq!(readable("of another version"), "of another version");
    }

    #[test]
    fn an_attempt_ends_delivers_or_is_followed_by_another() {
        let at = Timestamp::from_seconds;
        let attempt = |status| Attempt { at: at(1), took: 5, status, note: String::new() };
        let new = || {
            let (id, webhook) = (DeliveryId::from_text("msg_1"), WebhookId::from_text("whk_1"));
            Delivery::new(id, webhook, EventType::Test, "{}".to_owned(), at(0))
        };
        let delivered = new().after(attempt(Some(204)), at(2), Some(at(9)));
        assert_eq!((delivered.state, delivered.due_at), (DeliveryState::Delivered, None));
        assert_eq!(delivered.finished_at, Some(at(2)));
        let again = new().after(attempt(Some(302)), at(2), Some(at(9)));
        assert_eq!((again.state, again.due_at, again.failures), (DeliveryState::Pending, Some(at(9)), 1));
        let ended = again.after(attempt(None), at(2), None);
        assert_eq!((ended.state, ended.due_at, ended.failures), (DeliveryState::GivenUp, None, 2));
        let many = (0..30).fold(new(), |delivery, _| delivery.after(attempt(None), at(2), Some(at(3))));
        assert_eq!((many.attempts.len(), many.failures), (REMEMBERED, 30));
    }
}
