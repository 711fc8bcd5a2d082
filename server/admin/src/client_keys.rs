//! Public keys of applications, between the form and what is stored.

use coffer_contract::{FieldError, application::KeysForm, validate};
use coffer_core::client::Client;
use coffer_crypto::public_keys;
use serde_json::Value;

/// The keys that a form has, by value or by address.
pub fn read(keys: KeysForm) -> Result<(Option<Value>, Option<String>), FieldError> {
    let (text, address) = (keys.jwks.trim(), keys.jwks_uri.trim());
    if !text.is_empty() && !address.is_empty() {
        return Err(FieldError::new("jwks_uri", "Paste the keys or enter where they are, not both."));
    }
    if !address.is_empty() {
        validate::provider_url(address).map_err(|message| FieldError::new("jwks_uri", message))?;
        return Ok((None, Some(address.to_owned())));
    }
    if text.is_empty() {
        return Ok((None, None));
    }
    let set = public_keys::read(text).map_err(|error| FieldError::new("jwks", error.to_string()))?;
    Ok((Some(set), None))
}

/// What to say where there is none, unless something was said about them already.
pub fn missing(fields: &[FieldError]) -> Option<FieldError> {
    let text = "Paste the application's public keys, or enter where they are: it proves itself with them.";
    fields.iter().all(|known| known.field != "jwks").then(|| FieldError::new("jwks", text))
}

/// The keys of a client, for the form.
pub fn show(client: &Client) -> KeysForm {
    KeysForm {
        jwks: client.jwks.as_ref().map(|set| format!("{set:#}")).unwrap_or_default(),
        jwks_uri: client.jwks_uri.clone().unwrap_or_default(),
    }
}
