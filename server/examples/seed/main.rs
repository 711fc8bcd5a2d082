//! Fills the stopped server's database for `cargo xtask bench`: `seed <real users> <users>`.
//!
//! Real users have all that an exchange and a refresh need, made by Coffer's own crates: an account with a sealed token
//! set that is good for a year, a consent, and a refresh token of Coffer's. Where there are to be more users than
//! these, [`filler`] adds them, on SQLite. The database and the key file are those that the server is told, in
//! `COFFER_DATABASE__URL` and `COFFER_KEYS__FILE`. Prints what a load needs, as JSON.

#![allow(clippy::print_stdout, reason = "its result is for the measuring program")]

mod filler;

use std::sync::Arc;

use coffer_audit::AuditLog;
use coffer_contract::{
    application::{ApplicationType, GrantType},
    connection::{ConnectionOptions, Purpose},
};
use coffer_core::{
    Clock as _, Scopes, SystemClock, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AccessGrant, CodeGrant, SignIn},
    client::Client,
    connection::Connection,
    ids::{ClientId, ConnectionId, FamilyId, TokenSetId, UserId},
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, RefreshToken},
    rng,
    token_set::{TokenSet, TokenSetState},
    user::{Profile, User},
};
use coffer_crypto::{Context, KeptSecret, KeyFile, Keyring, Secret, TokenHash};
use coffer_store::Store;
use coffer_vault::Tokens;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Names of the connections. The real token sets are at the first.
const CONNECTIONS: [&str; 3] = ["provider", "second", "third"];
/// Length of tokens as large providers give them.
const ACCESS: usize = 220;
const REFRESH: usize = 100;
const YEAR: i64 = 365 * 24 * 3600;

struct Seed {
    store: Store,
    keyring: Arc<Keyring>,
    client: Client,
    now: Timestamp,
}

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<usize> =
        std::env::args().skip(1).map(|argument| argument.parse()).collect::<Result<_, _>>()?;
    let [real, users] = arguments[..] else { return Err("seed <real users> <users>".into()) };
    let url = std::env::var("COFFER_DATABASE__URL")?;
    let keys = std::fs::read_to_string(std::env::var("COFFER_KEYS__FILE")?)?;
    let keyring = Arc::new(Keyring::from(KeyFile::parse(&keys)?));

    let now = SystemClock.now();
    let client = Client {
        grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::TokenVault],
        callbacks: vec!["https://app.example/callback".into()],
        ..Client::new(ClientId::generate(&SystemRng), "Load", ApplicationType::RegularWeb, now)
    };
    // All of it in one transaction: a commit for each change would take minutes.
    let all = Store::connect(&url, 8).await?.together().await?;
    let seed = Seed { store: all.store().clone(), keyring, client, now };
    let (secret, connection) = seed.application().await?;
    let mut tokens = Vec::with_capacity(real);
    for number in 0..real {
        // Half of them get no ID token, so that its signature can be told from the rest.
        let scopes = if number % 2 == 0 { "openid offline_access" } else { "offline_access" };
        tokens.push(seed.user(&connection, Scopes::parse(scopes, false)).await?);
    }
    all.commit().await?;
    let Seed { store, keyring, client, .. } = seed;
    drop(store);
    if users > real {
        filler::add(&url, real, users).await?;
    }
    // Events are linked here, by what links them in the server, so that it has nothing to catch up with.
    let store = Store::connect(&url, 8).await?;
    AuditLog::new(store, keyring, Arc::new(SystemClock), Arc::new(SystemRng)).seal().await?;
    let result = serde_json::json!({
        "client": { "id": client.id.as_str(), "secret": secret }, "connection": CONNECTIONS[0], "tokens": tokens,
    });
    println!("{result}");
    Ok(())
}

impl Seed {
    fn event(&self, code: EventCode) -> AuditEvent {
        AuditEvent::new(self.now, code, Actor::System, "seeded")
    }

    /// The connections, and an application that may use them; its secret, and the first connection.
    async fn application(&self) -> Outcome<(String, Connection)> {
        let (store, client, now) = (&self.store, &self.client, self.now);
        let secret = rng::token(&SystemRng);
        let kept = KeptSecret::of(&self.keyring, &SystemRng, &client.id, &secret);
        store.clients().create(client, Some(&kept), self.event(EventCode::ApplicationCreated)).await?;
        let mut made = vec![];
        for name in CONNECTIONS {
            let connection = connection(name, now);
            store.connections().create(&connection, None, self.event(EventCode::ConnectionCreated)).await?;
            let on = self.event(EventCode::ConnectionEnabled);
            store.connections().set_enabled(&connection.id, &client.id, true, now, on).await?;
            made.push(connection);
        }
        Ok((secret, made.swap_remove(0)))
    }

