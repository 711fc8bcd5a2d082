//! Applications: list, show, create, change, replace the secret, delete.

use std::collections::HashMap;

use coffer_contract::{
    ApiError, Page,
    application::{
        ApplicationDetail, ApplicationExchange, ApplicationForm, ApplicationSummary, IssuedSecret, KeysForm,
        NewApplication, Origin, RegistrationView, TokenEndpointAuthMethod,
    },
    page::PAGE_SIZE,
};
use coffer_core::{audit::EventCode, client::Client, ids::ClientId, registration::Registration, rng::token};
use coffer_crypto::{KeptSecret, Secret};

use crate::{Editor, Signed, client_keys, failure, tidy};

/// Begins every client secret, so that one found where it should not be can be recognised.
const SECRET_PREFIX: &str = "cfs_";

impl Signed {
    /// A page of the applications, by name.
    pub async fn list_applications(
        &self,
        search: &str,
        after: Option<&str>,
    ) -> Result<Page<ApplicationSummary>, ApiError> {
        let page = self.store().clients().list(search, after, PAGE_SIZE).await;
        let page = page.map_err(|e| self.visit.store_failed(e))?;
        Ok(page.map(|(client, connections)| ApplicationSummary {
            client_id: client.id.to_string(),
            name: client.name,
            app_type: client.app_type,
            connections,
            origin: client.origin,
        }))
    }

    /// One application.
    pub async fn application(&self, client_id: &str) -> Result<ApplicationDetail, ApiError> {
        let client = self.find_client(client_id).await?;
        self.application_detail(client).await
    }
}

