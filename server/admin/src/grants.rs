//! What users granted to applications, API by API: list, take back.

use coffer_contract::ApiError;
use coffer_core::{
    Scopes,
    audit::EventCode,
    ids::{ClientId, UserId},
};
use coffer_store::{Consent, Listed, Span};

use crate::{Editor, Signed, failure};

/// What a user granted to an application at one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGrant {
    /// The user.
    pub user_id: UserId,
    /// The application.
    pub client_id: ClientId,
    /// The API's identifier; for sign-in alone, the user-info endpoint.
    pub audience: String,
    /// What was granted there.
    pub scopes: Scopes,
}

/// Which grants are listed; what is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Of this user.
    pub user_id: Option<UserId>,
    /// To this application.
    pub client_id: Option<ClientId>,
    /// At this API.
    pub audience: Option<String>,
}

/// Scopes that every sign-in can have.
const STANDARD: [&str; 4] = ["openid", "profile", "email", "offline_access"];
/// Consents read at once.
const AT_ONCE: u64 = 500;

impl Signed {
    /// Grants, by user and application.
    pub async fn select_grants(
        &self,
        filter: &GrantFilter,
        span: &Span,
    ) -> Result<Listed<UserGrant>, ApiError> {
        let consents = self.store().consents();
        let mut found = Vec::new();
        let mut after: Option<(UserId, ClientId)> = None;
        loop {
            let key = after.as_ref().map(|(user, client)| (user, client));
            let page = consents.page(filter.user_id.as_ref(), filter.client_id.as_ref(), key, AT_ONCE).await;
            let page = page.map_err(|e| self.visit.store_failed(e))?;
            let last = page.last().map(|consent| (consent.user_id.clone(), consent.client_id.clone()));
            let more = page.len() as u64 == AT_ONCE;
            let grants = page.iter().flat_map(|consent| self.split(consent));
            found.extend(grants.filter(|g| filter.audience.as_ref().is_none_or(|a| *a == g.audience)));
            if !more {
                return Ok(Listed::cut(found, span));
            }
            after = last;
        }
    }
}

impl Editor {
    /// Takes back what the user granted to the application at one API. Its sign-ins of the user end.
    pub async fn withdraw_grant(
        &self,
        user_id: &UserId,
        client_id: &ClientId,
        audience: &str,
    ) -> Result<(), ApiError> {
        let scopes = self.store().consents().get(user_id, client_id).await;
        let scopes = scopes.map_err(|e| self.visit.store_failed(e))?;
        let left: Scopes = scopes.iter().filter(|key| self.audience_of(&scopes, key) != audience).collect();
        if left == scopes {
            return Err(failure::not_found("grant"));
        }
        self.withdraw(user_id, client_id, &left).await
    }

    /// Takes back everything that the user granted, to whatever application. How many that were.
    pub async fn withdraw_grants_of(&self, user_id: &UserId) -> Result<usize, ApiError> {
        let granted = self.store().consents().of_user(user_id).await;
        let granted = granted.map_err(|e| self.visit.store_failed(e))?;
        for client_id in granted.keys() {
            self.withdraw(user_id, client_id, &Scopes::default()).await?;
        }
        Ok(granted.len())
    }

    async fn withdraw(&self, user_id: &UserId, client_id: &ClientId, left: &Scopes) -> Result<(), ApiError> {
        let words = format!("What {user_id} granted to {client_id} was taken back.");
        let event = self.event(EventCode::UserConsentWithdrawn, words).user(user_id).client(client_id);
        let now = self.visit.now();
        let gone = self.store().consents().withdraw(user_id, client_id, left, now, event).await;
        if gone.map_err(|e| self.visit.store_failed(e))? { Ok(()) } else { Err(failure::not_found("grant")) }
    }
}

impl Signed {
    /// A consent, API by API.
    fn split(&self, consent: &Consent) -> Vec<UserGrant> {
        let mut grants: Vec<UserGrant> = Vec::new();
        for key in consent.scopes.iter() {
            let audience = self.audience_of(&consent.scopes, key);
            let at = grants.iter().position(|grant| grant.audience == audience).unwrap_or_else(|| {
                grants.push(UserGrant {
                    user_id: consent.user_id.clone(),
                    client_id: consent.client_id.clone(),
                    audience: audience.clone(),
                    scopes: Scopes::default(),
                });
                grants.len() - 1
            });
            if key != audience {
                let prefix = format!("{audience}#");
                grants[at].scopes.insert(key.strip_prefix(&prefix).unwrap_or(key));
            }
        }
        grants
    }

    /// The API at which a stored consent counts: consent to an API stands under its identifier, consent to
    /// its scopes under identifier and scope.
    fn audience_of(&self, all: &Scopes, key: &str) -> String {
        let issuer = &self.admin().issuer;
        if coffer_contract::my_account::SCOPES.iter().any(|(scope, _)| *scope == key) {
            return format!("{issuer}me/");
        }
        if STANDARD.contains(&key) || key.starts_with("vault:") {
            return format!("{issuer}userinfo");
        }
        // An identifier may have the sign in it, too: the longest that was agreed to counts.
        let api = key.rmatch_indices('#').map(|(at, _)| &key[..at]).find(|api| all.contains(api));
        api.unwrap_or(key).to_owned()
    }
}
