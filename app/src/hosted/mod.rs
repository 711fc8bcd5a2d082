//! The pages that end users see: plain forms, no script at all, so they work in every browser. The one
//! exception is the answer that goes to a script ([`WebMessagePage`]).

mod connect;
mod consent;
mod device;
mod error;
mod form_post;
mod frame;
mod my_account;
mod sign_in;
mod sign_out;
mod tried;
mod web_message;

pub use connect::ConnectPage;
pub use consent::{ConsentPage, DeviceLine, ScopeLine, VaultLine};
pub use device::{ActivatePage, DeviceDonePage};
pub use error::ErrorPage;
pub use form_post::FormPostPage;
pub use frame::Frame;
pub use my_account::{AccountApplication, AccountCard, MyAccountPage, MyAccountSignInPage};
pub use sign_in::{ConnectionButton, SignInPage};
pub use sign_out::{ConfirmSignOutPage, SignedOutPage};
pub use tried::TriedPage;
pub use web_message::{WEB_MESSAGE_SCRIPT, WebMessagePage};

#[cfg(test)]
mod tests;
