//! Deliveries over real HTTP, to a receiver that answers as the test says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use coffer_contract::webhook::{DeliveryFilter, DeliveryState, EventType, WebhookState};
use coffer_core::{
    Clock, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    clock::ManualClock,
    ids::{DeliveryId, WebhookId},
    webhook::{Delivery, Webhook},
};
use coffer_crypto::{KeyFile, Keyring};
use coffer_federation::{Catalogue, Federation, OutboundConfig};
use coffer_store::Store;
use coffer_webhooks::{Secrets, Webhooks, schedule::PAUSES, signature::sign};
use tokio_util::sync::CancellationToken;

const DAY: i64 = 24 * 3600;

type Received = (HeaderMap, String);

/// Takes what is posted to it.
#[derive(Clone, Default)]
struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    /// What is answered next; then always 204.
    answers: Arc<Mutex<VecDeque<Response>>>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let take = async |State(receiver): State<Self>, headers: HeaderMap, body: String| {
            receiver.received.lock().unwrap().push((headers, body));
            let answer = receiver.answers.lock().unwrap().pop_front();
            answer.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
        };
        let router = Router::new().route("/hooks", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn answers(&self, answers: impl IntoIterator<Item = Response>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

struct World {
    store: Store,
    clock: ManualClock,
    keyring: Arc<Keyring>,
    webhooks: Webhooks,
}

impl World {
    async fn new() -> Self {
        Self::within("127.0.0.0/8").await
    }

    /// Where the operator allows this private network.
    async fn within(network: &str) -> Self {
        let store = Store::temporary().await.unwrap();
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let webhooks = Self::server(&store, &clock, &keyring, network);
        Self { store, clock, keyring, webhooks }
    }

    /// One of several servers over the same database.
    fn server(store: &Store, clock: &ManualClock, keyring: &Arc<Keyring>, network: &str) -> Webhooks {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let outbound = OutboundConfig {
            allow_private: vec![network.parse().unwrap()],
            timeout: Duration::from_millis(500),
        };
        let federation = Federation::new(Catalogue::embedded().unwrap(), outbound, shared.clone()).unwrap();
        Webhooks::new(store.clone(), keyring.clone(), Arc::new(federation), shared, Arc::new(SystemRng))
    }

    fn event(&self, code: EventCode) -> AuditEvent {
        AuditEvent::new(self.clock.now(), code, Actor::System, "test")
    }

    async fn add(&self, url: &str, secrets: &Secrets) -> WebhookId {
        let now = self.clock.now();
        let webhook = Webhook {
            id: WebhookId::generate(&SystemRng),
            url: url.to_owned(),
            description: String::new(),
            types: vec![EventType::TokenReleased],
            enabled: true,
            given_up: None,
            failing_since: None,
            secret_replaced_at: now,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let sealed = secrets.seal(&self.keyring, &SystemRng, &webhook.id).unwrap();
        self.store.webhooks().create(&webhook, &sealed, self.event(EventCode::WebhookCreated)).await.unwrap();
        webhook.id
    }

    async fn release(&self) {
        self.store.audit().append(&[self.event(EventCode::VaultReleased)]).await.unwrap();
    }

    async fn deliveries(&self, webhook: &WebhookId) -> Vec<Delivery> {
        self.store.deliveries().list(webhook, &DeliveryFilter::default(), None, 100).await.unwrap().items
    }

    async fn state(&self, webhook: &WebhookId) -> WebhookState {
        self.store.webhooks().get(webhook).await.unwrap().unwrap().state()
    }

    /// Goes to when the only pending delivery is due, and makes it.
    async fn next_attempt(&self, webhook: &WebhookId) -> Delivery {
        let due = self.deliveries(webhook).await[0].due_at.unwrap();
        let wait = due.millis() - self.clock.now().millis();
        self.clock.advance_seconds((wait + 999) / 1000);
        assert_eq!(self.webhooks.deliver_due().await.unwrap(), 1);
        self.deliveries(webhook).await.remove(0)
    }
}

fn header<'a>(received: &'a Received, name: &str) -> &'a str {
    received.0[name].to_str().unwrap()
}

#[tokio::test]
async fn a_delivery_is_signed_and_tried_again_until_it_is_taken() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let secrets = Secrets::generate(&SystemRng);
    let webhook = world.add(&url, &secrets).await;
    receiver.answers([
        (StatusCode::INTERNAL_SERVER_ERROR, "out\nof\u{7} order").into_response(),
        (StatusCode::FOUND, [("location", url.as_str())]).into_response(),
    ]);
    world.release().await;
    assert_eq!(world.webhooks.deliver_due().await.unwrap(), 1);
    let failed = world.deliveries(&webhook).await.remove(0);
    assert_eq!((failed.attempts[0].status, failed.attempts[0].note.as_str()), (Some(500), "out of order"));
    assert!(matches!(world.state(&webhook).await, WebhookState::Failing { .. }));
    assert_eq!(world.webhooks.deliver_due().await.unwrap(), 0, "not before its time");
    let redirected = world.next_attempt(&webhook).await;
    assert_eq!(redirected.attempts[1].status, Some(302));
    let done = world.next_attempt(&webhook).await;
    assert_eq!((done.state, done.attempts.len()), (DeliveryState::Delivered, 3));
    assert_eq!(world.state(&webhook).await, WebhookState::On);

    let received = receiver.received();
    assert_eq!(received.len(), 3, "no redirect is followed");
    let (first, last) = (&received[0], &received[2]);
    assert_eq!(header(first, "webhook-id"), done.id.as_str());
    assert_eq!(header(last, "webhook-id"), done.id.as_str(), "the same at every attempt");
    assert_eq!(header(last, "webhook-timestamp"), done.attempts[2].at.seconds().to_string());
    assert_ne!(header(first, "webhook-timestamp"), header(last, "webhook-timestamp"));
    assert_eq!(header(last, "content-type"), "application/json");
    let expected = sign([secrets.current()].into_iter(), &done.id, done.attempts[2].at, &last.1);
    assert_eq!(header(last, "webhook-signature"), expected);
    assert!(last.1.starts_with(r#"{"type":"token.released","timestamp":"#), "{}", last.1);
}

#[tokio::test]
async fn after_the_last_pause_it_is_given_up_and_can_be_sent_again() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    let attempts = PAUSES.len() + 1;
    receiver.answers((0..attempts).map(|_| StatusCode::NOT_FOUND.into_response()));
    world.release().await;
    for number in 1..=attempts {
        let delivery = world.next_attempt(&webhook).await;
        let expected = if number < attempts { DeliveryState::Pending } else { DeliveryState::GivenUp };
        assert_eq!((delivery.state, delivery.attempts.len()), (expected, number));
    }
    world.clock.advance_seconds(7 * DAY);
    assert_eq!(world.webhooks.deliver_due().await.unwrap(), 0);
    let id = world.deliveries(&webhook).await[0].id.clone();
    let resent = world.event(EventCode::WebhookResent);
    assert!(world.store.deliveries().resend(&id, world.clock.now(), resent).await.unwrap());
    let done = world.next_attempt(&webhook).await;
    assert_eq!(done.state, DeliveryState::Delivered);
    let received = receiver.received();
    assert_eq!(header(&received[attempts], "webhook-id"), id.as_str());
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    receiver.answers([StatusCode::GONE.into_response()]);
    world.release().await;
    world.webhooks.deliver_due().await.unwrap();
    let WebhookState::GivenUp { reason } = world.state(&webhook).await else { panic!() };
    assert!(reason.contains("410"), "{reason}");
    world.release().await;
    world.clock.advance_seconds(DAY);
    assert_eq!(world.webhooks.deliver_due().await.unwrap(), 0);
    assert_eq!((receiver.received().len(), world.deliveries(&webhook).await.len()), (1, 1));
    let log = world.store.audit().list(&Default::default(), None, 10).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.code == "webhook.given_up").count(), 1);
}

