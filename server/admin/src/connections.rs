//! Connections: list, show, create, change, delete.

use coffer_contract::{
    ApiError, Page,
    administrator::Role,
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField},
    connection::{
        ClientAuthentication, ConnectionDetail, ConnectionForm, ConnectionOptions, ConnectionSummary,
        DiscoverySummary, MappedProfile, ProfileMapping,
    },
    page::PAGE_SIZE,
    validate,
};
use coffer_core::{audit::EventCode, connection::Connection, ids::ConnectionId};
use coffer_crypto::{Context, Sealed, Secret};
use coffer_store::Revocation;

use crate::{Editor, Signed, failure, tidy};

impl Signed {
    /// A page of one group's connections, by name.
    pub async fn list_connections(
        &self,
        group: ConnectionGroup,
        search: &str,
        after: Option<&str>,
    ) -> Result<Page<ConnectionSummary>, ApiError> {
        let entries = self.catalogue(group);
        let strategies: Vec<String> = entries.iter().map(|entry| entry.strategy.clone()).collect();
        let page = self
            .store()
            .connections()
            .list(&strategies, search, after, PAGE_SIZE)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        Ok(page.map(|(connection, applications)| ConnectionSummary {
            id: connection.id.to_string(),
            name: connection.name,
            display_name: connection.display_name,
            strategy_name: entries
                .iter()
                .find(|entry| entry.strategy == connection.strategy)
                .map_or_else(|| connection.strategy.clone(), |entry| entry.name.clone()),
            strategy: connection.strategy,
            vault_enabled: connection.vault_enabled,
            applications,
        }))
    }

    /// One connection.
    pub async fn connection(&self, id: &str) -> Result<ConnectionDetail, ApiError> {
        let connection = self.find_connection(id).await?;
        let entry = self.catalogue_entry(&connection.strategy)?;
        Ok(self.connection_detail(connection, entry))
    }
}

