//! Protected resource metadata (RFC 9728) for registered APIs: an API whose identifier is an address can
//! publish it as it is, and its clients find this server by it.

use coffer_contract::validate;
use coffer_core::{api::Api, ids::ApiId};
use coffer_store::StoreError;
use serde_json::{Value, json};

use crate::{Oidc, jose};

/// The document of an API, if its identifier is an address (section 1.2).
pub fn document(issuer: &str, api: &Api) -> Option<Value> {
    validate::provider_url(&api.identifier).ok()?;
    Some(json!({
        "resource": api.identifier,
        "resource_name": api.name,
        "authorization_servers": [issuer],
        "scopes_supported": api.scopes.iter().map(|scope| scope.value.as_str()).collect::<Vec<_>>(),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": jose::ALGORITHMS,
    }))
}

impl Oidc {
    /// The document of the API with this id.
    pub async fn protected_resource(&self, id: &str) -> Result<Option<Value>, StoreError> {
        let api = self.store.apis().get(&ApiId::from_text(id)).await?;
        Ok(api.and_then(|api| document(self.issuer.as_str(), &api)))
    }
}
