//! The person's own page: which accounts they connected, who may use them, and how to take that back.

use coffer_contract::{application::GrantType, connection::Purpose, user::AccountState};
use coffer_core::{
    Scopes, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    authorization::SignIn,
    client::Client,
    connection::Connection,
    ids::{ClientId, TokenSetId, UserId},
    token_set::TokenSet,
    user::User,
};
use coffer_vault::Consented;
use std::collections::HashMap;
use url::Url;

use crate::{
    Browser, Oidc,
    authorize::Next,
    consent::vault_consent,
    error::PageError,
    pages::Choice,
    trip::{DepartError, Errand, Return, Trip},
    upstream::{Returned, account_label, user_id},
};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MyAccount {
    /// Nobody is signed in: the ways to sign in.
    SignedOut(Vec<Choice>),
    /// The person's accounts.
    Page(AccountPage),
}

/// The page of somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// Connected accounts.
    pub accounts: Vec<AccountRow>,
}

/// One connected account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// `cac_...`
    pub id: String,
    /// The connection's name for people.
    pub connection: String,
    /// What people call the account.
    pub label: String,
    /// Whether it can be used.
    pub state: AccountState,
    /// What the provider granted, in words.
    pub scopes: Vec<String>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// The applications that may use it.
    pub applications: Vec<ApplicationLine>,
}

/// An application that may use an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationLine {
    /// Its name.
    pub name: String,
    /// When it got a token last.
    pub released_at: Option<Timestamp>,
}

impl Oidc {
    /// The page.
    pub async fn my_account(&self, browser: &Browser) -> Result<MyAccount, PageError> {
        let Some((user, _)) = self.signed_in_here(browser).await? else {
            return Ok(MyAccount::SignedOut(self.ways_in().await?.into_iter().map(Into::into).collect()));
        };
        let consents = self.store.consents().of_user(&user.id).await?;
        let mut accounts = Vec::new();
        for set in self.store.token_sets().of_user(&user.id).await? {
            if let Some(connection) = self.store.connections().get(&set.connection_id).await? {
                accounts.push(self.row(set, &connection, &consents).await?);
            }
        }
        Ok(MyAccount::Page(AccountPage {
            person: user.profile.label().unwrap_or(&user.provider_user_id).to_owned(),
            email: user.profile.email,
            accounts,
        }))
    }

    async fn row(
        &self,
        set: TokenSet,
        connection: &Connection,
        consents: &HashMap<ClientId, Scopes>,
    ) -> Result<AccountRow, PageError> {
        let released: HashMap<_, _> = self.store.audit().releases(&set.id).await?.into_iter().collect();
        let agreed = |client: &Client| {
            client.first_party
                || consents.get(&client.id).is_some_and(|scopes| scopes.contains(&vault_consent(connection)))
        };
        let applications = self.store.connections().of_connection(&connection.id).await?;
        let applications = applications
            .into_iter()
            .filter(|(client, enabled)| {
                enabled.is_some() && client.may_use(GrantType::TokenVault) && agreed(client)
            })
            .map(|(client, _)| ApplicationLine {
                released_at: released.get(&client.id).copied(),
                name: client.name,
            })
            .collect();
        let described = self.federation.describe(&connection.strategy, set.scopes.iter());
        Ok(AccountRow {
            id: set.id.to_string(),
            connection: connection.display_name.clone(),
            label: set.label.clone().unwrap_or_else(|| set.provider_user_id.clone()),
            state: set.account_state(self.clock.now()),
            scopes: described.iter().map(coffer_contract::catalogue::ScopeInfo::words).collect(),
            connected_at: set.created_at,
            applications,
        })
    }

    async fn signed_in_here(&self, browser: &Browser) -> Result<Option<(User, SignIn)>, PageError> {
        let Some(sign_in) = &browser.sign_in else { return Ok(None) };
        Ok(self.present_user(sign_in).await?.map(|user| (user, sign_in.clone())))
    }

    /// The connections through which people sign in to some application.
    async fn ways_in(&self) -> Result<Vec<Connection>, PageError> {
        let mut ways = Vec::new();
        for connection in self.store.connections().all().await? {
            if connection.purpose != Purpose::ConnectedAccounts
                && connection.options.domain_aliases.is_empty()
            {
                ways.push(connection);
            }
        }
        Ok(ways)
    }

    /// The person chose how to sign in to the page.
    pub async fn sign_in_to_my_account(&self, name: &str, browser: &Browser) -> Result<Url, PageError> {
        let connection = self.ways_in().await?.into_iter().find(|connection| connection.name == name);
        let connection = connection.ok_or_else(|| {
            PageError::refused("invalid_request", "This way to sign in is not available any more.")
        })?;
        let scopes = self.federation.scopes_for(&connection, &Scopes::default());
        self.go(&connection, Errand::MyAccount, scopes, None, browser).await
    }

    async fn go(
        &self,
        connection: &Connection,
        errand: Errand,
        scopes: Scopes,
        login_hint: Option<&str>,
        browser: &Browser,
    ) -> Result<Url, PageError> {
        let trip = Trip { connection, errand, scopes, login_hint, prompt: None };
        match self.depart(trip, browser).await {
            Ok(url) => Ok(url),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => {
                Err(self.failed_sign_in(None, connection, &error, browser).await)
            }
        }
    }

