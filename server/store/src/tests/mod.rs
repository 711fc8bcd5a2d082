//! What can go wrong, on a real database file.

mod audit;
mod batches;
mod connections;
mod front;
mod lists;
mod releases;
mod rotations;
mod second_factors;
mod sessions;
mod sign_in;
mod together;
mod token_sets;
mod tokens;
mod trust;
mod users;
mod webhooks;
mod wrapped_keys;

use coffer_contract::{
    Timestamp,
    application::ApplicationType,
    connection::{ConnectionOptions, Purpose},
};
use coffer_core::{
    Scopes, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AccessGrant, AnswerTo, AuthorizationRequest, CodeGrant, Prompts, SignIn},
    client::Client,
    connection::Connection,
    ids::{ClientId, ConnectionId, FamilyId, UserId},
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, RefreshToken},
    user::{Profile, User},
};
use coffer_crypto::{KeptSecret, Sealed, TokenHash};

use crate::Store;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn event(code: EventCode) -> AuditEvent {
    AuditEvent::new(at(0), code, Actor::System, "test")
}

fn sealed(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

fn kept(secret: &str) -> KeptSecret {
    KeptSecret { hash: TokenHash::of(secret), sealed: sealed(secret) }
}

async fn events(store: &Store) -> usize {
    store.audit().list(&Default::default(), None, 1000).await.unwrap().len()
}

fn connection(name: &str) -> Connection {
    Connection {
        id: ConnectionId::generate(&SystemRng),
        name: name.into(),
        strategy: "oidc".into(),
        display_name: name.to_uppercase(),
        client_id: "upstream".into(),
        client_secret_replaced_at: Some(at(0)),
        scopes: Scopes::parse("openid email", false),
        purpose: Purpose::Both,
        vault_enabled: true,
        options: ConnectionOptions::default(),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

fn client(name: &str) -> Client {
    Client {
        callbacks: vec!["https://app.example/callback".into()],
        web_origins: vec!["https://app.example".into()],
        ..Client::new(ClientId::generate(&SystemRng), name, ApplicationType::RegularWeb, at(0))
    }
}

fn user(connection: &Connection) -> User {
    User {
        id: UserId::from_text(format!("oidc|{}|ada", connection.name)),
        connection_id: connection.id.clone(),
        provider_user_id: "ada".into(),
        profile: Profile { name: Some("Ada".into()), ..Profile::default() },
        created_at: at(0),
        updated_at: at(0),
        last_sign_in_at: at(0),
        signed_out_at: None,
    }
}

/// A store in which Ada signed in to one application through one connection.
struct World {
    store: Store,
    connection: Connection,
    client: Client,
    user: User,
}

impl World {
    async fn new() -> Self {
        let store = Store::temporary().await.unwrap();
        let (connection, client) = (connection("acme"), client("Agent"));
        let created = event(EventCode::ConnectionCreated);
        store.connections().create(&connection, Some(&sealed("secret")), created).await.unwrap();
        let secret = kept("client secret");
        store.clients().create(&client, Some(&secret), event(EventCode::ApplicationCreated)).await.unwrap();
        let on = event(EventCode::ConnectionEnabled);
        assert!(store.connections().set_enabled(&connection.id, &client.id, true, at(0), on).await.unwrap());
        let user = user(&connection);
        store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
        Self { store, connection, client, user }
    }

    fn code(&self, family: &FamilyId) -> CodeGrant {
        CodeGrant {
            client_id: self.client.id.clone(),
            redirect_uri: "https://app.example/callback".into(),
            scopes: Scopes::parse("openid", false),
            nonce: None,
            code_challenge: None,
            audience: None,
            jkt: None,
            sign_in: SignIn { user_id: self.user.id.clone(), auth_time: at(0), session_id: "session".into() },
            family_id: family.clone(),
            expires_at: at(60),
        }
    }

    fn refresh(&self, family: &FamilyId) -> RefreshToken {
        RefreshToken {
            family_id: family.clone(),
            client_id: self.client.id.clone(),
            user_id: self.user.id.clone(),
            scopes: Scopes::parse("openid", false),
            audience: None,
            jkt: None,
            auth_time: at(0),
            session_id: "session".into(),
            issued_at: at(1),
            rotated_at: None,
            idle_expires_at: at(IDLE_SECONDS),
            family_expires_at: at(ABSOLUTE_SECONDS),
            revoked_at: None,
        }
    }

    fn access(&self, family: &FamilyId) -> AccessGrant {
        AccessGrant {
            client_id: self.client.id.clone(),
            user_id: Some(self.user.id.clone()),
            family_id: Some(family.clone()),
            scopes: Scopes::parse("openid", false),
            audience: None,
            actor: None,
            jkt: None,
            issued_at: at(0),
            expires_at: at(3600),
        }
    }

    fn request(&self, answer: AnswerTo) -> AuthorizationRequest {
        AuthorizationRequest {
            client_id: self.client.id.clone(),
            answer,
            scopes: Scopes::parse("openid", false),
            connection: None,
            connection_scopes: Scopes::default(),
            prompt: Prompts::default(),
            max_age: None,
            login_hint: None,
            person: None,
            audience: None,
            jkt: None,
        }
    }

    /// Redeems a new code for the tokens `r-1` and `a-1`.
    async fn signed_in(&self) -> FamilyId {
        let family = FamilyId::generate(&SystemRng);
        let code = TokenHash::of(family.as_str());
        self.store.codes().create(&code, &self.code(&family)).await.unwrap();
        let (r, a) = (TokenHash::of("r-1"), TokenHash::of("a-1"));
        let (refresh, access) = (self.refresh(&family), self.access(&family));
        let exchanged = event(EventCode::TokenCodeExchanged);
        let tokens = self.store.tokens();
        assert!(
            tokens.redeem_code(&code, at(1), Some((&r, &refresh)), (&a, &access), exchanged).await.unwrap()
        );
        family
    }
}
