//! Consent: what is asked of the person, and the code that follows.

use coffer_contract::{application::GrantType, catalogue::ScopeInfo};
use coffer_core::{
    Scopes,
    api::Api,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AuthorizationRequest, CODE_SECONDS, CodeGrant, Interaction, SignIn, Stage},
    client::Client,
    connection::Connection,
    ids::FamilyId,
    rng,
};
use coffer_crypto::TokenHash;

use crate::{
    Browser, Oidc,
    apis::Target,
    authorize::{AuthorizationResponse, Next},
    error::PageError,
    my_account, stranger,
};

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
    /// The account that the application may use through the vault: its connection, and what for.
    pub vault: Option<(String, Vec<String>)>,
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
    /// The connection whose tokens it can get from the vault.
    vault: Option<Connection>,
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
        let mut asked = Asked { keys: Scopes::default(), lines: vec![], vault: None };
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
        asked.vault = self.vault_connection(client, sign_in).await?;
        if let Some(connection) = &asked.vault {
            asked.keys.insert(vault_consent(connection));
        }
        Ok(asked)
    }

    /// The connection the user signed in through, if this client can get tokens of it from the vault.
    async fn vault_connection(
        &self,
        client: &Client,
        sign_in: &SignIn,
    ) -> Result<Option<Connection>, PageError> {
        if !client.may_use(GrantType::TokenVault) {
            return Ok(None);
        }
        let Some(user) = self.store.users().get(&sign_in.user_id).await? else { return Ok(None) };
        let connection = self.store.connections().get(&user.connection_id).await?;
        Ok(connection.filter(|connection| connection.vault_enabled))
    }

    /// Whether the person has to be asked.
    pub(crate) async fn needs_consent(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        sign_in: &SignIn,
    ) -> Result<bool, PageError> {
        let target = self.stored_target(request.audience.as_deref()).await?.ok_or(PageError::Gone)?;
        if self.trusts(client, &target) {
            return Ok(false);
        }
        if request.prompt.consent || stranger::can_be_posed_as(client, &request.redirect_uri) {
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
    ) -> Result<Next, PageError> {
        let (_, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        if self.needs_consent(&interaction.request, client, &sign_in).await? {
            return Ok(Next::Consent(handle.to_owned()));
        }
        self.finish(handle, interaction).await.map(Next::Client)
    }

    /// The consent page of an interaction.
    pub async fn consent_view(&self, handle: &str, browser: &Browser) -> Result<ConsentView, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let (_, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        let user = self.store.users().get(&sign_in.user_id).await?.ok_or(PageError::Gone)?;
        let asked = self.asked(&interaction.request, &client, &sign_in).await?;
        let further = &interaction.request.connection_scopes;
        Ok(ConsentView {
            note: stranger::note(&client, &interaction.request.redirect_uri),
            application: client.name,
            person: user.profile.label().unwrap_or(&user.provider_user_id).to_owned(),
            email: user.profile.email,
            scopes: asked.lines,
            vault: asked.vault.map(|connection| self.vault_view(&connection, further)),
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
    pub async fn decide(
        &self,
        handle: &str,
        allow: bool,
        browser: &Browser,
    ) -> Result<AuthorizationResponse, PageError> {
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
            return self.finish(handle, &interaction).await;
        }
        if !self.store.interactions().advance(&TokenHash::of(handle), &interaction.stage, &done).await? {
            return Err(PageError::Gone);
        }
        let event = event(EventCode::UserDenied, &format!("Declined what {} asked for.", client.name));
        self.store.audit().append(&[event]).await?;
        Ok(self.refusal(&interaction.request, "access_denied", "The user declined."))
    }

    /// Closes the interaction and issues its code; a second attempt finds it closed.
    async fn finish(
        &self,
        handle: &str,
        interaction: &Interaction,
    ) -> Result<AuthorizationResponse, PageError> {
        let (done, sign_in) = interaction.stage.consented().map_err(|_| PageError::Gone)?;
        if !self.store.interactions().advance(&TokenHash::of(handle), &interaction.stage, &done).await? {
            return Err(PageError::Gone);
        }
        self.issue_code(&interaction.request, sign_in).await
    }

    pub(crate) async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        sign_in: SignIn,
    ) -> Result<AuthorizationResponse, PageError> {
        // Signed out everywhere meanwhile, in another browser.
        if self.present_user(&sign_in).await?.is_none() {
            return Err(PageError::Gone);
        }
        let code = rng::token(self.rng.as_ref());
        let grant = CodeGrant {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            scopes: request.scopes.clone(),
            nonce: request.nonce.clone(),
            code_challenge: request.code_challenge.clone(),
            audience: request.audience.clone(),
            jkt: request.jkt.clone(),
            sign_in,
            family_id: FamilyId::generate(self.rng.as_ref()),
            expires_at: self.clock.now().plus_seconds(CODE_SECONDS),
        };
        self.store.codes().create(&TokenHash::of(&code), &grant).await?;
        let (mode, state) = (request.response_mode, request.state.as_deref());
        Ok(AuthorizationResponse::success(self.issuer(), &request.redirect_uri, mode, state, code))
    }

    /// An error for the client of a stored request.
    pub(crate) fn refusal(
        &self,
        request: &AuthorizationRequest,
        code: &'static str,
        description: &str,
    ) -> AuthorizationResponse {
        let (mode, state) = (request.response_mode, request.state.as_deref());
        AuthorizationResponse::error(self.issuer(), &request.redirect_uri, mode, state, code, description)
    }

    /// The interaction behind a handle, if it is this browser's, and its client.
    pub(crate) async fn interaction(
        &self,
        handle: &str,
        browser: &Browser,
    ) -> Result<(Interaction, Client), PageError> {
        let found = self.store.interactions().get(&TokenHash::of(handle), self.clock.now()).await?;
        let interaction = found
            .filter(|i| TokenHash::from_bytes(i.browser_hash) == browser.hash && i.stage != Stage::Done)
            .ok_or(PageError::Gone)?;
        let client =
            self.store.clients().get(&interaction.request.client_id).await?.ok_or(PageError::Gone)?;
        Ok((interaction, client))
    }
}
