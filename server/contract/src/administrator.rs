//! Setting up and signing in administrators.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp, validate};

/// Shortest password accepted. NIST SP 800-63B asks for at least 8, and 15 where it stands alone.
pub const PASSWORD_MIN: usize = 12;
/// Longest password accepted, in characters.
pub const PASSWORD_MAX: usize = 256;

/// What an administrator may do. Each may do what those before it may, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads. Sees no secret and changes nothing.
    Viewer,
    /// Changes everything but who administers, and how they sign in.
    Editor,
    /// Everything.
    Owner,
}

impl Role {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Editor, Self::Viewer];

    /// As it is stored, and written at the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// The role that `code` names.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// A word for pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Owner => "Owner",
        }
    }

    /// One sentence for the form.
    pub fn description(self) -> &'static str {
        match self {
            Self::Viewer => "Reads everything but secrets, and changes nothing.",
            Self::Editor => {
                "Changes connections, applications, APIs, users and webhooks. Not administrators, nor how they \
                 sign in."
            }
            Self::Owner => "Does everything, and decides who else does.",
        }
    }

    /// The role with its article, within a sentence.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Viewer => "a viewer",
            Self::Editor => "an editor",
            Self::Owner => "an owner",
        }
    }
}

/// Who is signed in to the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorView {
    /// E-mail address, lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

/// An administrator, as the list shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorSummary {
    /// Identifier.
    pub id: String,
    /// E-mail address, lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// When they became one.
    pub created_at: Timestamp,
    /// Last successful sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// Whether they sign in with an account elsewhere, too.
    pub linked_account: bool,
    /// Whether it is whoever asks.
    pub you: bool,
}

/// Somebody who was invited and has not come yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Identifier; not what the link has in it.
    pub id: String,
    /// E-mail address, lower case.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Who invited them.
    pub invited_by: String,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

/// What the page of administrators shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorsPage {
    /// Everybody, by e-mail address.
    pub administrators: Vec<AdministratorSummary>,
    /// Who was invited, by e-mail address.
    pub invitations: Vec<InvitationView>,
    /// Whether every administrator needs a second factor.
    pub second_factor_required: bool,
}

/// An invitation in the only moment in which its link can be seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedInvitation {
    /// Whom it is for.
    pub email: String,
    /// What to send them. Whoever opens it first becomes the administrator.
    pub link: String,
}

impl std::fmt::Debug for IssuedInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedInvitation").field("email", &self.email).finish_non_exhaustive()
    }
}

/// What an invitation's link is for; nothing of it when the link is not valid (any more).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationState {
    /// The e-mail address and the role that were chosen.
    pub invited: Option<AdministratorView>,
}

/// Whether the installation still waits for its first administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupState {
    /// True until the first administrator exists.
    pub needs_setup: bool,
    /// Whether the set-up link that was opened is still valid.
    pub link_valid: bool,
    /// Whether passkeys work at the server's address: it needs a name.
    pub passkeys: bool,
    /// Connections through which somebody signs in, by name.
    pub connections: Vec<SignInConnection>,
}

/// A connection through which administrators may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInConnection {
    /// Unique name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
}

/// Accounts that one administrator can have linked.
pub const LINKED_ACCOUNTS_MAX: usize = 10;

/// An account at a provider with which an administrator signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedAccountView {
    /// Identifier.
    pub id: String,
    /// Display name of the connection.
    pub connection: String,
    /// What the provider calls the account: an e-mail address or a name, or its id there.
    pub label: String,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is of use: the connection may have been closed to administrators since.
    pub usable: bool,
}

/// One's own linked accounts, and where another can be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedAccounts {
    /// The oldest first.
    pub accounts: Vec<LinkedAccountView>,
    /// Connections that administrators may sign in through, by name.
    pub connections: Vec<SignInConnection>,
}

/// Checks what the set-up page sends.
pub fn validate_new_administrator(email: &str, password: &str) -> Vec<FieldError> {
    let wrong = validate_password("password", email, password);
    validate_email(email).into_iter().chain(wrong).collect()
}

/// Checks an administrator's e-mail address.
pub fn validate_email(email: &str) -> Option<FieldError> {
    let text = "Enter an e-mail address, such as ada@example.com.";
    (!validate::is_email(email)).then(|| FieldError::new("email", text))
}

/// Checks the password that the administrator with this e-mail address chose, for the field of this name.
pub fn validate_password(field: &str, email: &str, password: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let message = if length < PASSWORD_MIN {
        format!("Use at least {PASSWORD_MIN} characters. A few unrelated words are easy to remember.")
    } else if length > PASSWORD_MAX {
        format!("Use at most {PASSWORD_MAX} characters.")
    } else if password.to_lowercase() == email.to_lowercase() {
        "Do not use your e-mail address as the password.".to_owned()
    } else {
        return None;
    };
    Some(FieldError::new(field, message))
}
