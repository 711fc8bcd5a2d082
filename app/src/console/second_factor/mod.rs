//! What is shown of second factors, at the sign-in and on one's own page.

mod codes;
mod secret;

pub(crate) use self::{
    codes::Codes,
    secret::{CodeField, Secret},
};
