//! What the dashboard in the browser and the server both speak: data transfer objects, form
//! validation and error shapes. Safe for wasm32, no I/O, no secret ever travels to the browser in
//! these types except a client secret, a second factor's or recovery codes in the one answer that creates them.

pub mod administrator;
pub mod api;
pub mod application;
pub mod catalogue;
pub mod client_grant;
pub mod connection;
pub mod error;
pub mod log;
pub mod management;
pub mod my_account;
pub mod overview;
pub mod page;
pub mod registration;
pub mod second_factor;
pub mod timestamp;
pub mod user;
pub mod validate;
pub mod webhook;

pub use error::{ApiError, FieldError};
pub use page::Page;
pub use timestamp::Timestamp;
