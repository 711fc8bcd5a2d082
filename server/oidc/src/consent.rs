//! Consent: what is asked of the person, and what they say.

use coffer_contract::{application::GrantType, catalogue::ScopeInfo};
use coffer_core::{
    Scopes,
    api::Api,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AnswerTo, AuthorizationRequest, Interaction, SignIn},
    client::Client,
    connection::Connection,
};

use crate::{Browser, Oidc, apis::Target, authorize::Next, error::PageError, my_account, stranger};

/// The scopes of this server, and what each lets an application do, for the consent page.
pub const SCOPES: &[(&str, &str)] = &[
    ("openid", "Know who you are here"),
    ("profile", "See your name and picture"),
    ("email", "See your e-mail address"),
    ("offline_access", "Keep acting for you while you are away, until you take it back"),
];

/// What the consent page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentView {
    /// The application's name.
    pub application: String,
    /// What the person has to know of an application that nobody vouches for.
    pub note: Option<String>,
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// Each scope, and what it means.
    pub scopes: Vec<(String, String)>,
    /// The accounts that the application may use through the vault: their connections, and what for.
    pub vault: Vec<(String, Vec<String>)>,
    /// The device that waits for the answer.
    pub device: Option<DeviceView>,
}

/// What the consent page shows of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// The connection of which an account is to be connected next.
    pub connects: Option<String>,
}

/// The consent that covers using the tokens of `connection` through the vault.
pub(crate) fn vault_consent(connection: &Connection) -> String {
    format!("vault:{}", connection.name)
}

/// Whether a scope is one of OpenID Connect's, which every API shares.
pub(crate) fn is_standard(scope: &str) -> bool {
    SCOPES.iter().any(|(known, _)| *known == scope)
}

/// What an application asks for.
struct Asked {
    /// In the terms in which consent is stored.
    keys: Scopes,
    /// In words: each scope, and what it lets the application do.
    lines: Vec<(String, String)>,
    /// The connections whose tokens it can get from the vault.
    vault: Vec<Connection>,
}

impl Asked {
    fn add(&mut self, key: impl Into<String>, scope: &str, words: impl Into<String>) {
        let key = key.into();
        if !self.keys.contains(&key) {
            self.keys.insert(key);
            self.lines.push((scope.to_owned(), words.into()));
        }
    }

    /// An API, and of these scopes those that it has.
    fn add_api<'a>(&mut self, api: &Api, scopes: impl Iterator<Item = &'a str>) {
        self.add(api.identifier.clone(), &api.identifier, format!("Use {} for you", api.name));
        let target = Target::Api(Box::new(api.clone()));
        for scope in scopes {
            let Some(known) = api.scopes.iter().find(|known| known.value == scope) else { continue };
            let words = if known.description.is_empty() { scope } else { &known.description };
            self.add(target.consent_key(scope), scope, format!("{words} ({})", api.name));
        }
    }
}

impl Oidc {
    /// Whether `client` gets into `target` without the user being asked.
    pub(crate) fn trusts(&self, client: &Client, target: &Target) -> bool {
        client.first_party
            && match target {
                Target::Api(api) => api.skip_consent,
                Target::UserInfo | Target::MyAccount | Target::Management => true,
            }
    }

    /// What `client` asks for.
    async fn asked(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        sign_in: &SignIn,
    ) -> Result<Asked, PageError> {
        let mut asked = Asked { keys: Scopes::default(), lines: vec![], vault: vec![] };
        let own = || SCOPES.iter().chain(my_account::SCOPES);
        let target = self.stored_target(request.audience.as_deref()).await?.ok_or(PageError::Gone)?;
        for scope in request.scopes.iter() {
            if let Some((_, words)) = own().find(|(known, _)| *known == scope) {
                asked.add(scope, scope, *words);
            }
        }
        if let Target::Api(api) = &target {
            asked.add_api(api, request.scopes.iter());
        }
        if request.scopes.contains("offline_access") {
            // SDKs get the tokens for further APIs by refresh, without another page: so it is asked here.
            if client.connect_accounts {
                for (scope, words) in my_account::SCOPES {
                    asked.add(*scope, scope, *words);
                }
            }
            for policy in &client.refresh_policies {
                if let Some(Target::Api(api)) = self.target(&policy.audience).await? {
                    asked.add_api(&api, policy.scope.iter().map(String::as_str));
                }
            }
        }
        asked.vault = self.vault_connections(request, client, sign_in).await?;
        for connection in &asked.vault {
            asked.keys.insert(vault_consent(connection));
        }
        Ok(asked)
    }

