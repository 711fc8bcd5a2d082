//! The APIs of this server itself. They stand in the list and cannot be changed; what they are is said in
//! `coffer_oidc`.

use coffer_contract::{
    Timestamp,
    api::{ApiScope, DEFAULT_TOKEN_SECONDS, GrantSubject, MANAGEMENT_ID, MY_ACCOUNT_ID, UserAccess},
    application::SigningAlgorithm,
    management, my_account,
};
use coffer_core::{api::Api, client::Client, ids::ApiId};
use url::Url;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// Opened by a user's access token.
    MyAccount,
    /// Opened by a machine-to-machine application's.
    Management,
}

/// An API that there is.
pub(crate) struct Known {
    pub(crate) api: Api,
    /// Which of this server's own; `None` for a registered one.
    pub(crate) own: Option<Own>,
}

impl Known {
    /// In whose names applications can be authorized for it.
    pub(crate) fn subjects(&self) -> &'static [GrantSubject] {
        match self.own {
            None => &GrantSubject::ALL,
            Some(Own::Management) => &[GrantSubject::Client],
            // Its switch is the application's `connect_accounts`.
            Some(Own::MyAccount) => &[],
        }
    }

    /// In whose names this application can be authorized for it: in its own when it proves who it is.
    pub(crate) fn subjects_for(&self, client: &Client) -> Vec<GrantSubject> {
        let able = |subject: &GrantSubject| *subject == GrantSubject::User || !client.is_public();
        self.subjects().iter().copied().filter(able).collect()
    }
}

impl From<Api> for Known {
    fn from(api: Api) -> Self {
        Self { api, own: None }
    }
}

impl Own {
    const ALL: [Self; 2] = [Self::MyAccount, Self::Management];

    fn id(self) -> &'static str {
        match self {
            Self::MyAccount => MY_ACCOUNT_ID,
            Self::Management => MANAGEMENT_ID,
        }
    }

    fn identifier(self, issuer: &Url) -> String {
        let path = match self {
            Self::MyAccount => "me/",
            Self::Management => "api/v2/",
        };
        format!("{issuer}{path}")
    }

    fn known(self, issuer: &Url) -> Known {
        let (name, scopes, user_access) = match self {
            Self::MyAccount => ("My Account API", my_account::SCOPES, UserAccess::Any),
            Self::Management => ("Management API", management::SCOPES, UserAccess::Nobody),
        };
        let scope = |(value, words): &(&str, &str)| ApiScope {
            value: (*value).to_owned(),
            description: (*words).to_owned(),
        };
        let api = Api {
            id: ApiId::from_text(self.id()),
            identifier: self.identifier(issuer),
            name: name.to_owned(),
            scopes: scopes.iter().map(scope).collect(),
            signing_alg: SigningAlgorithm::default(),
            token_seconds: DEFAULT_TOKEN_SECONDS,
            offline_access: self == Self::MyAccount,
            skip_consent: false,
            user_access,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            version: 0,
        };
        Known { api, own: Some(self) }
    }
}

/// All of them.
pub(crate) fn all(issuer: &Url) -> impl Iterator<Item = Known> {
    Own::ALL.into_iter().map(|own| own.known(issuer))
}

/// The one with this id or identifier, whose slash at the end may be left out.
pub(crate) fn find(issuer: &Url, text: &str) -> Option<Known> {
    let named = |own: &Own| own.id() == text || same(&own.identifier(issuer), text);
    Own::ALL.into_iter().find(named).map(|own| own.known(issuer))
}

/// Whether tokens with this audience are for this server: no other API can have it.
pub(crate) fn reserved(issuer: &Url, identifier: &str) -> bool {
    find(issuer, identifier).is_some()
        || same(issuer.as_str(), identifier)
        || same(&format!("{issuer}userinfo"), identifier)
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
