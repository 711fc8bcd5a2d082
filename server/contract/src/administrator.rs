//! Setting up and signing in administrators.

use serde::{Deserialize, Serialize};

use crate::{FieldError, validate};

/// Shortest password accepted. NIST SP 800-63B asks for at least 8, and 15 where it stands alone.
pub const PASSWORD_MIN: usize = 12;
/// Longest password accepted, in characters.
pub const PASSWORD_MAX: usize = 256;

/// Who is signed in to the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorView {
    /// E-mail address, lower case.
    pub email: String,
}

/// Whether the installation still waits for its first administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupState {
    /// True until the first administrator exists.
    pub needs_setup: bool,
    /// Whether the set-up link that was opened is still valid.
    pub link_valid: bool,
}

/// Checks what the set-up page sends.
pub fn validate_new_administrator(email: &str, password: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !validate::is_email(email) {
        errors.push(FieldError::new("email", "Enter an e-mail address, such as ada@example.com."));
    }
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        errors.push(FieldError::new(
            "password",
            format!("Use at least {PASSWORD_MIN} characters. A few unrelated words are easy to remember."),
        ));
    } else if length > PASSWORD_MAX {
        errors.push(FieldError::new("password", format!("Use at most {PASSWORD_MAX} characters.")));
    } else if password.to_lowercase() == email.to_lowercase() {
        errors.push(FieldError::new("password", "Do not use your e-mail address as the password."));
    }
    errors
}