impl Editor {
    /// Creates a connection. Where its kind has a discovery document, that is fetched and checked first.
    pub async fn create_connection(
        &self,
        strategy: &str,
        form: ConnectionForm,
    ) -> Result<ConnectionDetail, ApiError> {
        let entry = self.catalogue_entry(strategy)?;
        let form = tidy::connection(form, &entry);
        let fields = form.validate(&entry, true);
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let taken =
            self.store().connections().by_name(&form.name).await.map_err(|e| self.visit.store_failed(e))?;
        // An `audience` of a token exchange names either a connection or an API (RFC 8693 section 2.1).
        let api =
            self.store().apis().by_identifier(&form.name).await.map_err(|e| self.visit.store_failed(e))?;
        if taken.is_some() || api.is_some() {
            return Err(failure::name_taken());
        }
        self.may_hold(form.options.administrator_sign_in)?;
        self.check_options(&form, &entry, None).await?;

        let now = self.visit.now();
        let secret = Some(Secret::new(form.client_secret)).filter(|secret| !secret.is_empty());
        let connection = Connection {
            id: ConnectionId::generate(self.admin().rng.as_ref()),
            name: form.name,
            strategy: entry.strategy.clone(),
            display_name: form.display_name,
            client_id: form.client_id,
            client_secret_replaced_at: secret.as_ref().map(|_| now),
            scopes: form.scopes.into_iter().collect(),
            purpose: form.purpose,
            vault_enabled: form.vault_enabled,
            options: form.options,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let sealed = secret.map(|secret| self.seal(&connection.id, &secret));
        let event = self
            .event(
                EventCode::ConnectionCreated,
                format!("Connection “{}” ({}) was created.", connection.name, entry.name),
            )
            .connection(&connection.name);
        self.store()
            .connections()
            .create(&connection, sealed.as_ref(), event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        Ok(self.connection_detail(connection, entry))
    }

    /// Changes a connection, unless it has changed since `version`. Name and kind stay; an empty client
    /// secret keeps the one there is.
    pub async fn update_connection(
        &self,
        id: &str,
        form: ConnectionForm,
        version: i64,
    ) -> Result<ConnectionDetail, ApiError> {
        let before = self.find_connection(id).await?;
        self.may_hold(before.options.administrator_sign_in || form.options.administrator_sign_in)?;
        let entry = self.catalogue_entry(&before.strategy)?;
        let form = tidy::connection(form, &entry);
        let fields = form.validate(&entry, false);
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let secretless = form.options.client_authentication == ClientAuthentication::PrivateKeyJwt;
        if form.client_secret.is_empty() && !secretless && before.client_secret_replaced_at.is_none() {
            return Err(ApiError::field(
                "client_secret",
                "Paste the client secret that the provider gave you.",
            ));
        }
        if form.client_secret.is_empty() && receivers(&form.options) != receivers(&before.options) {
            return Err(ApiError::field(
                "client_secret",
                "Enter the client secret again: with these settings it is sent to another address.",
            ));
        }
        self.check_options(&form, &entry, Some(&before)).await?;

        let now = self.visit.now();
        let secret = Some(Secret::new(form.client_secret)).filter(|secret| !secret.is_empty());
        let after = Connection {
            id: before.id.clone(),
            name: before.name.clone(),
            strategy: before.strategy.clone(),
            display_name: form.display_name,
            client_id: form.client_id,
            client_secret_replaced_at: if secret.is_some() {
                Some(now)
            } else {
                before.client_secret_replaced_at
            },
            scopes: form.scopes.into_iter().collect(),
            purpose: form.purpose,
            vault_enabled: form.vault_enabled,
            options: form.options,
            created_at: before.created_at,
            updated_at: now,
            version: version.saturating_add(1),
        };
        let sealed = secret.map(|secret| self.seal(&after.id, &secret));
        let failed = |error| self.visit.store_failed(error);
        let together = self.store().together().await.map_err(failed)?;
        let within = together.store();
        let mut text = format!("Connection “{}” was changed: {}.", after.name, changes(&before, &after));
        // Another provider gives the same ids to other people.
        if names_accounts(&before.options) != names_accounts(&after.options)
            && within.linked_accounts().forget(&after.id).await.map_err(failed)? > 0
        {
            text.push_str(" Administrators' accounts there are not linked any more.");
        }
        let event = self.event(EventCode::ConnectionUpdated, text).connection(&after.name);
        within.connections().update(&after, sealed.as_ref(), version, event).await.map_err(failed)?;
        together.commit().await.map_err(failed)?;
        Ok(self.connection_detail(after, entry))
    }

    /// Deletes a connection with its users and their tokens, if `confirm_name` is its name.
    pub async fn delete_connection(&self, id: &str, confirm_name: &str) -> Result<(), ApiError> {
        let connection = self.find_connection(id).await?;
        self.may_hold(connection.options.administrator_sign_in)?;
        if confirm_name.trim() != connection.name {
            return Err(ApiError::field(
                "confirm_name",
                format!("Type the connection's name, {}, to delete it.", connection.name),
            ));
        }
        let event = self
            .event(EventCode::ConnectionDeleted, format!("Connection “{}” was deleted.", connection.name))
            .connection(&connection.name);
        let revocations = self.revocations_of(&connection).await?;
        let deleted = self
            .store()
            .connections()
            .delete(&connection.id, &revocations, event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        self.admin().vault.wake_revoker();
        if deleted { Ok(()) } else { Err(failure::not_found("connection")) }
    }

    /// What has to be revoked at the provider when a connection goes: every account of it.
    async fn revocations_of(&self, connection: &Connection) -> Result<Vec<Revocation>, ApiError> {
        const AT_ONCE: u64 = 500;
        let sets = self.store().token_sets();
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let accounts = sets.of_connection(&connection.id, after.as_ref(), AT_ONCE).await;
            let accounts = accounts.map_err(|e| self.visit.store_failed(e))?;
            let Some((last, _)) = accounts.last() else { return Ok(all) };
            after = Some(last.id.clone());
            let some = self.admin().vault.revocations(connection, accounts).await;
            all.extend(some.map_err(|e| self.visit.failed(e))?);
        }
    }

    /// Tries a profile mapping on a sample answer.
    pub fn try_mapping(&self, mapping: &ProfileMapping, sample: &str) -> Result<MappedProfile, ApiError> {
        coffer_federation::try_mapping(mapping, sample).map_err(|fields| ApiError::Invalid { fields })
    }

    /// Fetches and checks a discovery document.
    pub async fn check_discovery(&self, url: &str) -> Result<DiscoverySummary, ApiError> {
        const FIELD: &str = "options.discovery_url";
        let url = url.trim();
        validate::provider_url(url).map_err(|message| ApiError::field(FIELD, message))?;
        let found = self.admin().federation.discover(url).await;
        found.map_err(|error| ApiError::field(FIELD, error.to_string()))
    }
}

impl Signed {
    /// A connection, as the domain has it.
    pub async fn find_connection(&self, id: &str) -> Result<Connection, ApiError> {
        let found = self.store().connections().get(&ConnectionId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("connection"))
    }
}

impl Editor {
    /// What only the provider can say about the options, asked when they are new.
    async fn check_options(
        &self,
        form: &ConnectionForm,
        entry: &CatalogueEntry,
        before: Option<&Connection>,
    ) -> Result<(), ApiError> {
        let fields = coffer_federation::check_mapping(&form.options.profile);
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let Some(url) = &form.options.discovery_url else { return Ok(()) };
        let known = before.is_some_and(|before| before.options.discovery_url.as_ref() == Some(url));
        let known = known || self.visit.discovered.contains(url);
        if entry.fields.contains(&OptionField::DiscoveryUrl) && !known {
            self.check_discovery(url).await?;
        }
        Ok(())
    }

    /// Whoever changes a connection through which administrators sign in decides who is one: that takes an owner.
    fn may_hold(&self, administrators: bool) -> Result<(), ApiError> {
        if !administrators || self.role >= Role::Owner {
            return Ok(());
        }
        let message = "Administrators sign in through this connection, so that owners alone change it: in the dashboard, \
                       or at the command line.";
        Err(ApiError::Forbidden { message: message.to_owned() })
    }

    /// Whether this is the connection's client secret; compared in constant time.
    pub async fn connection_secret_is(&self, id: &str, secret: &Secret) -> Result<bool, ApiError> {
        let id = ConnectionId::from_text(id);
        let sealed = self.store().connections().secret(&id).await.map_err(|e| self.visit.store_failed(e))?;
        let Some(sealed) = sealed else { return Ok(false) };
        let opened =
            self.admin().keyring.open(secret_place(&id), &sealed).await.map_err(|e| self.visit.failed(e))?;
        // What is no text was never a secret that came from here.
        Ok(std::str::from_utf8(&opened).is_ok_and(|stored| Secret::new(stored) == *secret))
    }
}

impl Signed {
    fn seal(&self, id: &ConnectionId, secret: &Secret) -> Sealed {
        self.admin().keyring.seal(self.admin().rng.as_ref(), secret_place(id), secret.reveal().as_bytes())
    }

    fn connection_detail(&self, connection: Connection, entry: CatalogueEntry) -> ConnectionDetail {
        let callback_path = connection.options.callback_path(&connection.name);
        ConnectionDetail {
            id: connection.id.to_string(),
            name: connection.name,
            display_name: connection.display_name,
            entry,
            client_id: connection.client_id,
            client_secret_replaced_at: connection.client_secret_replaced_at,
            scopes: connection.scopes.to_vec(),
            purpose: connection.purpose,
            vault_enabled: connection.vault_enabled,
            callback_url: format!("{}{}", self.admin().issuer, callback_path),
            options: connection.options,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            version: connection.version,
        }
    }
}

fn secret_place(id: &ConnectionId) -> Context<'_> {
    Context { table: "connections", row: id.as_str(), column: "client_secret" }
}

/// The addresses that decide where the client secret is sent.
fn receivers(options: &ConnectionOptions) -> [&Option<String>; 5] {
    let ConnectionOptions { discovery_url, tenant, token_url, refresh_url, revocation_url, .. } = options;
    [discovery_url, tenant, token_url, refresh_url, revocation_url]
}

/// What decides whose account an id of the provider's is.
fn names_accounts(options: &ConnectionOptions) -> (&Option<String>, &Option<String>, &Option<String>) {
    (&options.discovery_url, &options.tenant, &options.profile.id)
}

/// What differs, for the log: the names of settings, not their values.
fn changes(before: &Connection, after: &Connection) -> String {
    let vault = if after.vault_enabled { "token vault switched on" } else { "token vault switched off" };
    let changed: Vec<&str> = [
        (before.display_name != after.display_name, "display name"),
        (before.client_id != after.client_id, "client id"),
        (before.client_secret_replaced_at != after.client_secret_replaced_at, "client secret"),
        (before.scopes != after.scopes, "scopes"),
        (before.purpose != after.purpose, "purpose"),
        (before.vault_enabled != after.vault_enabled, vault),
        (before.options != after.options, "advanced settings"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
    .collect();
    if changed.is_empty() { "nothing differs".to_owned() } else { changed.join(", ") }
}
