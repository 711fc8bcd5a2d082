//! What differs between two objects, field by field.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{Api, Application, Connection, Enablement, Grant};

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its name, as in the file (`options.tenant`).
    pub field: String,
    /// What it is; `None` where it is not there.
    pub before: Option<Value>,
    /// What it is to be.
    pub after: Option<Value>,
    /// Whether it is a secret, whose values are `None`.
    pub secret: bool,
}

/// Fields by name.
pub type Fields = BTreeMap<String, Value>;

impl Change {
    /// A secret that is set or replaced.
    pub fn secret() -> Self {
        Self { field: "client_secret".to_owned(), before: None, after: None, secret: true }
    }
}

/// What has to change from `before` to `after`.
pub fn changes(before: &Fields, after: &Fields) -> Vec<Change> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| Change {
            field: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
            secret: false,
        })
        .collect()
}

/// What a new object has that is not so by itself.
pub fn creation(blank: &Fields, after: &Fields) -> Vec<Change> {
    let set = after.iter().filter(|(name, value)| blank.get(*name) != Some(value));
    set.map(|(name, value)| Change {
        field: name.clone(),
        before: None,
        after: Some(value.clone()),
        secret: false,
    })
    .collect()
}

impl Api {
    /// One with defaults alone.
    pub fn blank() -> Option<Self> {
        serde_json::from_value(json!({ "identifier": "", "name": "" })).ok()
    }

    /// Its fields; each scope is one.
    pub fn fields(&self) -> Fields {
        let mut members = members(self);
        members.remove("identifier");
        let scopes = self.scopes.iter().map(|scope| (scope.value.clone(), json!(scope.description)));
        members.insert("scopes".to_owned(), Value::Object(scopes.collect()));
        flat(members, &[])
    }
}

impl Connection {
    /// One with defaults alone.
    pub fn blank() -> Option<Self> {
        serde_json::from_value(json!({ "name": "", "strategy": "", "client_id": "" })).ok()
    }

    /// Its fields, without the secret.
    pub fn fields(&self) -> Fields {
        let mut members = members(self);
        members.remove("name");
        flat(members, &[])
    }
}

impl Application {
    /// One with defaults alone.
    pub fn blank() -> Option<Self> {
        serde_json::from_value(json!({ "name": "", "type": "regular_web" })).ok()
    }

    /// Its fields, without the secret, the connections and the APIs.
    pub fn fields(&self) -> Fields {
        let mut members = members(self);
        members.remove("client_id");
        let policies =
            self.refresh_policies.iter().map(|policy| (policy.audience.clone(), sorted(&policy.scope)));
        members.insert("refresh_policies".to_owned(), Value::Object(policies.collect()));
        flat(members, &["jwks"])
    }
}

/// The connections of an application as fields.
pub fn enablements(list: &[Enablement]) -> Fields {
    let value = |one: &Enablement| one.scope_ceiling.as_ref().map_or(json!(true), |scopes| sorted(scopes));
    list.iter().map(|one| (format!("connections.{}", one.name), value(one))).collect()
}

/// The APIs of an application as fields.
pub fn grants(list: &[Grant]) -> Fields {
    let name = |one: &Grant| format!("apis.{}.{}", one.identifier, one.subject.code());
    list.iter().map(|one| (name(one), sorted(&one.scopes))).collect()
}

/// The order of a list has no meaning.
fn sorted(list: &[String]) -> Value {
    let set: std::collections::BTreeSet<&String> = list.iter().collect();
    json!(set)
}

fn members(object: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(object) {
        Ok(Value::Object(members)) => members,
        // The model's maps have texts as keys: they are always JSON.
        _ => Map::new(),
    }
}

/// Members of members by their whole name, those in `whole` excepted; nothing for `null`.
fn flat(members: Map<String, Value>, whole: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in members {
        put(&mut fields, name, value, whole);
    }
    fields
}

fn put(fields: &mut Fields, name: String, value: Value, whole: &[&str]) {
    match value {
        Value::Null => {}
        Value::Object(members) if !whole.contains(&name.as_str()) => {
            for (member, value) in members {
                put(fields, format!("{name}.{member}"), value, whole);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            fields.insert(name, sorted(&texts));
        }
        value => {
            fields.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Blueprint;

    fn connection(options: &str) -> Connection {
        let text = format!(
            "[[connection]]\nname = \"a\"\nstrategy = \"oidc\"\nclient_id = \"x\"\nscopes = [\"b\", \"a\"]\n{options}"
        );
        toml::from_str::<Blueprint>(&text).unwrap().connection.unwrap().remove(0)
    }

    #[test]
    fn members_of_members_are_fields_and_order_is_none() {
        let before = connection(
            "[connection.options]\nprofile.id = \"sub\"\nupstream_params = { a = \"1\", b = \"2\" }\n",
        );
        let mut after = connection("[connection.options]\nupstream_params = { a = \"1\", b = \"3\" }\n");
        after.scopes = Some(vec!["a".into(), "b".into()]);
        let changes = changes(&before.fields(), &after.fields());
        let shown: Vec<_> =
            changes.iter().map(|c| (c.field.as_str(), c.before.clone(), c.after.clone())).collect();
        assert_eq!(
            shown,
            [
                ("options.profile.id", Some(json!("sub")), None),
                ("options.upstream_params.b", Some(json!("2")), Some(json!("3"))),
            ]
        );
        assert_eq!(super::changes(&before.fields(), &before.fields()), vec![]);
    }
}