#[tokio::test]
async fn five_days_without_success_switch_a_webhook_off() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    receiver.answers((0..3).map(|_| StatusCode::BAD_GATEWAY.into_response()));
    for days in [0, 4, 5] {
        assert!(!matches!(world.state(&webhook).await, WebhookState::GivenUp { .. }), "after {days} days");
        world.clock.advance_seconds(if days == 5 { DAY } else { days * DAY });
        // Each first attempt alone: earlier ones are taken out of the queue.
        for delivery in world.deliveries(&webhook).await {
            let ended = Delivery { state: DeliveryState::GivenUp, due_at: None, ..delivery };
            world.store.deliveries().settle(&ended, world.clock.now()).await.unwrap();
        }
        world.release().await;
        assert_eq!(world.webhooks.deliver_due().await.unwrap(), 1);
    }
    let WebhookState::GivenUp { reason } = world.state(&webhook).await else { panic!() };
    assert!(reason.contains("No delivery arrived since"), "{reason}");
}

#[tokio::test]
async fn what_the_receiver_asks_for_is_waited() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    receiver.answers([(StatusCode::TOO_MANY_REQUESTS, [("retry-after", "600")]).into_response()]);
    world.release().await;
    world.webhooks.deliver_due().await.unwrap();
    let due = world.deliveries(&webhook).await[0].due_at;
    assert_eq!(due, Some(world.clock.now().plus_seconds(600)));
}

