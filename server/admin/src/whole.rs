//! Applications in one piece, with everything that can be set of them: for those who describe what they
//! want instead of changing it field by field.

use std::collections::BTreeMap;

use coffer_contract::{
    ApiError, FieldError,
    api::RefreshPolicy,
    application::{
        ApplicationDetail, ApplicationExchange, ApplicationForm, ApplicationType, IssuedSecret,
        TokenEndpointAuthMethod,
    },
    validate,
};
use coffer_core::{audit::EventCode, client::Client, ids::ClientId};
use coffer_crypto::{Secret, TokenHash};
use coffer_store::StoreError;
use serde_json::Value;

use crate::{Editor, applications::changes, failure, tidy};

/// Fewest characters of a client secret that somebody chose. It is checked by a plain hash, so it has to be one
/// that nobody can guess.
pub const SECRET_MIN: usize = 32;

/// Members of a JWK that only its owner may know (RFC 7518 section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// All settings of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeApplication {
    /// Those of the dashboard's form.
    pub form: ApplicationForm,
    /// Identifier of the API whose server it is.
    pub resource_server: Option<String>,
    /// Further APIs that it may get tokens for by exchanging a refresh token.
    pub refresh_policies: Vec<RefreshPolicy>,
    /// Its public keys.
    pub jwks: Option<Value>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// Its picture.
    pub logo_uri: Option<String>,
    /// Notes, by name.
    pub metadata: BTreeMap<String, String>,
}

/// An application that is to be.
#[derive(Debug)]
pub struct NewWholeApplication {
    /// Its client id; one is made where there is none.
    pub client_id: Option<String>,
    /// Its kind.
    pub app_type: ApplicationType,
    /// Its client secret; one is made where it needs one and there is none.
    pub client_secret: Option<Secret>,
    /// Everything else.
    pub whole: WholeApplication,
}

impl Editor {
    /// Creates an application. The answer has its secret if one was made.
    pub async fn create_whole_application(&self, new: NewWholeApplication) -> Result<IssuedSecret, ApiError> {
        let NewWholeApplication { client_id, app_type, client_secret, whole } = new;
        let mut fields = client_id.as_deref().and_then(wrong_client_id).into_iter().collect::<Vec<_>>();
        fields.extend(client_secret.as_ref().and_then(wrong_secret));
        let needs_secret = whole.form.auth_method.has_secret();
        if client_secret.is_some() && !needs_secret {
            fields.push(secretless());
        }
        let now = self.visit.now();
        let id = match client_id {
            Some(id) => ClientId::from_text(id),
            None => ClientId::generate(self.admin().rng.as_ref()),
        };
        let made = (client_secret.is_none() && needs_secret).then(|| self.new_secret());
        let secret = client_secret.as_ref().map(Secret::reveal).or(made.as_deref());
        let kept = secret.map(|secret| self.admin().keep(&id, secret));
        let blank = Client {
            secret_replaced_at: kept.is_some().then_some(now),
            ..Client::new(id, String::new(), app_type, now)
        };
        let client = self.filled(blank, whole, fields).await?;
        let words = format!("Application “{}” ({}) was created.", client.name, client.app_type.label());
        let event = self.event(EventCode::ApplicationCreated, words).client(&client.id);
        match self.store().clients().create(&client, kept.as_ref(), event).await {
            Ok(()) => Ok(IssuedSecret { client_id: client.id.to_string(), client_secret: made }),
            Err(StoreError::Conflict { what: "client_id" }) => {
                Err(ApiError::field("client_id", "Another application has this client id."))
            }
            Err(error) => Err(self.visit.store_failed(error)),
        }
    }

    /// Changes an application, unless it has changed since `version`. Its kind and its secret stay.
    pub async fn update_whole_application(
        &self,
        client_id: &str,
        whole: WholeApplication,
        version: i64,
    ) -> Result<(), ApiError> {
        let before = self.find_client(client_id).await?;
        let client = Client {
            updated_at: self.visit.now(),
            version: version.saturating_add(1),
            ..self.filled(before.clone(), whole, vec![]).await?
        };
        let words = format!("Application “{}” was changed: {}.", client.name, changes(&before, &client));
        let event = self.event(EventCode::ApplicationUpdated, words).client(&client.id);
        let updated = self.store().clients().update(&client, version, event).await;
        updated.map_err(|e| self.visit.store_failed(e))
    }

    /// Changes what an application may exchange tokens for, unless it has changed since `version`. Everything
    /// else stays.
    pub async fn update_exchange(
        &self,
        client_id: &str,
        exchange: ApplicationExchange,
        version: i64,
    ) -> Result<ApplicationDetail, ApiError> {
        let form = self.application(client_id).await?.form;
        let before = self.find_client(client_id).await?;
        let ApplicationExchange { resource_server, refresh_policies } = exchange;
        let whole = WholeApplication {
            form,
            resource_server,
            refresh_policies,
            jwks: before.jwks,
            jwks_uri: before.jwks_uri,
            logo_uri: before.logo_uri,
            metadata: before.metadata,
        };
        self.update_whole_application(client_id, whole, version).await?;
        self.application(client_id).await
    }

    /// Replaces the secret by this one; the old one stops working at once.
    pub async fn set_client_secret(&self, client_id: &str, secret: &Secret) -> Result<(), ApiError> {
        let client = self.find_client(client_id).await?;
        if !client.auth_method.has_secret() {
            return Err(ApiError::Invalid { fields: vec![secretless()] });
        }
        if let Some(error) = wrong_secret(secret) {
            return Err(ApiError::Invalid { fields: vec![error] });
        }
        let words = format!("The client secret of “{}” was replaced.", client.name);
        let event = self.event(EventCode::ApplicationSecretRotated, words).client(&client.id);
        let (kept, now) = (self.admin().keep(&client.id, secret.reveal()), self.visit.now());
        let replaced = self.store().clients().replace_secret(&client.id, &kept, now, event).await;
        if replaced.map_err(|e| self.visit.store_failed(e))? {
            Ok(())
        } else {
            Err(failure::not_found("application"))
        }
    }

