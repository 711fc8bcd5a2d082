//! The user's connected accounts: list, delete, and what can be connected.

use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::TokenSetId,
    token_set::TokenSet,
};

use super::{CREATE, DELETE, MyAccountError, READ};
use crate::{Oidc, presented::Presented};

/// Accounts on one page, where a request does not say.
const PAGE: usize = 10;
/// Accounts on one page at most.
const LARGEST_PAGE: usize = 100;

/// A connected account as the contract has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedAccountView {
    /// `id`
    pub id: String,
    /// `connection`: its name.
    pub connection: String,
    /// `scopes`
    pub scopes: Vec<String>,
    /// `created_at`
    pub created_at: Timestamp,
    /// `expires_at`: when the access ends, where the provider says so.
    pub expires_at: Option<Timestamp>,
}

/// A page of connected accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsPage {
    /// `accounts`
    pub accounts: Vec<ConnectedAccountView>,
    /// `next`: pass it as `from`; absent on the last page.
    pub next: Option<String>,
}

/// A connection through which accounts can be connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectableView {
    /// `name`
    pub name: String,
    /// `strategy`
    pub strategy: String,
    /// `display_name`
    pub display_name: String,
    /// `scopes` that are asked for anyway.
    pub scopes: Vec<String>,
}

/// The access ends with the refresh token, or where there is none, with the access token.
pub(super) fn view(set: TokenSet, connection: &Connection) -> ConnectedAccountView {
    ConnectedAccountView {
        id: set.id.to_string(),
        connection: connection.name.clone(),
        scopes: set.scopes.to_vec(),
        created_at: set.created_at,
        expires_at: if set.has_refresh_token { set.refresh_expires_at } else { set.access_expires_at },
    }
}

impl Oidc {
    /// `GET /me/v1/connected-accounts/accounts`
    pub async fn connected_accounts(
        &self,
        access: &Presented,
        connection: Option<&str>,
        from: Option<&str>,
        take: Option<&str>,
    ) -> Result<AccountsPage, MyAccountError> {
        let caller = self.caller(access, &[READ]).await?;
        let take = match take.filter(|text| !text.is_empty()) {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n)).ok_or_else(|| {
                MyAccountError::field("take", format!("take is a number from 1 to {LARGEST_PAGE}."))
            })?,
        };
        let connections = self.store.connections().enabled_for(&caller.client.id).await?;
        let accounts = self.store.token_sets().of_user(&caller.user.id).await?;
        let mut views: Vec<_> = accounts
            .into_iter()
            .filter_map(|set| {
                let found = connections.iter().find(|c| c.id == set.connection_id)?;
                connection.is_none_or(|name| name == found.name).then(|| view(set, found))
            })
            .collect();
        // By id: accounts that come and go meanwhile shift no page.
        views.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(from) = from.filter(|text| !text.is_empty()) {
            views.retain(|view| view.id.as_str() > from);
        }
        let next = (views.len() > take).then(|| views[take - 1].id.clone());
        views.truncate(take);
        Ok(AccountsPage { accounts: views, next })
    }

    /// `DELETE /me/v1/connected-accounts/accounts/{id}`
    pub async fn delete_connected_account(
        &self,
        access: &Presented,
        id: &str,
        ip: Option<&str>,
    ) -> Result<(), MyAccountError> {
        let caller = self.caller(access, &[DELETE]).await?;
        let found = self.store.token_sets().get(&TokenSetId::from_text(id)).await?;
        let set = found.filter(|set| set.user_id == caller.user.id).ok_or(MyAccountError::NotFound)?;
        let enabled = self.store.connections().is_enabled(&set.connection_id, &caller.client.id).await?;
        let connection = self.store.connections().get(&set.connection_id).await?;
        let connection = connection.filter(|_| enabled).ok_or(MyAccountError::NotFound)?;
        let text = format!("{} disconnected account {}.", caller.client.name, set.provider_user_id);
        let actor = Actor::Client(caller.client.id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::AccountDisconnected, actor, text)
            .client(&caller.client.id)
            .connection(&connection.name)
            .user(&caller.user.id)
            .account(&set.id)
            .from_ip(ip);
        if self.vault.disconnect(&connection, &set, event).await? {
            Ok(())
        } else {
            Err(MyAccountError::NotFound)
        }
    }

    /// `GET /me/v1/connected-accounts/connections`: for whoever may read or create connected accounts.
    pub async fn connectable_connections(
        &self,
        access: &Presented,
    ) -> Result<Vec<ConnectableView>, MyAccountError> {
        // Some SDKs ask for the one, some for the other.
        let caller = self.caller(access, &[READ, CREATE]).await?;
        let connections = self.store.connections().enabled_for(&caller.client.id).await?;
        Ok(connections
            .into_iter()
            .filter(|connection| connection.purpose.connects() && connection.vault_enabled)
            .map(|connection| ConnectableView {
                scopes: connection.scopes.to_vec(),
                name: connection.name,
                strategy: connection.strategy,
                display_name: connection.display_name,
            })
            .collect())
    }
}
