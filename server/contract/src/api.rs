//! APIs: resource servers that take this server's access tokens (RFC 6749 section 1.1, RFC 9068).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{FieldError, Timestamp, application::SigningAlgorithm, validate};

/// Shortest and longest life of an API's access tokens, in seconds: a minute, 30 days.
pub const TOKEN_SECONDS: std::ops::RangeInclusive<i64> = 60..=2_592_000;
/// Life of an API's access tokens unless it says otherwise, in seconds.
pub const DEFAULT_TOKEN_SECONDS: i64 = 3600;
/// Most scopes of one API.
pub const MOST_SCOPES: usize = 500;
/// The id of this server's My Account API.
pub const MY_ACCOUNT_ID: &str = "api_my_account";
/// The id of this server's management API.
pub const MANAGEMENT_ID: &str = "api_management";

/// One scope of an API, and what it lets an application do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiScope {
    /// `scope-token` of RFC 6749 section 3.3.
    pub value: String,
    /// For the consent page.
    #[serde(default)]
    pub description: String,
}

/// Which applications may ask users for access to an API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserAccess {
    /// Any; the user decides.
    #[default]
    Any,
    /// Those with a grant, and the scopes of it.
    Granted,
    /// None.
    Nobody,
}

impl UserAccess {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 3] = [Self::Any, Self::Granted, Self::Nobody];

    /// As stored, and as the management API's `subject_type_authorization.user.policy` has it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Any => "allow_all",
            Self::Granted => "require_client_grant",
            Self::Nobody => "deny_all",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.code() == code)
    }

    /// A few words for the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Any => "Any application, if the user agrees",
            Self::Granted => "Applications that are authorized, if the user agrees",
            Self::Nobody => "No application",
        }
    }
}

/// In whose name a client grant lets an application act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantSubject {
    /// Its own (client credentials).
    Client,
    /// Its users'.
    User,
}

impl GrantSubject {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 2] = [Self::Client, Self::User];

    /// As stored and on the wire (`subject_type`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::User => "user",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.code() == code)
    }
}

/// An API and scopes that an application may get for it by exchanging a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshPolicy {
    /// The API's identifier.
    pub audience: String,
    /// Scopes.
    pub scope: Vec<String>,
}

/// A row of the list of APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiSummary {
    /// `api_...`
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The audience of its tokens.
    pub identifier: String,
    /// How many scopes it has.
    pub scopes: usize,
    /// Whether it is this server's own and cannot be changed.
    pub system: bool,
}

/// An API's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiDetail {
    /// `api_...`
    pub id: String,
    /// The audience of its tokens; fixed at creation.
    pub identifier: String,
    /// What the Settings form edits.
    pub form: ApiForm,
    /// Whether it is this server's own and cannot be changed.
    pub system: bool,
    /// In whose names applications can be authorized for it.
    pub subjects: Vec<GrantSubject>,
    /// The server's issuer, for what the API itself needs to know.
    pub issuer: String,
    /// When it was created; absent for this server's own.
    pub created_at: Option<Timestamp>,
    /// Number of changes so far.
    pub version: i64,
}

/// What the Settings form sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiForm {
    /// Name for people; end users see it on the consent page.
    pub name: String,
    /// What applications can ask for.
    pub scopes: Vec<ApiScope>,
    /// Signature algorithm of its access tokens.
    pub signing_alg: SigningAlgorithm,
    /// How long its access tokens live, in seconds.
    pub token_seconds: i64,
    /// Whether refresh tokens are handed out together with its access tokens.
    pub offline_access: bool,
    /// Whether first-party applications get in without the consent page.
    pub skip_consent: bool,
    /// Which applications may ask users for access.
    pub user_access: UserAccess,
}

impl Default for ApiForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            scopes: vec![],
            signing_alg: SigningAlgorithm::default(),
            token_seconds: DEFAULT_TOKEN_SECONDS,
            offline_access: true,
            skip_consent: true,
            user_access: UserAccess::default(),
        }
    }
}

/// What the form that creates an API sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApi {
    /// The audience of its tokens.
    pub identifier: String,
    /// Everything else.
    pub form: ApiForm,
}

