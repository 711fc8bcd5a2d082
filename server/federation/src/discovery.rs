//! Discovery documents and key sets (OpenID Connect Discovery 1.0), kept for an hour.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use coffer_contract::{Timestamp, catalogue::OptionField, connection::DiscoverySummary, validate};
use coffer_core::connection::Connection;
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use url::Url;

use crate::{
    Federation,
    error::{DiscoverError, UpstreamError},
};

/// Seconds for which a document or key set is kept.
const KEEP_SECONDS: i64 = 3600;
/// Seconds after which an unknown key may cause another look at the key set.
const KEYS_AGAIN_SECONDS: i64 = 30;
/// Stands for the tenant's id in the issuer of a document for all tenants.
const TENANT: &str = "{tenantid}";
const SUFFIX: &str = ".well-known/openid-configuration";

/// The part of a discovery document that is used (section 3).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) jwks_uri: Url,
    pub(crate) revocation_endpoint: Option<Url>,
    #[serde(default)]
    response_types_supported: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

#[derive(Default)]
pub(crate) struct Documents {
    documents: Kept<Document>,
    keys: Kept<CoreJsonWebKeySet>,
}

type Kept<T> = Mutex<HashMap<String, (Timestamp, Arc<T>)>>;

fn kept<T>(cache: &Kept<T>, key: &str, now: Timestamp, seconds: i64) -> Option<Arc<T>> {
    let cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    let (at, value) = cache.get(key)?;
    (now < at.plus_seconds(seconds)).then(|| Arc::clone(value))
}

fn keep<T>(cache: &Kept<T>, key: String, now: Timestamp, value: T) -> Arc<T> {
    let value = Arc::new(value);
    cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (now, Arc::clone(&value)));
    value
}

impl Document {
    /// The issuer of an ID token with these claims. Where the document is one for all tenants, whose
    /// token it is, the token says; that it is the provider's own, its signature.
    pub(crate) fn issuer_for(&self, claims: &serde_json::Value) -> Option<String> {
        if !self.issuer.contains(TENANT) {
            return Some(self.issuer.clone());
        }
        claims["tid"].as_str().map(|tenant| self.issuer.replace(TENANT, tenant))
    }
}

impl Federation {
    /// Fetches and checks a discovery document. `address` is the issuer or the document itself.
    pub async fn discover(&self, address: &str) -> Result<DiscoverySummary, DiscoverError> {
        let document = self.fetch_document(address, None).await?;
        Ok(DiscoverySummary {
            issuer: document.issuer,
            authorization_endpoint: document.authorization_endpoint.into(),
            token_endpoint: Some(document.token_endpoint.into()),
            userinfo_endpoint: document.userinfo_endpoint.map(Into::into),
            scopes_supported: document.scopes_supported,
        })
    }

    /// The issuer of a callback must be the provider's, where it promises to say so (RFC 9207).
    pub async fn check_issuer(
        &self,
        connection: &Connection,
        iss: Option<&str>,
    ) -> Result<(), UpstreamError> {
        let provider = self.provider(connection).await?;
        let Some(document) = provider.document else {
            // Nobody knows the issuer of addresses that were entered by hand. It does not live elsewhere, though,
            // unless answers come to this connection alone anyway (mix-up, RFC 9700 section 4.4).
            let by_hand = provider.entry.view().fields.contains(&OptionField::AuthorizationUrl);
            let elsewhere = iss.is_some_and(|iss| {
                Url::parse(iss).map(|iss| iss.origin()).ok() != Some(provider.authorization.origin())
            });
            if by_hand && elsewhere && !connection.options.own_callback {
                return Err(UpstreamError::Answer(
                    "the answer came from an issuer at another host than the authorization URL's. If that is right, \
                     switch on a callback URL of the connection's own"
                        .into(),
                ));
            }
            return Ok(());
        };
        match iss {
            Some(iss) if provider.entry.endpoints.issuer_per_tenant.is_none() && iss != document.issuer => {
                Err(UpstreamError::Answer("the answer came from another issuer".into()))
            }
            None if document.authorization_response_iss_parameter_supported => {
                Err(UpstreamError::Answer("the answer lacks its issuer".into()))
            }
            _ => Ok(()),
        }
    }

