//! The pages that end users see: plain forms, no script at all, so they work in every browser.

mod connect;
mod consent;
mod error;
mod form_post;
mod frame;
mod my_account;
mod sign_in;
mod sign_out;
mod tried;

pub use connect::ConnectPage;
pub use consent::{ConsentPage, ScopeLine, VaultLine};
pub use error::ErrorPage;
pub use form_post::FormPostPage;
pub use frame::Frame;
pub use my_account::{AccountApplication, AccountCard, MyAccountPage, MyAccountSignInPage};
pub use sign_in::{ConnectionButton, SignInPage};
pub use sign_out::{ConfirmSignOutPage, SignedOutPage};
pub use tried::TriedPage;

#[cfg(test)]
mod tests;
