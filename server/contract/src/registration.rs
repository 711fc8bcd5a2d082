//! Applications that register themselves: who may, and what they get (RFC 7591, client id metadata documents).

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp, validate};

/// Who may register an application at the registration endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Nobody: there is no such endpoint.
    #[default]
    Off,
    /// Whoever has an initial access token.
    WithToken,
    /// Anybody.
    Open,
}

impl RegistrationMode {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 3] = [Self::Off, Self::WithToken, Self::Open];

    /// A few words for the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::WithToken => "With an initial access token",
            Self::Open => "Open to everybody",
        }
    }

    /// One sentence for the form.
    pub fn description(self) -> &'static str {
        match self {
            Self::Off => "Applications are created by administrators alone.",
            Self::WithToken => "Whoever has a token that you made below can register applications.",
            Self::Open => {
                "Any program that reaches this server can register itself, as MCP clients do. Users are asked \
                 before it gets anything."
            }
        }
    }
}

/// Most registrations of one address in an hour that can be allowed.
pub const MOST_PER_HOUR: u32 = 10_000;

/// The setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationSettings {
    /// Who may register an application at the registration endpoint.
    pub mode: RegistrationMode,
    /// Whether an https address can stand as client id, with a document about the application behind it.
    pub documents: bool,
    /// Ids of the connections that are enabled for an application when it registers.
    pub connections: Vec<String>,
    /// Whether it may use the token vault, if it can keep a secret or a key.
    pub token_vault: bool,
    /// Whether it may connect accounts for its users, through the My Account API.
    pub connect_accounts: bool,
    /// Whether the consent page is skipped for it.
    pub first_party: bool,
    /// Whether it may run on the user's own machine: redirect URIs of the loopback interface.
    pub loopback: bool,
    /// Whether it may have redirect URIs of a scheme of its own, such as `com.example.app:/callback`.
    pub own_schemes: bool,
    /// Hosts that its other redirect URIs may name; any where there is none.
    pub hosts: Vec<String>,
    /// Most registrations of one address in an hour.
    pub per_hour: u32,
}

impl Default for RegistrationSettings {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            documents: false,
            connections: vec![],
            token_vault: false,
            connect_accounts: false,
            first_party: false,
            loopback: true,
            own_schemes: true,
            hosts: vec![],
            per_hour: 20,
        }
    }
}

impl RegistrationSettings {
    /// Everything that can be said about it without the database.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for host in &self.hosts {
            let known = host.strip_prefix("*.").unwrap_or(host);
            if !validate::is_domain(known) {
                let text = format!(
                    "{host}: enter a host name in lower case, such as app.example.com or *.example.com."
                );
                errors.push(FieldError::new("hosts", text));
            }
        }
        if !(1..=MOST_PER_HOUR).contains(&self.per_hour) {
            let text = format!("Enter a number from 1 to {MOST_PER_HOUR}.");
            errors.push(FieldError::new("per_hour", text));
        }
        if self.first_party && (self.mode == RegistrationMode::Open || self.documents) {
            let text = "Anybody can register an application with these settings, so users have to be asked.";
            errors.push(FieldError::new("first_party", text));
        }
        errors
    }

    /// Whether redirect URIs may name this host, which is not this machine itself.
    pub fn allows_host(&self, host: &str) -> bool {
        self.hosts.is_empty()
            || self.hosts.iter().any(|allowed| match allowed.strip_prefix("*.") {
                Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
                None => host == allowed,
            })
    }
}

/// The page of the setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationPage {
    /// The setting.
    pub settings: RegistrationSettings,
    /// Number of changes so far.
    pub version: i64,
    /// The connections there are: id and name for people.
    pub connections: Vec<(String, String)>,
    /// Initial access tokens that have not ended.
    pub tokens: Vec<InitialTokenView>,
    /// The registration endpoint.
    pub endpoint: String,
}

/// An initial access token in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialTokenView {
    /// `iat_...`
    pub id: String,
    /// Whom it was given to.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many applications registered with it.
    pub uses: i64,
}

/// What the form that makes an initial access token sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInitialToken {
    /// Whom it is for.
    pub name: String,
    /// For how many days.
    pub days: u32,
}

impl NewInitialToken {
    /// Checks it.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let length = self.name.trim().chars().count();
        if length == 0 || length > 100 || self.name.chars().any(char::is_control) {
            errors.push(FieldError::new("name", "Enter whom the token is for, in at most 100 characters."));
        }
        if !(1..=365).contains(&self.days) {
            errors.push(FieldError::new("days", "Enter a number of days from 1 to 365."));
        }
        errors
    }
}

/// An initial access token, in the one answer that shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedInitialToken {
    /// The token.
    pub token: String,
}

impl std::fmt::Debug for IssuedInitialToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuedInitialToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_exact_or_below_a_domain() {
        let hosts = vec!["app.example.com".to_owned(), "*.example.org".to_owned()];
        let settings = RegistrationSettings { hosts, ..RegistrationSettings::default() };
        assert_eq!(settings.validate(), vec![]);
        for allowed in ["app.example.com", "a.example.org", "a.b.example.org"] {
            assert!(settings.allows_host(allowed), "{allowed}");
        }
        for refused in
            ["example.com", "x.app.example.com", "example.org", "evilexample.org", "a.example.org.evil"]
        {
            assert!(!settings.allows_host(refused), "{refused}");
        }
        assert!(RegistrationSettings::default().allows_host("anywhere.example"));
    }

    #[test]
    fn strangers_cannot_skip_consent() {
        let open = RegistrationSettings {
            mode: RegistrationMode::Open,
            first_party: true,
            ..RegistrationSettings::default()
        };
        assert_eq!(open.validate()[0].field, "first_party");
        let gated = RegistrationSettings { mode: RegistrationMode::WithToken, ..open };
        assert_eq!(gated.validate(), vec![]);
        let documents = RegistrationSettings { documents: true, ..gated };
        assert_eq!(documents.validate()[0].field, "first_party");
    }
}
