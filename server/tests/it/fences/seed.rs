//! Users with an account each at the provider, and a refresh token of Coffer's for each of them, straight in the
//! database.

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::{
    Clock as _, Scopes, SystemClock, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AccessGrant, CodeGrant, SignIn},
    client::Client,
    connection::Connection,
    ids::{ClientId, FamilyId, TokenSetId, UserId},
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, RefreshToken},
    token_set::{TokenSet, TokenSetState},
};
use coffer_crypto::{Context, KeptSecret, KeyFile, Keyring, Secret, TokenHash};
use coffer_store::Store;
use coffer_vault::Tokens;

use crate::{
    harness::Place,
    loaded::{connection, user},
};

/// The application's secret.
pub const SECRET: &str = "the application's own secret";
/// The connection's name.
pub const CONNECTION: &str = "provider";

/// What was put into the database.
pub struct World {
    pub store: Store,
    keyring: Keyring,
    connection: Connection,
    client: Client,
    now: Timestamp,
}

fn event(code: EventCode) -> AuditEvent {
    AuditEvent::new(SystemClock.now(), code, Actor::System, "test")
}

fn context(id: &TokenSetId) -> Context<'_> {
    Context { table: "token_sets", row: id.as_str(), column: "tokens" }
}

/// The refresh token of an account's user.
pub fn refresh_token(account: &str) -> String {
    format!("cfr_{account}")
}

impl World {
    /// A connection to the provider at `token_url`, and an application that may use it. The key file is the place's.
    pub async fn new(place: &Place, url: &str, token_url: &str) -> Self {
        let store = Store::connect(url, 8).await.unwrap();
        store.migrate().await.unwrap();
        let file = KeyFile::generate(&SystemRng);
        place.write_key_file(&file.to_text());
        let (keyring, now) = (Keyring::from(file), SystemClock.now());
        let connection = Connection {
            client_secret_replaced_at: Some(now),
            ..connection(token_url.trim_end_matches("/token"), now)
        };
        let sealed = keyring.seal(
            &SystemRng,
            Context { table: "connections", row: connection.id.as_str(), column: "client_secret" },
            b"provider-secret",
        );
        store
            .connections()
            .create(&connection, Some(&sealed), event(EventCode::ConnectionCreated))
            .await
            .unwrap();
        let client = Client {
            grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::TokenVault],
            callbacks: vec!["https://app.example/callback".into()],
            secret_replaced_at: Some(now),
            ..Client::new(ClientId::generate(&SystemRng), "Agent", ApplicationType::RegularWeb, now)
        };
        let secret = KeptSecret::of(&keyring, &SystemRng, &client.id, SECRET);
        store.clients().create(&client, Some(&secret), event(EventCode::ApplicationCreated)).await.unwrap();
        let on = event(EventCode::ConnectionEnabled);
        assert!(store.connections().set_enabled(&connection.id, &client.id, true, now, on).await.unwrap());
        Self { store, keyring, connection, client, now }
    }

    /// The application.
    pub fn client_id(&self) -> &str {
        self.client.id.as_str()
    }

    /// A user with an account, whose access token has ended.
    pub async fn user(&self, account: &str) {
        let now = self.now;
        let user = user(&self.connection, account, now);
        self.store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
        let set = TokenSet {
            id: TokenSetId::generate(&SystemRng),
            user_id: user.id.clone(),
            connection_id: self.connection.id.clone(),
            provider_user_id: account.into(),
            label: None,
            scopes: self.connection.scopes.clone(),
            state: TokenSetState::Active,
            has_refresh_token: true,
            obtained_at: now.plus_seconds(-60),
            access_expires_at: Some(now.plus_seconds(-30)),
            refresh_expires_at: None,
            generation: 1,
            fence: 0,
            failures: 0,
            retry_at: None,
            lease_until: None,
            created_at: now,
            updated_at: now,
        };
        let tokens = Tokens {
            access_token: Secret::new(format!("access-{account}-0")),
            refresh_token: Some(Secret::new(format!("refresh-{account}-0"))),
        };
        let sealed = tokens.seal(&self.keyring, &SystemRng, context(&set.id)).unwrap();
        self.store.token_sets().put(&set, &sealed, event(EventCode::VaultStored)).await.unwrap();
        self.signed_in(user.id, account).await;
    }

    async fn signed_in(&self, user_id: UserId, account: &str) {
        let (now, family_id) = (self.now, FamilyId::generate(&SystemRng));
        let scopes = Scopes::parse("openid offline_access", false);
        let code = CodeGrant {
            client_id: self.client.id.clone(),
            redirect_uri: "https://app.example/callback".into(),
            scopes: scopes.clone(),
            nonce: None,
            code_challenge: None,
            audience: None,
            jkt: None,
            sign_in: SignIn { user_id: user_id.clone(), auth_time: now, session_id: account.into() },
            family_id: family_id.clone(),
            expires_at: now.plus_seconds(60),
        };
        let refresh = RefreshToken {
            family_id: family_id.clone(),
            client_id: self.client.id.clone(),
            user_id: user_id.clone(),
            scopes: scopes.clone(),
            audience: None,
            jkt: None,
            auth_time: now,
            session_id: account.into(),
            issued_at: now,
            rotated_at: None,
            idle_expires_at: now.plus_seconds(IDLE_SECONDS),
            family_expires_at: now.plus_seconds(ABSOLUTE_SECONDS),
            revoked_at: None,
        };
        let access = AccessGrant {
            client_id: self.client.id.clone(),
            user_id: Some(user_id),
            family_id: Some(family_id),
            scopes,
            audience: None,
            actor: None,
            jkt: None,
            issued_at: now,
            expires_at: now.plus_seconds(3600),
        };
        let hash = TokenHash::of(&format!("code {account}"));
        self.store.codes().create(&hash, &code).await.unwrap();
        let (refresh_hash, access_hash) =
            (TokenHash::of(&refresh_token(account)), TokenHash::of(&format!("access {account}")));
        let (refresh, access) = (Some((&refresh_hash, &refresh)), (&access_hash, &access));
        let exchanged = event(EventCode::TokenCodeExchanged);
        assert!(self.store.tokens().redeem_code(&hash, now, refresh, access, exchanged).await.unwrap());
    }

    /// The number of the refresh token that is stored for each account, and whether the account is usable.
    pub async fn stored(&self) -> Vec<(String, u32, bool)> {
        let sets = self.store.token_sets().of_connection(&self.connection.id, None, 10_000).await.unwrap();
        let mut stored = Vec::with_capacity(sets.len());
        for (set, sealed) in sets {
            let tokens = Tokens::open(&self.keyring, context(&set.id), &sealed).await.unwrap();
            let token = tokens.refresh_token.unwrap();
            let number = token.reveal().rsplit('-').next().unwrap().parse().unwrap();
            stored.push((set.provider_user_id, number, set.state == TokenSetState::Active));
        }
        stored
    }
}
