//! Applications and APIs side by side: who may do what where, for the switches.

use coffer_contract::{
    ApiError, Page,
    client_grant::{ApiApplication, ApplicationApi, ClientGrantView},
    page::PAGE_SIZE,
};
use coffer_core::{api::ClientGrant, client::Client, ids::ClientId};

use crate::{Signed, apis::summary, client_grants::view, own_apis::Known};

impl Signed {
    /// A page of the applications, by name, and what each may do at the API.
    pub async fn api_applications(
        &self,
        id: &str,
        search: &str,
        after: Option<&str>,
    ) -> Result<Page<ApiApplication>, ApiError> {
        let known = self.find_api(id).await?;
        let page = self.store().clients().list(search, after, PAGE_SIZE).await;
        let page = page.map_err(|e| self.visit.store_failed(e))?.map(|(client, _)| client);
        let ids: Vec<ClientId> = page.items.iter().map(|client| client.id.clone()).collect();
        let grants = self.grants_between(&ids, std::slice::from_ref(&known.api.identifier)).await?;
        Ok(page.map(|client| ApiApplication {
            client_id: client.id.to_string(),
            name: client.name.clone(),
            app_type: client.app_type,
            subjects: known.subjects_for(&client),
            grants: of(&grants, &client, &known),
        }))
    }

    /// A page of the APIs, this server's own first, and what the application may do at each.
    pub async fn application_apis(
        &self,
        client_id: &str,
        search: &str,
        after: Option<&str>,
    ) -> Result<Page<ApplicationApi>, ApiError> {
        let client = self.find_client(client_id).await?;
        let page = self.known_apis(search, after, PAGE_SIZE).await?;
        let audiences: Vec<String> = page.items.iter().map(|known| known.api.identifier.clone()).collect();
        let grants = self.grants_between(std::slice::from_ref(&client.id), &audiences).await?;
        Ok(page.map(|known| ApplicationApi {
            api: summary(&known),
            subjects: known.subjects_for(&client),
            grants: of(&grants, &client, &known),
            user_access: known.api.user_access,
            scopes: known.api.scopes,
        }))
    }

    async fn grants_between(
        &self,
        clients: &[ClientId],
        audiences: &[String],
    ) -> Result<Vec<ClientGrant>, ApiError> {
        let found = self.store().client_grants().between(clients, audiences).await;
        found.map_err(|e| self.visit.store_failed(e))
    }
}

fn of(grants: &[ClientGrant], client: &Client, known: &Known) -> Vec<ClientGrantView> {
    grants
        .iter()
        .filter(|grant| grant.client_id == client.id && grant.audience == known.api.identifier)
        .map(|grant| view(grant, &client.name, &known.api.name))
        .collect()
}
