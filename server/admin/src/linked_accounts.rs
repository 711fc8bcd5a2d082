//! One's own accounts at providers, with which one signs in.

use std::collections::BTreeMap;

use coffer_contract::{
    ApiError,
    administrator::{LINKED_ACCOUNTS_MAX, LinkedAccountView, LinkedAccounts},
};
use coffer_core::{audit::EventCode, ids::LinkedAccountId};
use coffer_crypto::Secret;

use crate::{Visit, failure, through::Errand, visit::actor};

impl Visit {
    /// One's own linked accounts, and where another can be linked.
    pub async fn linked_accounts(&self) -> Result<LinkedAccounts, ApiError> {
        let failed = |error| self.store_failed(error);
        let me = self.myself().await?;
        let mine = self.admin.store.linked_accounts().of(&me.id).await.map_err(failed)?;
        let connections = self.admin.store.connections().all().await.map_err(failed)?;
        let names: BTreeMap<_, _> =
            connections.iter().map(|c| (c.id.clone(), (c.name.clone(), c.display_name.clone()))).collect();
        let connections = self.admitting_ones(connections);
        let accounts = mine.into_iter().map(|account| {
            let (name, connection) = names.get(&account.connection).cloned().unwrap_or_default();
            LinkedAccountView {
                id: account.id.to_string(),
                connection,
                label: account.label.unwrap_or(account.provider_user_id),
                created_at: account.created_at,
                last_used_at: account.last_used_at,
                usable: connections.iter().any(|open| open.name == name),
            }
        });
        Ok(LinkedAccounts { accounts: accounts.collect(), connections })
    }

    /// Begins to link an account at the provider of the connection of this name, for who knows the password: whoever
    /// finds an open session must not leave a way in for themselves.
    pub async fn begin_link(&self, name: &str, current: Secret) -> Result<(), ApiError> {
        let me = self.myself().await?;
        self.check_password(&me.email, current).await?;
        let mine = self.admin.store.linked_accounts().of(&me.id).await.map_err(|e| self.store_failed(e))?;
        if mine.len() >= LINKED_ACCOUNTS_MAX {
            let message = format!("You have {LINKED_ACCOUNTS_MAX} linked accounts. Remove one first.");
            return Err(ApiError::Conflict { message });
        }
        self.begin_trip(name, Errand::Link { administrator: me.id }).await
    }

    /// Removes one of one's own linked accounts.
    pub async fn unlink_account(&self, id: &str) -> Result<(), ApiError> {
        let me = self.myself().await?;
        let accounts = self.admin.store.linked_accounts();
        let mine = accounts.of(&me.id).await.map_err(|e| self.store_failed(e))?;
        let account = mine.into_iter().find(|account| account.id.as_str() == id);
        let account = account.ok_or_else(|| failure::not_found("linked account"))?;
        let called = account.label.as_deref().unwrap_or(&account.provider_user_id);
        let text = format!("{} removed the linked account {called}.", me.email);
        let event = self.event(EventCode::AdminAccountUnlinked, actor(&me), text);
        let removed = accounts.unlink(&me.id, &LinkedAccountId::from_text(id), event).await;
        let removed = removed.map_err(|e| self.store_failed(e))?;
        if removed { Ok(()) } else { Err(failure::not_found("linked account")) }
    }
}