#[tokio::test]
async fn private_networks_are_refused_and_long_answers_cut() {
    let (receiver, url) = Receiver::start().await;
    let world = World::within("10.0.0.0/8").await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    world.release().await;
    world.webhooks.deliver_due().await.unwrap();
    let attempt = world.deliveries(&webhook).await[0].attempts[0].clone();
    assert_eq!(attempt.status, None);
    assert!(attempt.note.contains("not a public address"), "{}", attempt.note);
    assert!(receiver.received().is_empty());

    let world = World::new().await;
    let webhook = world.add(&url, &Secrets::generate(&SystemRng)).await;
    receiver.answers(["x".repeat(100_000).into_response()]);
    world.release().await;
    world.webhooks.deliver_due().await.unwrap();
    let delivery = world.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.state, delivery.attempts[0].note.len()), (DeliveryState::Delivered, 512));
}

#[tokio::test]
async fn two_servers_share_the_work_and_a_hanging_receiver_holds_up_nobody() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/hooks", hanging.local_addr().unwrap());
    let (slow, quick) = (Secrets::generate(&SystemRng), Secrets::generate(&SystemRng));
    let (slow, quick) = (world.add(&dead, &slow).await, world.add(&url, &quick).await);
    for _ in 0..30 {
        world.release().await;
    }
    let stop = CancellationToken::new();
    let other = World::server(&world.store, &world.clock, &world.keyring, "127.0.0.0/8");
    let servers = [world.webhooks.clone(), other].map(|server| {
        let stop = stop.clone();
        tokio::spawn(async move { server.run(stop).await })
    });
    tokio::time::timeout(Duration::from_secs(20), async {
        while receiver.received().len() < 30 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    stop.cancel();
    for server in servers {
        server.await.unwrap();
    }
    let mut ids: Vec<_> =
        receiver.received().iter().map(|got| header(got, "webhook-id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.received().len(), ids.len()), (30, 30), "each once");
    let done = world.deliveries(&quick).await;
    assert!(done.iter().all(|delivery| delivery.state == DeliveryState::Delivered));
    let waiting = world.deliveries(&slow).await;
    assert!(waiting.iter().all(|delivery| delivery.state == DeliveryState::Pending));
    assert!(waiting.iter().any(|delivery| {
        delivery.attempts.first().is_some_and(|attempt| attempt.note.contains("did not answer in time"))
    }));
}

#[tokio::test]
async fn a_replaced_secret_signs_too() {
    let (receiver, url) = Receiver::start().await;
    let world = World::new().await;
    let first = Secrets::generate(&SystemRng);
    let old = first.current().clone();
    let both = first.rotated(&SystemRng, world.clock.now());
    world.add(&url, &both).await;
    world.release().await;
    world.webhooks.deliver_due().await.unwrap();
    let received = receiver.received().remove(0);
    let id = DeliveryId::from_text(header(&received, "webhook-id"));
    let expected = sign([both.current(), &old].into_iter(), &id, world.clock.now(), &received.1);
    assert_eq!(header(&received, "webhook-signature"), expected);
    assert_eq!(expected.split(' ').count(), 2);
}
