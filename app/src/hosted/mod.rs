//! The pages that end users see: plain forms, no script at all, so they work in every browser.

mod consent;
mod error;
mod form_post;
mod frame;
mod sign_in;
mod sign_out;

pub use consent::{ConsentPage, ScopeLine, VaultLine};
pub use error::ErrorPage;
pub use form_post::FormPostPage;
pub use frame::Frame;
pub use sign_in::{ConnectionButton, SignInPage};
pub use sign_out::{ConfirmSignOutPage, SignedOutPage};

#[cfg(test)]
mod tests;
