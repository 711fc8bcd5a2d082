//! From what a provider says of a user to a profile: JMESPath expressions.

use coffer_contract::{
    FieldError,
    connection::{MappedProfile, ProfileMapping},
};
use jmespath::Expression;
use serde_json::Value;

/// Longest expression, in bytes.
const LONGEST: usize = 500;

/// Parses an expression; the error says where it stops making sense.
pub(crate) fn compile(expression: &str) -> Result<Expression<'static>, String> {
    if expression.len() > LONGEST {
        return Err(format!("an expression has at most {LONGEST} characters"));
    }
    jmespath::compile(expression).map_err(|error| {
        format!("“{expression}” is no JMESPath expression (at character {})", error.offset + 1)
    })
}

/// A string or number as text; nothing for anything else or for an empty string.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn search(expression: &str, said: &Value) -> Result<Value, String> {
    let found =
        compile(expression)?.search(said).map_err(|_| format!("“{expression}” does not fit the answer"))?;
    serde_json::to_value(&found).map_err(|_| format!("“{expression}” gives no JSON"))
}

/// The members of `own`, and those of `base` where `own` has none.
pub(crate) fn over(own: &ProfileMapping, base: &ProfileMapping) -> ProfileMapping {
    let pick = |own: &Option<String>, base: &Option<String>| own.clone().or_else(|| base.clone());
    ProfileMapping {
        id: pick(&own.id, &base.id),
        name: pick(&own.name, &base.name),
        nickname: pick(&own.nickname, &base.nickname),
        picture: pick(&own.picture, &base.picture),
        email: pick(&own.email, &base.email),
        email_verified: pick(&own.email_verified, &base.email_verified),
    }
}

/// What the mapping makes of the answer; each member that it cannot make is named with its field.
pub(crate) fn map(mapping: &ProfileMapping, said: &Value) -> Result<MappedProfile, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut at = |field: &str, own: &Option<String>, standard: &str| {
        search(own.as_deref().unwrap_or(standard), said).unwrap_or_else(|message| {
            errors.push(FieldError::new(field, format!("{message}.")));
            Value::Null
        })
    };
    let id = text(at("options.profile.id", &mapping.id, "sub || id"));
    let name = text(at("options.profile.name", &mapping.name, "name"));
    let nickname = text(at("options.profile.nickname", &mapping.nickname, "nickname"));
    let picture = text(at("options.profile.picture", &mapping.picture, "picture"));
    let email = text(at("options.profile.email", &mapping.email, "email"));
    let verified = at("options.profile.email_verified", &mapping.email_verified, "email_verified");
    if id.is_none() && errors.is_empty() {
        let expression = mapping.id.as_deref().unwrap_or("sub || id");
        let message =
            format!("“{expression}” finds no text or number in the answer that could identify the user.");
        errors.push(FieldError::new("options.profile.id", message));
    }
    match id {
        Some(id) if errors.is_empty() => Ok(MappedProfile {
            id,
            name,
            nickname,
            picture: picture.filter(|url| url.starts_with("https://")),
            email_verified: email.is_some() && (verified == true || verified == "true"),
            email,
        }),
        _ => Err(errors),
    }
}

/// Tries a mapping on a sample answer, for the dashboard.
pub fn try_mapping(mapping: &ProfileMapping, sample: &str) -> Result<MappedProfile, Vec<FieldError>> {
    let said: Value = serde_json::from_str(sample).map_err(|error| {
        vec![FieldError::new(
            "sample",
            format!("This is not JSON (line {}, column {}).", error.line(), error.column()),
        )]
    })?;
    map(mapping, &said)
}

/// What is wrong with the expressions, whatever the answer.
pub fn check_mapping(mapping: &ProfileMapping) -> Vec<FieldError> {
    let wrong = |(field, expression): (&'static str, &Option<String>)| {
        let message = compile(expression.as_deref()?).err()?;
        Some(FieldError::new(field, format!("{message}.")))
    };
    mapping.members().into_iter().filter_map(wrong).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_reach_where_claims_are_not() {
        let mapping = ProfileMapping {
            id: Some("data.viewer.id".into()),
            name: Some("join(' ', [data.viewer.first, data.viewer.last])".into()),
            email: Some("data.viewer.emails[?primary].address | [0]".into()),
            email_verified: Some("`true`".into()),
            picture: Some("data.viewer.avatar".into()),
            ..ProfileMapping::default()
        };
        let said = json!({"data": {"viewer": {"id": 42, "first": "Ada", "last": "L", "avatar": "http://x/",
            "emails": [{"address": "old@x.example"}, {"address": "ada@x.example", "primary": true}]}}});
        let profile = map(&mapping, &said).unwrap();
        assert_eq!((profile.id.as_str(), profile.name.as_deref()), ("42", Some("Ada L")));
        assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("ada@x.example"), true));
        assert_eq!(profile.picture, None, "plain http is no picture");
    }

    #[test]
    fn errors_name_the_field() {
        let fields = |mapping: &ProfileMapping, said: &Value| {
            map(mapping, said).unwrap_err().into_iter().map(|e| e.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&ProfileMapping::default(), &json!({"name": "Ada"})), ["options.profile.id"]);
        let broken = ProfileMapping { name: Some("name[".into()), ..ProfileMapping::default() };
        assert_eq!(fields(&broken, &json!({"sub": "1"})), ["options.profile.name"]);
        assert_eq!(check_mapping(&broken).len(), 1);
        assert_eq!(try_mapping(&broken, "{").unwrap_err()[0].field, "sample");
    }
}
