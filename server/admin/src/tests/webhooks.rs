use coffer_contract::{
    ApiError, Timestamp,
    webhook::{DeliveryFilter, DeliveryState, EventType, WebhookForm, WebhookState},
};
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    ids::WebhookId,
};
use coffer_webhooks::Secrets;

use super::{House, fields};
use crate::Editor;

fn form(url: &str) -> WebhookForm {
    WebhookForm {
        url: url.into(),
        description: " The app ".into(),
        types: vec![EventType::TokenReleased, EventType::AccountConnected, EventType::TokenReleased],
        enabled: true,
    }
}

async fn create(signed: &Editor) -> (String, String) {
    let issued = signed.create_webhook(form(" https://app.example/hooks?key=hidden ")).await.unwrap();
    assert!(!format!("{issued:?}").contains("whsec_"));
    (issued.id, issued.secret)
}

async fn secrets(house: &House, id: &str) -> Vec<String> {
    let id = WebhookId::from_text(id);
    let (_, sealed) = house.store.webhooks().with_secrets(&id).await.unwrap().unwrap();
    let secrets = Secrets::open(&house.admin.keyring, &id, &sealed).await.unwrap();
    let now = house.admin.clock.now();
    secrets.signing(now).map(|secret| secret.reveal().to_owned()).collect()
}

#[tokio::test]
async fn the_secret_is_shown_when_it_is_made_and_never_again() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (id, secret) = create(&signed).await;
    assert!(secret.starts_with("whsec_"));
    assert_eq!(secrets(&house, &id).await, [secret.as_str()]);
    let rotated = signed.rotate_webhook_secret(&id).await.unwrap().secret;
    assert_eq!(secrets(&house, &id).await, [rotated.clone(), secret.clone()]);
    let shown = format!("{:?} {:?}", signed.webhook(&id).await, signed.list_webhooks("", None).await);
    let logs = format!("{:?}", signed.list_logs(Default::default(), None).await.unwrap());
    for text in [&secret, &rotated] {
        assert!(!shown.contains(text) && !logs.contains(text));
    }
    assert!(!logs.contains("hidden"), "an address may hold a key, so the log has the host alone");
    let log = house.log().await;
    assert_eq!(log[log.len() - 2..], ["webhook.created", "webhook.secret_rotated"]);
}

#[tokio::test]
async fn changes_are_tidied_checked_and_versioned() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    for refused in ["http://app.example/", "app.example"] {
        assert_eq!(fields(&signed.create_webhook(form(refused)).await.unwrap_err()), ["url"]);
    }
    let (id, _) = create(&signed).await;
    let detail = signed.webhook(&id).await.unwrap();
    assert_eq!(detail.form.url, "https://app.example/hooks?key=hidden");
    assert_eq!(detail.form.description, "The app");
    assert_eq!(detail.form.types, [EventType::AccountConnected, EventType::TokenReleased]);
    let nothing = WebhookForm { types: vec![EventType::Test], ..detail.form.clone() };
    assert_eq!(fields(&signed.update_webhook(&id, nothing, 1).await.unwrap_err()), ["types"]);
    let off = WebhookForm { enabled: false, ..detail.form.clone() };
    let changed = signed.update_webhook(&id, off.clone(), detail.version).await.unwrap();
    assert_eq!((changed.state.clone(), changed.version), (WebhookState::Off, 2));
    assert_eq!(signed.webhook(&id).await.unwrap(), changed);
    let stale = signed.update_webhook(&id, off, detail.version).await.unwrap_err();
    assert!(matches!(stale, ApiError::Conflict { .. }));
    assert!(matches!(signed.test_webhook(&id).await, Err(ApiError::Conflict { .. })));
    assert_eq!(signed.list_webhooks("APP.exa", None).await.unwrap().items.len(), 1);
    assert!(signed.list_webhooks("other", None).await.unwrap().items.is_empty());
    signed.delete_webhook(&id).await.unwrap();
    assert!(matches!(signed.webhook(&id).await, Err(ApiError::NotFound { .. })));
    assert!(matches!(signed.delete_webhook(&id).await, Err(ApiError::NotFound { .. })));
}

#[tokio::test]
async fn switching_on_again_begins_anew() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (id, _) = create(&signed).await;
    let at = Timestamp::from_seconds(1_800_000_000);
    let event = AuditEvent::new(at, EventCode::WebhookGivenUp, Actor::System, "test");
    let webhook = WebhookId::from_text(id.clone());
    assert!(house.store.webhooks().give_up(&webhook, "It is gone.", at, event).await.unwrap());
    let detail = signed.webhook(&id).await.unwrap();
    assert_eq!(detail.state, WebhookState::GivenUp { reason: "It is gone.".into() });
    // Other changes leave it as it is.
    let renamed = WebhookForm { description: "Other".into(), ..detail.form };
    let detail = signed.update_webhook(&id, renamed, detail.version).await.unwrap();
    assert!(matches!(detail.state, WebhookState::GivenUp { .. }));
    let on = WebhookForm { enabled: true, ..detail.form };
    let detail = signed.update_webhook(&id, on, detail.version).await.unwrap();
    assert_eq!(detail.state, WebhookState::On);
}

#[tokio::test]
async fn deliveries_are_shown_and_sent_again() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (id, _) = create(&signed).await;
    let (other, _) = create(&signed).await;
    let sent = signed.test_webhook(&id).await.unwrap();
    let page = signed.list_deliveries(&id, DeliveryFilter::default(), None).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!((page.items[0].id.as_str(), page.items[0].event), (sent.as_str(), EventType::Test));
    // The receiver's name does not resolve to anything that may be called, so the attempt fails.
    assert_eq!(house.admin.webhooks().deliver_due().await.unwrap(), 1);
    let detail = signed.delivery(&id, &sent).await.unwrap();
    assert_eq!((detail.attempts.len(), detail.summary.state), (1, DeliveryState::Pending));
    assert_eq!(detail.attempts[0].status, None);
    assert!(detail.payload.contains(r#""type": "webhook.test""#), "{}", detail.payload);
    assert!(detail.summary.due_at > Some(house.admin.clock.now()));

    signed.resend_delivery(&id, &sent).await.unwrap();
    let detail = signed.delivery(&id, &sent).await.unwrap();
    assert_eq!(detail.summary.due_at, Some(house.admin.clock.now()), "at once, not when its turn comes");
    assert_eq!(house.log().await.last().unwrap(), "webhook.resent");
    for refused in
        [signed.delivery(&other, &sent).await.err(), signed.resend_delivery(&other, &sent).await.err()]
    {
        assert!(matches!(refused, Some(ApiError::NotFound { .. })), "{refused:?}");
    }
}
