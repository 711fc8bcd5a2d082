//! What one provider knows: clients, what people consented to, and tokens.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use coffer_core::{Scopes, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Client, Counters, Provider, Settings,
    notes::Note,
    tokens::{Access, Code, Refresh},
};

/// That a person let a client do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The person.
    pub account: String,
    /// The client.
    pub client_id: String,
    /// To do what.
    pub scopes: Scopes,
    /// Microsoft: in which tenant.
    pub tenant: Option<String>,
    /// Whether it still holds.
    pub alive: bool,
}

/// Names a grant.
pub(crate) type GrantId = usize;

/// One provider's state.
pub(crate) struct Place {
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    clients: BTreeMap<String, Client>,
    /// Redirect URIs of clients that nobody registered.
    guests: BTreeMap<String, BTreeSet<String>>,
    grants: Vec<Grant>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) access: HashMap<String, Access>,
    pub(crate) refresh: HashMap<String, Refresh>,
    pub(crate) notes: HashMap<String, Vec<Note>>,
    /// Client assertions that were used, and when they end.
    pub(crate) assertions: HashMap<String, Timestamp>,
    pub(crate) issued: u64,
}

/// Why a redirect URI is not accepted.
pub(crate) enum RedirectError {
    Mismatch,
    Missing,
}

impl Place {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            settings: Settings::of(provider),
            counters: Counters::default(),
            clients: BTreeMap::new(),
            guests: BTreeMap::new(),
            grants: Vec::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            notes: HashMap::new(),
            assertions: HashMap::new(),
            issued: 0,
        }
    }

    pub(crate) fn register(&mut self, client_id: &str, client: Client) {
        self.clients.insert(client_id.to_owned(), client);
    }

    /// The secret that `client_id` has.
    pub(crate) fn secret(&self, client_id: &str) -> &str {
        let own = self.clients.get(client_id).and_then(|client| client.secret.as_deref());
        own.unwrap_or(&self.settings.client_secret)
    }

    /// The redirect URI of an authorization request. Clients that nobody registered may name any, and
    /// are remembered.
    pub(crate) fn redirect_uri(
        &mut self,
        client_id: &str,
        asked: Option<&str>,
    ) -> Result<String, RedirectError> {
        if let Some(client) = self.clients.get(client_id)
            && let [first, others @ ..] = client.redirect_uris.as_slice()
        {
            return match asked {
                Some(asked) if client.redirect_uris.iter().any(|uri| uri == asked) => Ok(asked.to_owned()),
                Some(_) => Err(RedirectError::Mismatch),
                None if others.is_empty() => Ok(first.clone()),
                None => Err(RedirectError::Missing),
            };
        }
        let asked = asked.ok_or(RedirectError::Missing)?;
        let fits = url::Url::parse(asked).is_ok_and(|url| url.has_host() && url.fragment().is_none());
        if !fits {
            return Err(RedirectError::Mismatch);
        }
        self.guests.entry(client_id.to_owned()).or_default().insert(asked.to_owned());
        Ok(asked.to_owned())
    }

    /// A new grant.
    pub(crate) fn consent(&mut self, grant: Grant) -> GrantId {
        self.grants.push(grant);
        self.grants.len() - 1
    }

    /// The grant that `account` gave `client_id`, where it still holds.
    pub(crate) fn standing(&self, client_id: &str, account: &str) -> Option<GrantId> {
        self.grants.iter().position(|g| g.alive && g.client_id == client_id && g.account == account)
    }

    pub(crate) fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[id]
    }

    pub(crate) fn widen(&mut self, id: GrantId, scopes: &Scopes) {
        scopes.iter().for_each(|scope| self.grants[id].scopes.insert(scope));
    }

    pub(crate) fn end(&mut self, id: GrantId) {
        self.grants[id].alive = false;
    }

    /// Ends what `account` gave `client_id`.
    pub(crate) fn end_all(&mut self, client_id: &str, account: &str) {
        while let Some(id) = self.standing(client_id, account) {
            self.end(id);
        }
    }

    pub(crate) fn end_account(&mut self, account: &str) -> usize {
        let mut ended = 0;
        for grant in self.grants.iter_mut().filter(|grant| grant.alive && grant.account == account) {
            grant.alive = false;
            ended += 1;
        }
        ended
    }

    pub(crate) fn grants(&self) -> Vec<Grant> {
        self.grants.clone()
    }

    /// Everything but tokens and the secrets of registered clients.
    pub(crate) fn state(&self) -> Value {
        let registered: BTreeMap<_, _> = self.clients.iter().map(|(id, c)| (id, &c.redirect_uris)).collect();
        json!({
            "settings": self.settings,
            "counters": self.counters,
            "registered": registered,
            "guests": self.guests,
            "grants": self.grants,
        })
    }
}
