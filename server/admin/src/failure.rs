//! From what happened inside to what an administrator reads. The details go to the log alone.

use std::fmt::Display;

use coffer_contract::ApiError;
use coffer_store::StoreError;

use crate::factors;

/// Something failed that the visitor can do nothing about.
pub fn internal(reference: &str, error: impl Display) -> ApiError {
    tracing::error!(request_id = reference, %error, "a dashboard action failed");
    ApiError::Internal { reference: reference.to_owned() }
}

/// What the store refused, in words; what failed in it, as an internal error.
pub fn of_store(reference: &str, error: StoreError) -> ApiError {
    if let Some(refusal) = factors::refusal(&error) {
        return refusal;
    }
    match error {
        StoreError::Conflict { what: "version" } => ApiError::Conflict {
            message: "Somebody else changed this while you were editing. Reload the page to see what is \
                      there now, then make your change again."
                .to_owned(),
        },
        StoreError::Conflict { what: "name" } => name_taken(),
        StoreError::Conflict { what: "email" } => {
            ApiError::field("email", "There is an administrator with this e-mail address already.")
        }
        StoreError::Conflict { what: "invitation" } => ApiError::field(
            "email",
            "Somebody with this e-mail address is invited already. Withdraw that invitation first.",
        ),
        StoreError::Conflict { what: "last owner" } => ApiError::Conflict {
            message: "This is the last owner, and there must be one. Make somebody else an owner first."
                .to_owned(),
        },
        StoreError::Conflict { what: "identifier" } => identifier_taken("Another API has this identifier."),
        StoreError::Conflict { what: "client grant" } => {
            ApiError::Conflict { message: "This application is authorized for this API already.".to_owned() }
        }
        StoreError::NotFound { what } => not_found(what),
        other if other.is_unavailable() => {
            tracing::error!(request_id = reference, error = %other, "a dashboard action was turned away");
            ApiError::Unavailable { reference: reference.to_owned() }
        }
        other => internal(reference, other),
    }
}

/// The connection, application or kind of connection does not exist.
pub fn not_found(what: &str) -> ApiError {
    ApiError::NotFound { message: format!("This {what} does not exist; it may have been deleted.") }
}

/// Two connections cannot have one name, nor a connection and an API.
pub fn name_taken() -> ApiError {
    ApiError::field("name", "Another connection or API has this name. Choose a different one.")
}

/// An identifier tells one API from everything else that a token can be for.
pub fn identifier_taken(why: &str) -> ApiError {
    ApiError::field("identifier", format!("{why} Choose a different one."))
}
