//! End users: find, show, disconnect their accounts, delete.

use coffer_contract::{
    ApiError, Page,
    page::PAGE_SIZE,
    user::{AccountView, Release, UserDetail, UserSummary},
};
use coffer_core::{
    audit::EventCode,
    connection::Connection,
    ids::{TokenSetId, UserId},
    token_set::TokenSet,
    user::User,
};

use crate::{Editor, Signed, failure};

impl Signed {
    /// A page of the users whose name or address begins with `search`, those who signed in last coming first.
    pub async fn list_users(&self, search: &str, after: Option<&str>) -> Result<Page<UserSummary>, ApiError> {
        let page = self.store().users().list(search, after, PAGE_SIZE).await;
        let page = page.map_err(|e| self.visit.store_failed(e))?;
        let connections = self.all_connections().await?;
        Ok(page.map(|user| summary(&user, &connections)))
    }

    /// One user with their accounts.
    pub async fn user(&self, id: &str) -> Result<UserDetail, ApiError> {
        let user = self.find_user(id).await?;
        let connections = self.all_connections().await?;
        let sets = self.store().token_sets().of_user(&user.id).await;
        let mut accounts = Vec::new();
        for set in sets.map_err(|e| self.visit.store_failed(e))? {
            if let Some(connection) = connections.iter().find(|c| c.id == set.connection_id) {
                accounts.push(self.account(set, connection).await?);
            }
        }
        Ok(UserDetail {
            summary: summary(&user, &connections),
            connection_id: user.connection_id.to_string(),
            provider_user_id: user.provider_user_id,
            email_verified: user.profile.email_verified,
            created_at: user.created_at,
            accounts,
        })
    }

    async fn account(&self, set: TokenSet, connection: &Connection) -> Result<AccountView, ApiError> {
        let federation = &self.admin().federation;
        let releases =
            self.store().audit().releases(&set.id).await.map_err(|e| self.visit.store_failed(e))?;
        let mut shown = Vec::with_capacity(releases.len());
        for (client_id, at) in releases {
            let client =
                self.store().clients().get(&client_id).await.map_err(|e| self.visit.store_failed(e))?;
            shown.push(Release {
                client_id: client_id.to_string(),
                application: client.map(|client| client.name),
                at,
            });
        }
        let kind = federation.catalogue().get(&connection.strategy).map(|entry| entry.view().name);
        Ok(AccountView {
            id: set.id.to_string(),
            connection_id: connection.id.to_string(),
            connection: connection.display_name.clone(),
            strategy_name: kind.unwrap_or_else(|| connection.strategy.clone()),
            state: set.account_state(self.visit.now()),
            scopes: federation.describe(&connection.strategy, set.scopes.iter()),
            connected_at: set.created_at,
            updated_at: set.updated_at,
            provider_user_id: set.provider_user_id,
            label: set.label,
            releases: shown,
        })
    }
}

impl Editor {
    /// Disconnects an account: its tokens are gone at once, and taken back at the provider.
    pub async fn disconnect_account(&self, user_id: &str, account_id: &str) -> Result<(), ApiError> {
        let user = self.find_user(user_id).await?;
        let set = self.store().token_sets().get(&TokenSetId::from_text(account_id)).await;
        let set = set.map_err(|e| self.visit.store_failed(e))?.filter(|set| set.user_id == user.id);
        let set = set.ok_or_else(|| failure::not_found("account"))?;
        let connection = self.find_connection(set.connection_id.as_str()).await?;
        let account = set.label.as_deref().unwrap_or(&set.provider_user_id);
        let event = self
            .event(
                EventCode::AccountDisconnected,
                format!("Account {account} was disconnected in the dashboard."),
            )
            .connection(&connection.name)
            .user(&user.id)
            .account(&set.id);
        let gone = self.admin().vault.disconnect(&connection, &set, event).await;
        if gone.map_err(|e| self.visit.failed(e))? { Ok(()) } else { Err(failure::not_found("account")) }
    }

    /// Deletes a user with their accounts and tokens, if `confirm` is their id.
    pub async fn delete_user(&self, id: &str, confirm: &str) -> Result<(), ApiError> {
        let user = self.find_user(id).await?;
        if confirm.trim() != user.id.as_str() {
            return Err(ApiError::field(
                "confirm_name",
                format!("Type the user's id, {}, to delete it.", user.id),
            ));
        }
        let mut revocations = Vec::new();
        let sets = self.store().token_sets();
        for set in sets.of_user(&user.id).await.map_err(|e| self.visit.store_failed(e))? {
            let connection = self.find_connection(set.connection_id.as_str()).await?;
            let found = sets.with_tokens(&set.id).await.map_err(|e| self.visit.store_failed(e))?;
            let some = self.admin().vault.revocations(&connection, found.into_iter().collect()).await;
            revocations.extend(some.map_err(|e| self.visit.failed(e))?);
        }
        let event =
            self.event(EventCode::UserDeleted, format!("User {} was deleted.", user.id)).user(&user.id);
        let deleted = self.store().users().delete(&user.id, &revocations, event).await;
        self.admin().vault.wake_revoker();
        if deleted.map_err(|e| self.visit.store_failed(e))? {
            Ok(())
        } else {
            Err(failure::not_found("user"))
        }
    }
}

impl Signed {
    /// A user, as the domain has them.
    pub async fn find_user(&self, id: &str) -> Result<User, ApiError> {
        let found = self.store().users().get(&UserId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("user"))
    }

    pub(crate) async fn all_connections(&self) -> Result<Vec<Connection>, ApiError> {
        self.store().connections().all().await.map_err(|e| self.visit.store_failed(e))
    }
}

fn summary(user: &User, connections: &[Connection]) -> UserSummary {
    let connection = connections.iter().find(|connection| connection.id == user.connection_id);
    UserSummary {
        id: user.id.to_string(),
        name: user.profile.label().unwrap_or(&user.provider_user_id).to_owned(),
        email: user.profile.email.clone(),
        connection: connection.map(|connection| connection.display_name.clone()).unwrap_or_default(),
        last_sign_in_at: user.last_sign_in_at,
    }
}