    /// Whether this is the application's secret; compared in constant time.
    pub async fn client_secret_is(&self, client_id: &str, secret: &Secret) -> Result<bool, ApiError> {
        let hash = self.store().clients().secret_hash(&ClientId::from_text(client_id)).await;
        let hash = hash.map_err(|e| self.visit.store_failed(e))?;
        Ok(hash.is_some_and(|hash| hash == TokenHash::of(secret.reveal())))
    }

    /// The application with these settings, if they are good. `fields` is what is wrong already.
    async fn filled(
        &self,
        client: Client,
        whole: WholeApplication,
        mut fields: Vec<FieldError>,
    ) -> Result<Client, ApiError> {
        let form = tidy::application(whole.form);
        fields.extend(form.validate(client.app_type));
        let mut resource_server = None;
        if let Some(identifier) = &whole.resource_server {
            let api = self.store().apis().by_identifier(identifier).await;
            resource_server = api.map_err(|e| self.visit.store_failed(e))?.map(|api| api.id);
            if resource_server.is_none() {
                fields.push(FieldError::new("resource_server", no_api(identifier)));
            }
        }
        for (index, RefreshPolicy { audience, scope }) in whole.refresh_policies.iter().enumerate() {
            let api = self.store().apis().by_identifier(audience).await;
            let message = match api.map_err(|e| self.visit.store_failed(e))? {
                None => Some(no_api(audience)),
                Some(api) => {
                    let unknown = scope.iter().find(|scope| !api.has(scope));
                    unknown.map(|scope| format!("The API “{}” has no scope “{scope}”.", api.name))
                }
            };
            fields.extend(message.map(|text| FieldError::new(format!("refresh_policies.{index}"), text)));
        }
        fields.extend(whole.jwks.as_ref().and_then(wrong_keys));
        if whole.jwks.is_some() && whole.jwks_uri.is_some() {
            fields.push(FieldError::new("jwks_uri", "Give the keys or where they are, not both."));
        }
        if form.auth_method == TokenEndpointAuthMethod::PrivateKeyJwt
            && whole.jwks.is_none()
            && whole.jwks_uri.is_none()
        {
            let message =
                "Give the application's public keys, here or in jwks_uri: it proves itself with them.";
            fields.push(FieldError::new("jwks", message));
        }
        for (name, address) in [("jwks_uri", &whole.jwks_uri), ("logo_uri", &whole.logo_uri)] {
            let wrong = address.as_deref().and_then(|address| validate::provider_url(address).err());
            fields.extend(wrong.map(|message| FieldError::new(name, message)));
        }
        if whole.metadata.iter().any(|(name, value)| name.is_empty() || name.len() > 255 || value.len() > 255)
        {
            fields.push(FieldError::new("metadata", "Names and values have at most 255 characters."));
        }
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        Ok(Client {
            name: form.name,
            description: form.description,
            callbacks: form.callbacks,
            logout_urls: form.logout_urls,
            web_origins: form.web_origins,
            grants: form.grants,
            auth_method: form.auth_method,
            id_token_alg: form.id_token_alg,
            first_party: form.first_party,
            connect_accounts: form.connect_accounts,
            resource_server,
            refresh_policies: whole.refresh_policies,
            jwks: whole.jwks,
            jwks_uri: whole.jwks_uri,
            backchannel_logout_uri: form.backchannel_logout_uri,
            require_par: form.require_par,
            logo_uri: whole.logo_uri,
            metadata: whole.metadata,
            ..client
        })
    }
}

fn no_api(identifier: &str) -> String {
    format!("There is no API “{identifier}”.")
}

fn secretless() -> FieldError {
    FieldError::new(
        "client_secret",
        "This application does not prove itself with a client secret; leave it out.",
    )
}

/// A client id stands in addresses, in forms and in the name of a user agent's basic authentication.
fn wrong_client_id(id: &str) -> Option<FieldError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = (1..=64).contains(&id.len()) && id.chars().all(fits);
    let message = "Use 1 to 64 letters, digits, hyphens, dots and underscores, or leave it out: one is made.";
    (!good).then(|| FieldError::new("client_id", message))
}

fn wrong_secret(secret: &Secret) -> Option<FieldError> {
    let text = secret.reveal();
    let good = (SECRET_MIN..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let message = format!(
        "Use from {SECRET_MIN} to 512 letters, digits and signs that nobody can guess, such as what `openssl rand \
         -base64 32` prints."
    );
    (!good).then(|| FieldError::new("client_secret", message))
}

/// A key set (RFC 7517 section 5) of public keys alone.
fn wrong_keys(jwks: &Value) -> Option<FieldError> {
    let message = match jwks.get("keys").and_then(Value::as_array) {
        Some(keys) if !keys.is_empty() => {
            let private = |key: &Value| PRIVATE.iter().any(|member| key.get(member).is_some());
            if keys.iter().any(private) {
                "This has a private key in it. Give public keys alone, and replace the pair: it is not private any more."
            } else if keys.iter().any(|key| key.get("kty").and_then(Value::as_str).is_none()) {
                "Each key needs its type, `kty`."
            } else {
                return None;
            }
        }
        _ => "A key set has a list of keys under the name `keys`.",
    };
    Some(FieldError::new("jwks", message))
}