    /// `per_tenant` is the catalogue's template of issuers, where the provider has many.
    pub(crate) async fn document(
        &self,
        address: &str,
        per_tenant: Option<&str>,
    ) -> Result<Arc<Document>, DiscoverError> {
        let now = self.clock.now();
        // What holds under a template does not hold without one.
        let key = format!("{address} {}", per_tenant.unwrap_or_default());
        if let Some(document) = kept(&self.documents.documents, &key, now, KEEP_SECONDS) {
            return Ok(document);
        }
        let document = self.fetch_document(address, per_tenant).await?;
        Ok(keep(&self.documents.documents, key, now, document))
    }

    async fn fetch_document(
        &self,
        address: &str,
        per_tenant: Option<&str>,
    ) -> Result<Document, DiscoverError> {
        let (url, issuer) = locate(address).ok_or_else(|| DiscoverError::Format(address.to_owned()))?;
        let answer = self.outbound.get(&url, None).await?;
        if !answer.status().is_success() {
            return Err(DiscoverError::Missing { address: url.into(), status: answer.status().as_u16() });
        }
        let value: serde_json::Value =
            serde_json::from_slice(answer.body()).map_err(|_| DiscoverError::Format(url.to_string()))?;
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            if value.get(name).is_none() {
                return Err(DiscoverError::Lacks(name));
            }
        }
        let document: Document =
            serde_json::from_value(value).map_err(|_| DiscoverError::Format(url.to_string()))?;
        let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
        // Found by a tenant's domain or kind, a document names the tenant's id, or a template for all.
        let tenants = per_tenant.is_some_and(|template| is_of(&document.issuer, template));
        if !tenants && !same(&document.issuer, &issuer) {
            return Err(DiscoverError::Issuer { expected: issuer, found: document.issuer });
        }
        let endpoints = [
            ("authorization_endpoint", Some(&document.authorization_endpoint)),
            ("token_endpoint", Some(&document.token_endpoint)),
            ("userinfo_endpoint", document.userinfo_endpoint.as_ref()),
            ("jwks_uri", Some(&document.jwks_uri)),
            ("revocation_endpoint", document.revocation_endpoint.as_ref()),
        ];
        for (name, endpoint) in endpoints {
            if endpoint.is_some_and(|url| validate::provider_url(url.as_str()).is_err()) {
                return Err(DiscoverError::Unsafe(name));
            }
        }
        let types = &document.response_types_supported;
        if !types.is_empty() && !types.iter().any(|t| t == "code") {
            return Err(DiscoverError::Lacks("the response type code"));
        }
        Ok(document)
    }

    /// The provider's keys; read again when `fresh` is asked for, but not all the time.
    pub(crate) async fn keys(&self, uri: &Url, fresh: bool) -> Result<Arc<CoreJsonWebKeySet>, UpstreamError> {
        let now = self.clock.now();
        let seconds = if fresh { KEYS_AGAIN_SECONDS } else { KEEP_SECONDS };
        if let Some(keys) = kept(&self.documents.keys, uri.as_str(), now, seconds) {
            return Ok(keys);
        }
        let answer = self.outbound.get(uri, None).await?;
        let keys = serde_json::from_slice(answer.body())
            .map_err(|_| UpstreamError::Answer("its key set is not a JWKS".into()))?;
        Ok(keep(&self.documents.keys, uri.to_string(), now, keys))
    }
}

/// Whether `issuer` is `template` with some tenant for `{tenantid}`, or the template itself.
fn is_of(issuer: &str, template: &str) -> bool {
    let Some((before, after)) = template.split_once(TENANT) else { return false };
    let tenant = issuer.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    tenant.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
}

/// Where the document is, and which issuer it must name.
fn locate(address: &str) -> Option<(Url, String)> {
    let url = Url::parse(address.trim()).ok()?;
    if let Some(issuer) = url.as_str().strip_suffix(SUFFIX) {
        return Some((url.clone(), issuer.to_owned()));
    }
    let base = url.as_str().trim_end_matches('/');
    Some((Url::parse(&format!("{base}/{SUFFIX}")).ok()?, base.to_owned()))
}
