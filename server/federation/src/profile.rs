//! Who signed in: from the ID token and from user info, in the claim names of OpenID Connect.

use coffer_core::user::Profile;
use coffer_crypto::Secret;
use serde_json::{Value, json};
use url::Url;

use crate::{Federation, Upstream, endpoints::Provider, error::UpstreamError};

impl Federation {
    /// The user's id and profile.
    pub(crate) async fn person(
        &self,
        upstream: &Upstream<'_>,
        provider: &Provider<'_>,
        claims: Option<Value>,
        access_token: &Secret,
    ) -> Result<(String, Profile), UpstreamError> {
        let info = match &provider.user_info {
            Some(url) => Some(self.user_info(url, access_token).await?),
            None => None,
        };
        let id_field = upstream.connection.options.user_id_field.as_deref();
        let id = match (&claims, &info) {
            (Some(claims), info) => {
                let id = text(claims, "/sub")
                    .ok_or_else(|| UpstreamError::IdToken("it names no subject".into()))?;
                // OpenID Connect Core section 5.3.2: another subject, or none, is another person.
                if info.as_ref().is_some_and(|info| text(info, "/sub").as_ref() != Some(&id)) {
                    return Err(UpstreamError::Answer("user info is about another person".into()));
                }
                id
            }
            (None, Some(info)) => {
                let pointers = match (id_field, &provider.entry.profile.id) {
                    (Some(field), _) => vec![format!("/{}", field.replace('.', "/"))],
                    (None, Some(pointer)) => vec![pointer.clone()],
                    (None, None) => vec!["/sub".into(), "/id".into()],
                };
                let found = pointers.iter().find_map(|pointer| text(info, pointer));
                found.ok_or_else(|| {
                    UpstreamError::Answer(format!("user info has no user id at {}", pointers.join(" or ")))
                })?
            }
            (None, None) => return Err(UpstreamError::Setting("a user-info URL")),
        };
        let mut merged = claims.unwrap_or_else(|| json!({}));
        if let (Value::Object(all), Some(Value::Object(info))) = (&mut merged, info) {
            // That one address is verified says nothing of another.
            if info.get("email").is_some_and(|email| all.get("email") != Some(email)) {
                all.remove("email_verified");
            }
            all.extend(info);
        }
        let mut profile = mapped(&merged, provider);
        if profile.email.is_none()
            && let Some(url) = &provider.entry.endpoints.emails
        {
            (profile.email, profile.email_verified) = self.primary_email(url, access_token).await;
        }
        Ok((id, profile))
    }

    async fn user_info(&self, url: &Url, access_token: &Secret) -> Result<Value, UpstreamError> {
        let answer = self.outbound.get(url, Some(access_token)).await?;
        if !answer.status().is_success() {
            return Err(UpstreamError::Answer(format!(
                "user info came with status {}",
                answer.status().as_u16()
            )));
        }
        let info: Value = serde_json::from_slice(answer.body())
            .map_err(|_| UpstreamError::Answer("user info is not JSON".into()))?;
        info.is_object()
            .then_some(info)
            .ok_or_else(|| UpstreamError::Answer("user info is not an object".into()))
    }

    /// The primary address of a list `[{email, primary, verified}]`; none where it may not be read.
    async fn primary_email(&self, url: &Url, access_token: &Secret) -> (Option<String>, bool) {
        let Ok(answer) = self.outbound.get(url, Some(access_token)).await else { return (None, false) };
        let Ok(Value::Array(list)) = serde_json::from_slice(answer.body()) else { return (None, false) };
        let Some(primary) = list.iter().find(|entry| entry["primary"] == true) else { return (None, false) };
        (text(primary, "/email"), primary["verified"] == true)
    }
}

fn mapped(info: &Value, provider: &Provider<'_>) -> Profile {
    let map = &provider.entry.profile;
    let at = |own: &Option<String>, standard: &str| text(info, own.as_deref().unwrap_or(standard));
    let email = at(&map.email, "/email");
    let said = &info["email_verified"];
    Profile {
        name: at(&map.name, "/name"),
        given_name: text(info, "/given_name"),
        family_name: text(info, "/family_name"),
        nickname: at(&map.nickname, "/nickname"),
        preferred_username: text(info, "/preferred_username"),
        picture: at(&map.picture, "/picture").filter(|url| url.starts_with("https://")),
        locale: text(info, "/locale"),
        email_verified: email.is_some() && (map.email_is_verified || said == true || said == "true"),
        email,
    }
}

/// A string or number, as text; nothing for anything else or for an empty string.
fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
