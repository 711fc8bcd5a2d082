//! The design system.

pub(crate) mod access;
pub(crate) mod chart;
pub(crate) mod code;
pub(crate) mod copy;
pub(crate) mod danger;
pub(crate) mod dialog;
pub(crate) mod errors;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod icon;
pub(crate) mod layout;
pub(crate) mod listing;
pub(crate) mod load;
pub(crate) mod number;
pub(crate) mod pagination;
pub(crate) mod pairs;
pub(crate) mod ready;
#[cfg(feature = "ssr")]
mod sandbox;
pub(crate) mod search;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod time;
pub(crate) mod toasts;
pub(crate) mod toggle;

pub(crate) use errors::Errors;
#[cfg(feature = "ssr")]
pub(crate) use icon::monogram;
#[cfg(feature = "ssr")]
pub(crate) use sandbox::sandbox_note;
pub(crate) use toasts::Toasts;