impl Editor {
    /// Creates an application. The answer has its secret; later
    /// [`Self::client_secrets`] alone.
    pub async fn create_application(&self, new: NewApplication) -> Result<IssuedSecret, ApiError> {
        let fields = new.validate();
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let now = self.visit.now();
        let secret = new.app_type.confidential().then(|| self.new_secret());
        let id = ClientId::generate(self.admin().rng.as_ref());
        let client = Client::new(id, new.name.trim(), new.app_type, now);
        let event = self
            .event(
                EventCode::ApplicationCreated,
                format!("Application “{}” ({}) was created.", client.name, client.app_type.label()),
            )
            .client(&client.id);
        let kept = secret.as_deref().map(|secret| self.admin().keep(&client.id, secret));
        self.store()
            .clients()
            .create(&client, kept.as_ref(), event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        Ok(IssuedSecret { client_id: client.id.to_string(), client_secret: secret })
    }

    /// Changes an application, unless it has changed since `version`. Its kind stays.
    pub async fn update_application(
        &self,
        client_id: &str,
        form: ApplicationForm,
        version: i64,
    ) -> Result<ApplicationDetail, ApiError> {
        self.change_application(client_id, form, None, version).await
    }

    /// The same together with its public keys.
    pub async fn update_application_and_keys(
        &self,
        client_id: &str,
        form: ApplicationForm,
        keys: KeysForm,
        version: i64,
    ) -> Result<ApplicationDetail, ApiError> {
        self.change_application(client_id, form, Some(keys), version).await
    }

    async fn change_application(
        &self,
        client_id: &str,
        form: ApplicationForm,
        keys: Option<KeysForm>,
        version: i64,
    ) -> Result<ApplicationDetail, ApiError> {
        let before = self.find_client(client_id).await?;
        let form = tidy::application(form);
        let mut fields = form.validate(before.app_type);
        let known = (before.jwks.clone(), before.jwks_uri.clone());
        let (jwks, jwks_uri) = keys.map_or(Ok(known), client_keys::read).unwrap_or_else(|wrong| {
            fields.push(wrong);
            (None, None)
        });
        let keyless = jwks.is_none() && jwks_uri.is_none() && fields.iter().all(|f| f.field != "jwks_uri");
        if form.auth_method == TokenEndpointAuthMethod::PrivateKeyJwt && keyless {
            fields.extend(client_keys::missing(&fields));
        }
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let after = Client {
            name: form.name,
            description: form.description,
            callbacks: form.callbacks,
            logout_urls: form.logout_urls,
            backchannel_logout_uri: form.backchannel_logout_uri,
            web_origins: form.web_origins,
            grants: form.grants,
            auth_method: form.auth_method,
            id_token_alg: form.id_token_alg,
            require_par: form.require_par,
            first_party: form.first_party,
            connect_accounts: form.connect_accounts,
            jwks,
            jwks_uri,
            updated_at: self.visit.now(),
            version: version.saturating_add(1),
            ..before.clone()
        };
        let event = self
            .event(
                EventCode::ApplicationUpdated,
                format!("Application “{}” was changed: {}.", after.name, changes(&before, &after)),
            )
            .client(&after.id);
        self.store()
            .clients()
            .update(&after, version, event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        self.application_detail(after).await
    }

    /// Replaces the secret; the old one stops working at once. The answer has it.
    pub async fn rotate_secret(&self, client_id: &str) -> Result<IssuedSecret, ApiError> {
        let client = self.find_client(client_id).await?;
        if !client.app_type.confidential() {
            return Err(ApiError::Forbidden {
                message: "This kind of application cannot keep a secret, so it has none.".to_owned(),
            });
        }
        if !client.auth_method.has_secret() {
            return Err(ApiError::Forbidden {
                message:
                    "This application proves itself with a key of its own, so it has no secret to replace."
                        .to_owned(),
            });
        }
        let secret = self.new_secret();
        let event = self
            .event(
                EventCode::ApplicationSecretRotated,
                format!("The client secret of “{}” was replaced.", client.name),
            )
            .client(&client.id);
        let replaced = self
            .store()
            .clients()
            .replace_secret(&client.id, &self.admin().keep(&client.id, &secret), self.visit.now(), event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        if !replaced {
            return Err(failure::not_found("application"));
        }
        Ok(IssuedSecret { client_id: client.id.to_string(), client_secret: Some(secret) })
    }

    /// The secrets of those of these applications that have one. For callers that may read them.
    pub async fn client_secrets(&self, ids: &[ClientId]) -> Result<HashMap<ClientId, Secret>, ApiError> {
        let sealed = self.store().clients().sealed_secrets(ids).await;
        let sealed = sealed.map_err(|e| self.visit.store_failed(e))?;
        let mut secrets = HashMap::with_capacity(sealed.len());
        for (id, sealed) in sealed {
            let secret = KeptSecret::open(&self.admin().keyring, &id, &sealed).await;
            secrets.insert(id, secret.map_err(|e| self.visit.failed(e))?);
        }
        Ok(secrets)
    }

    /// Deletes an application with its tokens, if `confirm_name` is its name.
    pub async fn delete_application(&self, client_id: &str, confirm_name: &str) -> Result<(), ApiError> {
        let client = self.find_client(client_id).await?;
        if confirm_name.trim() != client.name {
            return Err(ApiError::field(
                "confirm_name",
                format!("Type the application's name, {}, to delete it.", client.name),
            ));
        }
        let event = self
            .event(EventCode::ApplicationDeleted, format!("Application “{}” was deleted.", client.name))
            .client(&client.id);
        let deleted = self.store().clients().delete(&client.id, event).await;
        if deleted.map_err(|e| self.visit.store_failed(e))? {
            Ok(())
        } else {
            Err(failure::not_found("application"))
        }
    }
}

impl Signed {
    /// An application, as the domain has it.
    pub async fn find_client(&self, client_id: &str) -> Result<Client, ApiError> {
        let found = self.store().clients().get(&ClientId::from_text(client_id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("application"))
    }

    pub(crate) fn new_secret(&self) -> String {
        format!("{SECRET_PREFIX}{}", token(self.admin().rng.as_ref()))
    }

    async fn application_detail(&self, client: Client) -> Result<ApplicationDetail, ApiError> {
        let registration = match client.origin {
            Origin::Dashboard => None,
            Origin::Registered | Origin::Document => {
                let found = self.store().registrations().get(&client.id).await;
                found.map_err(|e| self.visit.store_failed(e))?.map(registration_view)
            }
        };
        let resource_server = match &client.resource_server {
            Some(id) => self.store().apis().get(id).await.map_err(|e| self.visit.store_failed(e))?,
            None => None,
        };
        Ok(ApplicationDetail {
            keys: client_keys::show(&client),
            origin: client.origin,
            registration,
            exchange: ApplicationExchange {
                resource_server: resource_server.map(|api| api.identifier),
                refresh_policies: client.refresh_policies,
            },
            client_id: client.id.to_string(),
            form: ApplicationForm {
                name: client.name,
                description: client.description,
                callbacks: client.callbacks,
                logout_urls: client.logout_urls,
                backchannel_logout_uri: client.backchannel_logout_uri,
                web_origins: client.web_origins,
                grants: client.grants,
                auth_method: client.auth_method,
                id_token_alg: client.id_token_alg,
                require_par: client.require_par,
                first_party: client.first_party,
                connect_accounts: client.connect_accounts,
            },
            app_type: client.app_type,
            client_secret_replaced_at: client.secret_replaced_at,
            issuer: self.admin().issuer.to_string(),
            created_at: client.created_at,
            version: client.version,
        })
    }
}

fn registration_view(registration: Registration) -> RegistrationView {
    RegistrationView {
        ends_at: registration.ends_at(),
        created_at: registration.created_at,
        ip: registration.ip,
        via: registration.via,
        last_used_at: registration.last_used_at,
    }
}

/// What differs, for the log: the names of settings, not their values.
pub(crate) fn changes(before: &Client, after: &Client) -> String {
    let changed: Vec<&str> = [
        (before.name != after.name, "name"),
        (before.description != after.description, "description"),
        (before.callbacks != after.callbacks, "callback URLs"),
        (before.logout_urls != after.logout_urls, "logout URLs"),
        (before.web_origins != after.web_origins, "web origins"),
        (before.grants != after.grants, "grants"),
        (before.auth_method != after.auth_method, "client authentication"),
        (before.id_token_alg != after.id_token_alg, "ID token signature"),
        (before.first_party != after.first_party, "first-party"),
        (before.connect_accounts != after.connect_accounts, "My Account API"),
        (before.resource_server != after.resource_server, "linked API"),
        (before.refresh_policies != after.refresh_policies, "APIs for refresh tokens"),
        (before.jwks != after.jwks || before.jwks_uri != after.jwks_uri, "public keys"),
        (before.backchannel_logout_uri != after.backchannel_logout_uri, "back-channel logout"),
        (before.require_par != after.require_par, "pushed authorization requests"),
        (before.logo_uri != after.logo_uri, "picture"),
        (before.metadata != after.metadata, "metadata"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
    .collect();
    if changed.is_empty() { "nothing differs".to_owned() } else { changed.join(", ") }
}
