//! Bodies of requests: JSON objects whose every member is understood, or refused by name.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The body, which is an object.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::body("Payload validation error: Send a JSON object.")),
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            Err(Refusal::body(format!("Payload validation error: The body is not JSON ({place}).")))
        }
    }
}

/// Takes out members that mean nothing here: those of `ignored`, whatever they say, and those of
/// `unsupported`, which must say no more than that they are not wanted.
pub(crate) fn strip(
    members: &mut Map<String, Value>,
    ignored: &[&str],
    unsupported: &[&str],
) -> Result<(), Refusal> {
    for name in ignored {
        members.remove(*name);
    }
    for name in unsupported {
        match members.remove(*name) {
            Some(value) if !is_off(&value) => {
                let message = format!("{name}: This is not supported here; leave it out.");
                return Err(Refusal::Invalid { code: "unsupported_property", message });
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_off),
    }
}

/// `base`, with the members of `changes` in place of its own. What is null goes back to what it was at first.
pub(crate) fn overlaid(
    base: &impl Serialize,
    changes: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let base = serde_json::to_value(base).map_err(|error| {
        tracing::error!(%error, "a resource could not be written");
        Refusal::Inside
    })?;
    let Value::Object(mut members) = base else { return Err(Refusal::Inside) };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    Ok(members)
}

/// Reads the members; what is not understood is named.
pub(crate) fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        Refusal::body(match path.as_str() {
            "." | "?" => format!("Payload validation error: {inner}."),
            path => format!("Payload validation error: {path}: {inner}."),
        })
    })
}