impl NewApi {
    /// Everything that can be said without the database.
    pub fn validate(&self) -> Vec<FieldError> {
        let identifier = identifier(&self.identifier).err();
        identifier.into_iter().chain(self.form.validate()).collect()
    }
}

impl ApiForm {
    /// Everything that can be said without the database.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let length = self.name.trim().chars().count();
        if length == 0 || length > 100 || self.name.chars().any(char::is_control) {
            let text = "Enter a name of at most 100 characters; users see it when they consent.";
            errors.push(FieldError::new("name", text));
        }
        if !TOKEN_SECONDS.contains(&self.token_seconds) {
            let text = format!("Enter from {} to {} seconds.", TOKEN_SECONDS.start(), TOKEN_SECONDS.end());
            errors.push(FieldError::new("token_seconds", text));
        }
        errors.extend(scopes(&self.scopes));
        errors
    }
}

/// An identifier is compared exactly and stands in tokens: printable, without spaces. One that is an
/// address is a `resource` of RFC 8707 section 2, which has no fragment.
fn identifier(text: &str) -> Result<(), FieldError> {
    let refuse = |text: &str| Err(FieldError::new("identifier", text));
    if text.is_empty() || text.len() > 600 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return refuse("Enter an identifier without spaces, such as https://api.example.com/.");
    }
    if Url::parse(text).is_ok_and(|url| url.fragment().is_some()) {
        return refuse("Leave out the part after #.");
    }
    Ok(())
}

/// One message for each scope that is wrong, under `scopes.{its place}`.
fn scopes(scopes: &[ApiScope]) -> Vec<FieldError> {
    if scopes.len() > MOST_SCOPES {
        return vec![FieldError::new("scopes", format!("An API has at most {MOST_SCOPES} scopes."))];
    }
    let wrong = |(index, scope)| {
        let message = wrong_scope(scope, &scopes[..index])?;
        Some(FieldError::new(format!("scopes.{index}"), message))
    };
    scopes.iter().enumerate().filter_map(wrong).collect()
}

fn wrong_scope(scope: &ApiScope, before: &[ApiScope]) -> Option<String> {
    let value = &scope.value;
    if value.is_empty() {
        return Some("Enter the scope that this describes, such as read:events.".to_owned());
    }
    if !validate::is_scope_token(value) || value.len() > 280 {
        return Some(format!("“{value}” is not a scope: use letters, digits and signs, no spaces."));
    }
    if ["openid", "profile", "email", "offline_access"].contains(&value.as_str()) {
        return Some(format!("{value} is a scope of OpenID Connect; choose another."));
    }
    if before.iter().any(|other| other.value == *value) {
        return Some(format!("{value} is there twice."));
    }
    let long = scope.description.chars().count() > 500 || scope.description.chars().any(char::is_control);
    long.then(|| format!("The description of {value} must be one line of at most 500 characters."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(identifier: &str, scopes: &[&str]) -> NewApi {
        let scopes =
            scopes.iter().map(|v| ApiScope { value: (*v).into(), description: String::new() }).collect();
        let form = ApiForm { name: "Calendar".into(), scopes, ..ApiForm::default() };
        NewApi { identifier: identifier.into(), form }
    }

    #[test]
    fn an_api_has_an_identifier_and_scopes_of_its_own() {
        assert_eq!(new("https://api.example.com/", &["read:events", "write:events"]).validate(), vec![]);
        assert_eq!(new("urn:calendar", &[]).validate(), vec![]);
        for (identifier, scopes, field) in [
            ("", &[][..], "identifier"),
            ("two words", &[], "identifier"),
            ("https://api.example.com/#x", &[], "identifier"),
            ("urn:x", &["a", "a"], "scopes.1"),
            ("urn:x", &["b", "two words"], "scopes.1"),
            ("urn:x", &["offline_access"], "scopes.0"),
        ] {
            let errors = new(identifier, scopes).validate();
            assert_eq!(errors.first().map(|e| e.field.as_str()), Some(field), "{identifier} {scopes:?}");
        }
    }
}