    /// A user with an account and a refresh token, which it returns.
    async fn user(&self, connection: &Connection, scopes: Scopes) -> Outcome<String> {
        let (store, now) = (&self.store, self.now);
        let account = format!("{:016x}", rand(&SystemRng));
        let user = User {
            id: UserId::from_text(format!("oauth2|{}|{account}", connection.name)),
            connection_id: connection.id.clone(),
            provider_user_id: account.clone(),
            profile: Profile {
                name: Some(format!("Person {account}")),
                email: Some(format!("{account}@people.example")),
                email_verified: true,
                ..Profile::default()
            },
            created_at: now,
            updated_at: now,
            last_sign_in_at: now,
            signed_out_at: None,
        };
        store.users().sign_in(&user, self.event(EventCode::UserSignedIn).user(&user.id)).await?;
        let consent = Scopes::parse("openid offline_access vault:provider", false);
        let agreed = self.event(EventCode::UserConsented).user(&user.id);
        store.consents().grant(&user.id, &self.client.id, &consent, now, agreed).await?;
        self.token_set(connection, &user).await?;
        self.signed_in(user.id, scopes).await
    }

    async fn token_set(&self, connection: &Connection, user: &User) -> Outcome {
        let now = self.now;
        let set = TokenSet {
            id: TokenSetId::generate(&SystemRng),
            user_id: user.id.clone(),
            connection_id: connection.id.clone(),
            provider_user_id: user.provider_user_id.clone(),
            label: None,
            scopes: connection.scopes.clone(),
            state: TokenSetState::Active,
            has_refresh_token: true,
            obtained_at: now,
            access_expires_at: Some(now.plus_seconds(YEAR)),
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
            access_token: Secret::new(rng::alphanumeric(&SystemRng, ACCESS)),
            refresh_token: Some(Secret::new(rng::alphanumeric(&SystemRng, REFRESH))),
        };
        let context = Context { table: "token_sets", row: set.id.as_str(), column: "tokens" };
        let sealed = tokens.seal(&self.keyring, &SystemRng, context)?;
        let stored = self.event(EventCode::VaultStored).user(&user.id);
        self.store.token_sets().put(&set, &sealed, stored).await?;
        Ok(())
    }

    async fn signed_in(&self, user_id: UserId, scopes: Scopes) -> Outcome<String> {
        let (now, family_id) = (self.now, FamilyId::generate(&SystemRng));
        let [code, refresh, access] = [(); 3].map(|()| rng::token(&SystemRng));
        let session_id = rng::alphanumeric(&SystemRng, 16);
        let granted = CodeGrant {
            client_id: self.client.id.clone(),
            redirect_uri: "https://app.example/callback".into(),
            scopes: scopes.clone(),
            nonce: None,
            code_challenge: None,
            audience: None,
            jkt: None,
            sign_in: SignIn { user_id: user_id.clone(), auth_time: now, session_id: session_id.clone() },
            family_id: family_id.clone(),
            expires_at: now.plus_seconds(60),
        };
        let lasting = RefreshToken {
            family_id: family_id.clone(),
            client_id: self.client.id.clone(),
            user_id: user_id.clone(),
            scopes: scopes.clone(),
            audience: None,
            jkt: None,
            auth_time: now,
            session_id,
            issued_at: now,
            rotated_at: None,
            idle_expires_at: now.plus_seconds(IDLE_SECONDS),
            family_expires_at: now.plus_seconds(ABSOLUTE_SECONDS),
            revoked_at: None,
        };
        let short = AccessGrant {
            client_id: self.client.id.clone(),
            user_id: Some(user_id.clone()),
            family_id: Some(family_id),
            scopes,
            audience: None,
            actor: None,
            jkt: None,
            issued_at: now,
            expires_at: now.plus_seconds(3600),
        };
        let code = TokenHash::of(&code);
        self.store.codes().create(&code, &granted).await?;
        let (first, second) = (TokenHash::of(&refresh), TokenHash::of(&access));
        let event = self.event(EventCode::TokenCodeExchanged).user(&user_id);
        let (lasting, short) = (Some((&first, &lasting)), (&second, &short));
        assert!(self.store.tokens().redeem_code(&code, now, lasting, short, event).await?);
        Ok(refresh)
    }
}

fn rand(rng: &dyn coffer_core::Rng) -> u64 {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn connection(name: &str, now: Timestamp) -> Connection {
    let url = |path: &str| Some(format!("https://{name}.example/{path}"));
    Connection {
        id: ConnectionId::generate(&SystemRng),
        name: name.into(),
        strategy: "oauth2".into(),
        display_name: name.into(),
        client_id: "coffer".into(),
        client_secret_replaced_at: None,
        scopes: Scopes::parse("notes", false),
        purpose: Purpose::Both,
        vault_enabled: true,
        options: ConnectionOptions {
            authorization_url: url("authorize"),
            token_url: url("token"),
            user_info_url: url("me"),
            ..ConnectionOptions::default()
        },
        created_at: now,
        updated_at: now,
        version: 1,
    }
}
