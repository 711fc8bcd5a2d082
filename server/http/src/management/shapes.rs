//! What the derived description does not say of answers: the three forms of a list, that `fields` leaves members
//! out, and that what is read has the members of what is set.

use serde_json::{Map, Value, json};

const PREFIX: &str = "#/components/schemas/";

/// Completes the description.
pub(super) fn complete(mut document: Value) -> Value {
    let Some(schemas) = document["components"]["schemas"].as_object().cloned() else { return document };
    let mut schemas = joined(schemas);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, methods) in paths {
            let Some(operation) = methods.get_mut("get") else { continue };
            let takes = |name: &str| {
                let parameters = operation["parameters"].as_array();
                parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
            };
            let (some, paged) = (takes("fields"), takes("include_totals"));
            let schema = &mut operation["responses"]["200"]["content"]["application/json"]["schema"];
            if schema.is_null() {
                continue;
            }
            if some {
                *schema = in_part(schema, &mut schemas);
            }
            if paged {
                let name = path.rsplit('/').next().unwrap_or_default().replace('-', "_");
                *schema = forms(schema, &name);
            }
        }
    }
    document["components"]["schemas"] = Value::Object(schemas);
    document
}

/// A view that is settings and more becomes one object: settings allow no other member, so all of both never hold.
fn joined(schemas: Map<String, Value>) -> Map<String, Value> {
    let join = |schema: &Value| {
        let parts = schema["allOf"].as_array()?;
        let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
        whole["description"] = schema["description"].clone();
        for part in parts {
            let part =
                part["$ref"].as_str().map_or(Some(part), |name| schemas.get(name.strip_prefix(PREFIX)?))?;
            for (name, property) in part["properties"].as_object()? {
                whole["properties"][name] = property.clone();
            }
            let required = part["required"].as_array().cloned().unwrap_or_default();
            whole["required"].as_array_mut()?.extend(required);
        }
        whole.as_object_mut()?.retain(|_, value| !value.is_null());
        Some(whole)
    };
    let whole =
        |(name, schema): (&String, &Value)| (name.clone(), join(schema).unwrap_or_else(|| schema.clone()));
    schemas.iter().map(whole).collect()
}

/// The same, of things that may lack members.
fn in_part(schema: &Value, schemas: &mut Map<String, Value>) -> Value {
    if schema["items"].is_object() {
        return json!({ "type": "array", "items": in_part(&schema["items"], schemas) });
    }
    let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix(PREFIX)) else {
        return schema.clone();
    };
    let part = format!("{name}Part");
    if let Some(Value::Object(mut whole)) = schemas.get(name).cloned() {
        whole.remove("required");
        whole
            .insert("description".into(), "The same; members that `fields` leaves out are not there.".into());
        schemas.entry(part.clone()).or_insert(Value::Object(whole));
    }
    json!({ "$ref": format!("{PREFIX}{part}") })
}

/// A list alone; with its place among all, where `include_totals` is set; or a page, where `from` or `take` is.
fn forms(list: &Value, name: &str) -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({ "anyOf": [
        list,
        {
            "type": "object",
            "required": ["start", "limit", "length", "total", name],
            "properties": { "start": count, "limit": count, "length": count, "total": count, name: list },
        },
        {
            "type": "object",
            "required": [name],
            "properties": { name: list, "next": { "type": "string", "description": "`from` of the next page." } },
        },
    ] })
}