    /// The connection the user signed in through, if this client can get tokens of it from the vault, and
    /// the one of which a device wants a further account.
    async fn vault_connections(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        sign_in: &SignIn,
    ) -> Result<Vec<Connection>, PageError> {
        let Some(user) = self.store.users().get(&sign_in.user_id).await? else { return Ok(vec![]) };
        let own = match client.may_use(GrantType::TokenVault) {
            true => self.store.connections().get(&user.connection_id).await?,
            false => None,
        };
        let own = own.filter(|connection| connection.vault_enabled);
        Ok(own.into_iter().chain(self.further(request, client, &user).await?).collect())
    }

    /// Whether the person has to be asked.
    pub(crate) async fn needs_consent(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        sign_in: &SignIn,
    ) -> Result<bool, PageError> {
        // Whoever enters a code that somebody else sent must see what it does (RFC 8628 section 5.4).
        if matches!(request.answer, AnswerTo::Device { .. }) {
            return Ok(true);
        }
        let target = self.stored_target(request.audience.as_deref()).await?.ok_or(PageError::Gone)?;
        if self.trusts(client, &target) {
            return Ok(false);
        }
        if request.prompt.consent || stranger::can_be_posed_as(client, &request.answer) {
            return Ok(true);
        }
        let asked = self.asked(request, client, sign_in).await?;
        let granted = self.store.consents().get(&sign_in.user_id, &client.id).await?;
        Ok(!asked.keys.is_subset(&granted))
    }

    /// The user is known: to the consent page, or straight back to the client.
    pub(crate) async fn after_sign_in(
        &self,
        handle: &str,
        interaction: &Interaction,
        client: &Client,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let (done, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        if self.needs_consent(&interaction.request, client, &sign_in).await? {
            return Ok(Next::Consent(handle.to_owned()));
        }
        self.finish(handle, interaction, client, (done, sign_in), browser).await
    }

    /// The consent page of an interaction.
    pub async fn consent_view(&self, handle: &str, browser: &Browser) -> Result<ConsentView, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let (_, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        let user = self.store.users().get(&sign_in.user_id).await?.ok_or(PageError::Gone)?;
        let asked = self.asked(&interaction.request, &client, &sign_in).await?;
        let request = &interaction.request;
        let device = match request.answer {
            AnswerTo::Client(_) => None,
            AnswerTo::Device { .. } => {
                let further = self.further(request, &client, &user).await?;
                Some(DeviceView { connects: further.map(|connection| connection.display_name) })
            }
        };
        let vault = asked.vault.iter().map(|connection| {
            let meant = request.connection.as_ref().is_none_or(|name| *name == connection.name);
            let further = if meant { request.connection_scopes.clone() } else { Scopes::default() };
            self.vault_view(connection, &further)
        });
        Ok(ConsentView {
            note: stranger::note(&client, &request.answer),
            application: client.name,
            person: user.profile.label().unwrap_or(&user.provider_user_id).to_owned(),
            email: user.profile.email,
            scopes: asked.lines,
            vault: vault.collect(),
            device,
        })
    }

    /// What an application may do at a provider, in words, for pages that ask the person.
    pub(crate) fn vault_view(&self, connection: &Connection, further: &Scopes) -> (String, Vec<String>) {
        let scopes: Scopes =
            connection.scopes.iter().chain(further.iter()).filter(|scope| !is_standard(scope)).collect();
        let described = self.federation.describe(&connection.strategy, scopes.iter());
        (connection.display_name.clone(), described.iter().map(ScopeInfo::words).collect())
    }

    /// The person's answer on the consent page.
    pub async fn decide(&self, handle: &str, allow: bool, browser: &Browser) -> Result<Next, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let (done, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        let now = self.clock.now();
        let event = |code, text: &str| {
            AuditEvent::new(now, code, Actor::User(sign_in.user_id.clone()), text)
                .client(&client.id)
                .user(&sign_in.user_id)
                .from_ip(browser.ip.as_deref())
        };
        if allow {
            let asked = self.asked(&interaction.request, &client, &sign_in).await?.keys;
            let event =
                event(EventCode::UserConsented, &format!("Consented to {asked} for {}.", client.name));
            self.store.consents().grant(&sign_in.user_id, &client.id, &asked, now, event).await?;
            let user = self.present_user(&sign_in).await?.ok_or(PageError::Gone)?;
            return match self.further(&interaction.request, &client, &user).await? {
                Some(connection) => {
                    self.to_further(handle, &interaction, &client, &connection, &sign_in, browser).await
                }
                None => self.finish(handle, &interaction, &client, (done, sign_in), browser).await,
            };
        }
        if !self.close(handle, &interaction, &done).await? {
            return Err(PageError::Gone);
        }
        let event = event(EventCode::UserDenied, &format!("Declined what {} asked for.", client.name));
        self.store.audit().record(event).await?;
        let request = &interaction.request;
        self.refused(request, &client, "access_denied", "The user declined.", browser).await
    }
}