    pub(crate) async fn back_to_my_account(
        &self,
        back: Return,
        browser: &Browser,
    ) -> Result<Returned, PageError> {
        let Return { connection, asked, at, outcome, .. } = back;
        let signed_in = match outcome {
            Ok(signed_in) => signed_in,
            Err(error) => return Err(self.not_back(&connection, &error, browser).await),
        };
        let known = self.store.users().get(&user_id(&connection, &signed_in.provider_user_id)).await?;
        if known.is_none() {
            return Err(PageError::refused(
                "access_denied",
                "Nobody has signed in to an application here with this account yet. Sign in to the application \
                 first.",
            ));
        }
        let text = format!("Signed in to their own page through {}.", connection.display_name);
        let sign_in = self.admit(&connection, None, signed_in, &asked, at, text, browser).await?;
        Ok(Returned::SignedIn { sign_in, next: Next::MyAccount })
    }

    async fn not_back(
        &self,
        connection: &Connection,
        error: &crate::trip::TripError,
        browser: &Browser,
    ) -> PageError {
        let text = format!("Sign-in through {} failed: {error}.", connection.display_name);
        match self.record_failure(None, connection, text, browser).await {
            Err(error) => error,
            Ok(()) if error.declined() => PageError::Provider {
                outside: format!("{} says that you declined. Nothing was changed.", connection.display_name),
            },
            Ok(()) => PageError::Provider {
                outside: format!("{} did not complete this. Try again in a moment.", connection.display_name),
            },
        }
    }

    /// One of the person's accounts, with its connection.
    async fn own(&self, account: &str, browser: &Browser) -> Result<(User, TokenSet, Connection), PageError> {
        let (user, _) = self.signed_in_here(browser).await?.ok_or(PageError::Gone)?;
        let set = self.store.token_sets().get(&TokenSetId::from_text(account)).await?;
        let set = set.filter(|set| set.user_id == user.id).ok_or(PageError::Gone)?;
        let connection = self.store.connections().get(&set.connection_id).await?.ok_or(PageError::Gone)?;
        Ok((user, set, connection))
    }

    /// The person disconnects an account.
    pub async fn disconnect(&self, account: &str, browser: &Browser) -> Result<(), PageError> {
        let (user, set, connection) = self.own(account, browser).await?;
        let text = format!("Disconnected account {}.", set.label.as_deref().unwrap_or(&set.provider_user_id));
        let actor = Actor::User(user.id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::AccountDisconnected, actor, text)
            .connection(&connection.name)
            .user(&user.id)
            .account(&set.id)
            .from_ip(browser.ip.as_deref());
        self.vault.disconnect(&connection, &set, event).await?;
        Ok(())
    }

    /// The person connects an account again: to the provider, with all that was granted before.
    pub async fn reconnect(&self, account: &str, browser: &Browser) -> Result<Url, PageError> {
        let (user, set, connection) = self.own(account, browser).await?;
        let errand =
            Errand::Reconnect { user_id: user.id.to_string(), account: set.provider_user_id.clone() };
        let scopes = self.federation.scopes_for(&connection, &set.scopes);
        let hint = set.label.as_deref().unwrap_or(&set.provider_user_id);
        self.go(&connection, errand, scopes, Some(hint), browser).await
    }

    /// The provider sent the person back: the tokens replace those of the same account, and of no other.
    pub(crate) async fn reconnected(
        &self,
        user: &UserId,
        account: &str,
        back: Return,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let here = self.signed_in_here(browser).await?;
        if here.is_none_or(|(signed_in, _)| signed_in.id != *user) {
            return Err(PageError::Gone);
        }
        let Return { connection, asked, at, outcome, .. } = back;
        let signed_in = match outcome {
            Ok(signed_in) => signed_in,
            Err(error) => return Err(self.not_back(&connection, &error, browser).await),
        };
        if signed_in.provider_user_id != account {
            return Err(PageError::refused(
                "access_denied",
                "You signed in with another account than the one to be connected again. Nothing was changed.",
            ));
        }
        let label = account_label(&signed_in.profile);
        let consented = Consented {
            user_id: user,
            connection: &connection,
            provider_user_id: &signed_in.provider_user_id,
            label: label.as_deref(),
            tokens: signed_in.tokens,
            asked: &asked,
            obtained_at: at,
            ip: browser.ip.as_deref(),
        };
        self.vault.keep(consented).await?;
        Ok(Next::MyAccount)
    }

    /// The person signs out of every browser and every application.
    pub async fn sign_out_everywhere(&self, browser: &Browser) -> Result<(), PageError> {
        let (user, _) = self.signed_in_here(browser).await?.ok_or(PageError::Gone)?;
        let now = self.clock.now();
        let actor = Actor::User(user.id.clone());
        let text = "Signed out of every browser and every application.";
        let event = AuditEvent::new(now, EventCode::UserSignedOutEverywhere, actor, text)
            .user(&user.id)
            .from_ip(browser.ip.as_deref());
        self.store.users().sign_out_everywhere(&user.id, now, event).await?;
        self.wake_herald();
        Ok(())
    }
}
