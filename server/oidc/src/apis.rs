//! What an access token can be for: this server's own APIs, or a registered one (RFC 8707, RFC 9068).

use coffer_contract::api::{GrantSubject, UserAccess};
use coffer_core::{Scopes, api::Api, client::Client, ids::UserId};
use coffer_store::StoreError;

use crate::{Oidc, consent, grants::ACCESS_SECONDS, my_account};

/// What an access token is for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The user-info endpoint alone.
    UserInfo,
    /// The My Account API.
    MyAccount,
    /// The management API.
    Management,
    /// A registered API.
    Api(Box<Api>),
}

impl Target {
    /// Seconds that an access token for it lives.
    pub(crate) fn seconds(&self) -> i64 {
        match self {
            Self::UserInfo | Self::MyAccount | Self::Management => ACCESS_SECONDS,
            Self::Api(api) => api.token_seconds,
        }
    }

    /// Whether it has this scope, those of OpenID Connect left out.
    pub(crate) fn has(&self, scope: &str) -> bool {
        match self {
            Self::UserInfo => false,
            Self::MyAccount => my_account::SCOPES.iter().any(|(known, _)| *known == scope),
            Self::Management => coffer_contract::management::SCOPES.iter().any(|(known, _)| *known == scope),
            Self::Api(api) => api.has(scope),
        }
    }

    /// Every scope that it has.
    pub(crate) fn all_scopes(&self) -> Scopes {
        match self {
            Self::UserInfo => Scopes::default(),
            Self::MyAccount => my_account::SCOPES.iter().map(|(scope, _)| *scope).collect(),
            Self::Management => coffer_contract::management::SCOPES.iter().map(|(scope, _)| *scope).collect(),
            Self::Api(api) => api.scopes.iter().map(|scope| scope.value.as_str()).collect(),
        }
    }

    /// Whether refresh tokens are handed out for it.
    pub(crate) fn offline_access(&self) -> bool {
        match self {
            Self::UserInfo | Self::MyAccount => true,
            Self::Management => false,
            Self::Api(api) => api.offline_access,
        }
    }

    /// The key under which consent to one of its scopes is stored; scopes of different APIs may have one
    /// name.
    pub(crate) fn consent_key(&self, scope: &str) -> String {
        match self {
            Self::Api(api) => format!("{}#{scope}", api.identifier),
            Self::UserInfo | Self::MyAccount | Self::Management => scope.to_owned(),
        }
    }
}

/// Why an application may not ask users for access to an API: RFC 8707 section 2, `invalid_target`.
pub(crate) struct InvalidTarget(pub(crate) String);

impl Oidc {
    /// The audience of the management API.
    pub fn management_audience(&self) -> String {
        self.issuer.at("api/v2/")
    }

    /// The audience of a token for `target`.
    pub(crate) fn audience_of(&self, target: &Target) -> Option<String> {
        match target {
            Target::UserInfo => None,
            Target::MyAccount => Some(self.my_account_audience()),
            Target::Management => Some(self.management_audience()),
            Target::Api(api) => Some(api.identifier.clone()),
        }
    }

    /// What is known under an `audience` or `resource`. A slash at the end counts only where two APIs
    /// differ in it: libraries add one to addresses without a path.
    pub(crate) async fn target(&self, wanted: &str) -> Result<Option<Target>, StoreError> {
        if self.is_my_account(wanted) {
            return Ok(Some(Target::MyAccount));
        }
        let same = |own: &str| wanted.trim_end_matches('/') == own.trim_end_matches('/');
        if same(&self.management_audience()) {
            return Ok(Some(Target::Management));
        }
        let apis = self.store.apis();
        let found = match apis.by_identifier(wanted).await? {
            Some(api) => Some(api),
            None => {
                let other = wanted.strip_suffix('/').map_or_else(|| format!("{wanted}/"), str::to_owned);
                apis.by_identifier(&other).await?
            }
        };
        Ok(found.map(|api| Target::Api(Box::new(api))))
    }

    /// The target of a stored audience; `None` when its API has been deleted.
    pub(crate) async fn stored_target(&self, audience: Option<&str>) -> Result<Option<Target>, StoreError> {
        match audience {
            None => Ok(Some(Target::UserInfo)),
            Some(audience) => self.target(audience).await,
        }
    }

    /// The target that `client` asks users for, and those of the `asked` scopes that it can get there:
    /// scopes that are not understood are ignored (OpenID Connect Core section 3.1.2.1).
    pub(crate) async fn user_target(
        &self,
        client: &Client,
        wanted: Option<&str>,
        asked: &Scopes,
    ) -> Result<Result<(Target, Scopes), InvalidTarget>, StoreError> {
        let refused = |text: &str| Ok(Err(InvalidTarget(text.to_owned())));
        let target = match wanted {
            None => Target::UserInfo,
            Some(wanted) => match self.target(wanted).await? {
                Some(target) => target,
                None => return refused("No API is known under this audience or resource."),
            },
        };
        let mut granted = None;
        match &target {
            Target::UserInfo => {}
            Target::MyAccount if client.connect_accounts => {}
            Target::MyAccount => {
                return refused(
                    "This application may not use the My Account API. An administrator can allow it in its settings.",
                );
            }
            Target::Management => {
                return refused("The management API is for machine-to-machine applications, not for users.");
            }
            Target::Api(api) => match api.user_access {
                UserAccess::Any => {}
                UserAccess::Granted => {
                    let grants = self.store.client_grants();
                    match grants.find(&client.id, &api.identifier, GrantSubject::User).await? {
                        Some(grant) => granted = Some(grant.scopes),
                        None => {
                            return refused(
                                "This application may not ask users for access to this API. An administrator \
                                 can authorize it on the API's page.",
                            );
                        }
                    }
                }
                UserAccess::Nobody => return refused("Users cannot give access to this API."),
            },
        }
        let mine = |scope: &str| target.has(scope) && granted.as_ref().is_none_or(|g| g.contains(scope));
        let scopes = asked.iter().filter(|scope| consent::is_standard(scope) || mine(scope)).collect();
        Ok(Ok((target, scopes)))
    }

    /// Those of the `possible` scopes of `target` that the user agreed to for `client`, or that it gets
    /// without asking; `None` when the user did not agree to the API at all.
    pub(crate) async fn agreed(
        &self,
        client: &Client,
        user: &UserId,
        target: &Target,
        possible: &Scopes,
    ) -> Result<Option<Scopes>, StoreError> {
        if self.trusts(client, target) {
            return Ok(Some(possible.clone()));
        }
        let consented = self.store.consents().get(user, &client.id).await?;
        if let Target::Api(api) = target
            && !consented.contains(&api.identifier)
        {
            return Ok(None);
        }
        Ok(Some(possible.iter().filter(|scope| consented.contains(&target.consent_key(scope))).collect()))
    }
}
