//! What applications may do at APIs: list, allow, change, end.

use std::collections::HashMap;

use coffer_contract::{
    ApiError, Page,
    api::GrantSubject,
    client_grant::{ClientGrantView, NewClientGrant},
};
use coffer_core::{
    Scopes,
    api::ClientGrant,
    audit::{AuditEvent, EventCode},
    client::Client,
    ids::{ClientGrantId, ClientId},
};
use coffer_store::ClientGrantFilter;

use crate::{
    Editor, Signed, failure, own_apis,
    own_apis::{Known, Own},
};

impl Signed {
    /// A page of the grants that pass the filter.
    pub async fn list_client_grants(
        &self,
        filter: &ClientGrantFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<ClientGrantView>, ApiError> {
        let page = self.store().client_grants().list(filter, after, limit).await;
        let page = page.map_err(|e| self.visit.store_failed(e))?;
        let clients: Vec<ClientId> = page.items.iter().map(|grant| grant.client_id.clone()).collect();
        let audiences: Vec<String> = page.items.iter().map(|grant| grant.audience.clone()).collect();
        let clients = self.store().clients().among(&clients).await.map_err(|e| self.visit.store_failed(e))?;
        let apis = self.store().apis().among(&audiences).await.map_err(|e| self.visit.store_failed(e))?;
        let clients: HashMap<ClientId, String> = clients.into_iter().map(|c| (c.id, c.name)).collect();
        let own = own_apis::all(&self.admin().issuer).map(|known| known.api);
        let apis: HashMap<String, String> =
            apis.into_iter().chain(own).map(|a| (a.identifier, a.name)).collect();
        Ok(page.map(|grant| {
            let client = clients.get(&grant.client_id).map_or("", String::as_str);
            let api = apis.get(&grant.audience).map_or("", String::as_str);
            view(&grant, client, api)
        }))
    }

    /// One grant.
    pub async fn client_grant(&self, id: &str) -> Result<ClientGrantView, ApiError> {
        let (grant, client, known) = self.grant_in_full(id).await?;
        Ok(view(&grant, &client.name, &known.api.name))
    }
}

impl Editor {
    /// Lets an application use an API.
    pub async fn create_client_grant(&self, new: NewClientGrant) -> Result<ClientGrantView, ApiError> {
        let client = self.find_client(&new.client_id).await?;
        let known = self.find_api(&new.audience).await?;
        may_be_granted(&known, &client, new.subject)?;
        let now = self.visit.now();
        let grant = ClientGrant {
            id: ClientGrantId::generate(self.admin().rng.as_ref()),
            client_id: client.id.clone(),
            audience: known.api.identifier.clone(),
            subject: new.subject,
            scopes: scopes(&known, &new.scopes)?,
            created_at: now,
            updated_at: now,
        };
        let words = format!("“{}” may {}.", client.name, what(&grant, &known.api.name));
        let event = self.grant_event(EventCode::ClientGrantCreated, &grant, words);
        self.store().client_grants().create(&grant, event).await.map_err(|e| self.visit.store_failed(e))?;
        Ok(view(&grant, &client.name, &known.api.name))
    }

    /// Changes what an application may get at an API.
    pub async fn update_client_grant(
        &self,
        id: &str,
        wanted: &[String],
    ) -> Result<ClientGrantView, ApiError> {
        let (before, client, known) = self.grant_in_full(id).await?;
        let grant = ClientGrant { scopes: scopes(&known, wanted)?, updated_at: self.visit.now(), ..before };
        let words = format!("“{}” may now {}.", client.name, what(&grant, &known.api.name));
        let event = self.grant_event(EventCode::ClientGrantUpdated, &grant, words);
        let changed = self.store().client_grants().update(&grant, event).await;
        if !changed.map_err(|e| self.visit.store_failed(e))? {
            return Err(failure::not_found("authorization"));
        }
        Ok(view(&grant, &client.name, &known.api.name))
    }

    /// Ends what an application may do at an API.
    pub async fn delete_client_grant(&self, id: &str) -> Result<(), ApiError> {
        let grant = self.find_grant(id).await?;
        let client = self.find_client(grant.client_id.as_str()).await?;
        // The server may have had another address when it was given.
        let api = match self.find_api(&grant.audience).await {
            Ok(known) => known.api.name,
            Err(ApiError::NotFound { .. }) => grant.audience.clone(),
            Err(error) => return Err(error),
        };
        let words = format!("“{}” may no longer {}.", client.name, what(&grant, &api));
        let event = self.grant_event(EventCode::ClientGrantDeleted, &grant, words);
        let deleted = self.store().client_grants().delete(&grant.id, event).await;
        if deleted.map_err(|e| self.visit.store_failed(e))? {
            Ok(())
        } else {
            Err(failure::not_found("authorization"))
        }
    }
}

impl Signed {
    async fn find_grant(&self, id: &str) -> Result<ClientGrant, ApiError> {
        let found = self.store().client_grants().get(&ClientGrantId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("authorization"))
    }

    async fn grant_in_full(&self, id: &str) -> Result<(ClientGrant, Client, Known), ApiError> {
        let grant = self.find_grant(id).await?;
        let client = self.find_client(grant.client_id.as_str()).await?;
        let known = self.find_api(&grant.audience).await?;
        Ok((grant, client, known))
    }

    fn grant_event(&self, code: EventCode, grant: &ClientGrant, words: String) -> AuditEvent {
        self.event(code, words).client(&grant.client_id)
    }
}

pub(crate) fn view(grant: &ClientGrant, application: &str, api: &str) -> ClientGrantView {
    ClientGrantView {
        id: grant.id.to_string(),
        client_id: grant.client_id.to_string(),
        application: application.to_owned(),
        audience: grant.audience.clone(),
        api: api.to_owned(),
        subject: grant.subject,
        scopes: grant.scopes.to_vec(),
    }
}

/// What a grant allows, for the log.
fn what(grant: &ClientGrant, api: &str) -> String {
    let whose = match grant.subject {
        GrantSubject::Client => "for itself",
        GrantSubject::User => "for its users",
    };
    let scopes = if grant.scopes.is_empty() { "no scopes".to_owned() } else { grant.scopes.to_string() };
    format!("use the API “{api}” {whose}, with {scopes}")
}

fn may_be_granted(known: &Known, client: &Client, subject: GrantSubject) -> Result<(), ApiError> {
    if known.subjects_for(client).contains(&subject) {
        return Ok(());
    }
    let message = match known.own {
        Some(Own::MyAccount) => {
            "The My Account API is opened by the application's setting “Connect accounts”, not by a grant."
        }
        Some(Own::Management) if subject == GrantSubject::User => {
            "The management API is for applications that act for themselves."
        }
        Some(Own::Management) | None => {
            "This application cannot prove who it is, so it cannot act for itself. Use one with a client secret."
        }
    };
    Err(ApiError::field("subject", message))
}

/// The scopes, each of which the API must have.
fn scopes(known: &Known, wanted: &[String]) -> Result<Scopes, ApiError> {
    match wanted.iter().find(|scope| !known.api.has(scope)) {
        Some(scope) => {
            let message = format!("The API “{}” has no scope “{scope}”.", known.api.name);
            Err(ApiError::field("scopes", message))
        }
        None => Ok(wanted.iter().map(String::as_str).collect()),
    }
}
