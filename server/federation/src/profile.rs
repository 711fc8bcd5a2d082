//! Who signed in: from the ID token and from user info, in the claim names of OpenID Connect.

use coffer_contract::connection::ProfileMapping;
use coffer_core::user::Profile;
use coffer_crypto::Secret;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    Federation, Upstream,
    catalogue::{Method, Source},
    endpoints::Provider,
    error::UpstreamError,
    mapping,
};

impl Federation {
    /// The user's id and profile: from the ID token where there is one, else from what `answered` (the
    /// token answer) or user info says.
    pub(crate) async fn person(
        &self,
        upstream: &Upstream<'_>,
        provider: &Provider<'_>,
        claims: Option<Value>,
        answered: &Map<String, Value>,
        access_token: &Secret,
    ) -> Result<(String, Profile), UpstreamError> {
        let info = match (&provider.user_info, provider.entry.user_info.source) {
            (_, Source::Token) => Some(Value::Object(answered.clone())),
            (Some(url), Source::Endpoint) => Some(self.user_info(provider, url, access_token).await?),
            (None, Source::Endpoint) => None,
        };
        let mapping = mapping::over(&upstream.connection.options.profile, &provider.entry.profile);
        let subject = match &claims {
            Some(claims) => {
                let subject = text(claims, "sub")
                    .ok_or_else(|| UpstreamError::IdToken("it names no subject".into()))?;
                // OpenID Connect Core section 5.3.2: another subject, or none, is another person.
                if info.as_ref().is_some_and(|info| text(info, "sub").as_ref() != Some(&subject)) {
                    return Err(UpstreamError::Answer("user info is about another person".into()));
                }
                Some(subject)
            }
            None if info.is_none() => return Err(UpstreamError::Setting("a user-info URL")),
            None => None,
        };
        let mut said = claims.unwrap_or_else(|| json!({}));
        if let (Value::Object(all), Some(Value::Object(info))) = (&mut said, info) {
            // That one address is verified says nothing of another.
            if info.get("email").is_some_and(|email| all.get("email") != Some(email)) {
                all.remove("email_verified");
            }
            all.extend(info);
        }
        let mapping = match subject {
            Some(_) => ProfileMapping { id: None, ..mapping },
            None => mapping,
        };
        let mapped = mapping::map(&mapping, &said).map_err(|errors| {
            let reasons: Vec<_> = errors.into_iter().map(|error| error.message).collect();
            UpstreamError::Answer(format!("the profile mapping failed: {}", reasons.join(" ")))
        })?;
        let (mut email, mut email_verified) = (mapped.email, mapped.email_verified);
        if email.is_none()
            && let Some(url) = &provider.emails
        {
            (email, email_verified) = self.primary_email(url, access_token).await;
        }
        let id = subject.unwrap_or(mapped.id);
        if id.contains('\0') {
            return Err(UpstreamError::Answer("the user's id has a NUL character in it".into()));
        }
        // What is only shown is shown without; not every database can store one.
        let clean = |text: Option<String>| text.map(|text| text.replace('\0', ""));
        let profile = Profile {
            name: clean(mapped.name),
            given_name: clean(text(&said, "given_name")),
            family_name: clean(text(&said, "family_name")),
            nickname: clean(mapped.nickname),
            preferred_username: clean(text(&said, "preferred_username")),
            picture: clean(mapped.picture),
            locale: clean(text(&said, "locale")),
            email: clean(email),
            email_verified,
        };
        Ok((id, profile))
    }

    async fn user_info(
        &self,
        provider: &Provider<'_>,
        url: &Url,
        access_token: &Secret,
    ) -> Result<Value, UpstreamError> {
        let call = &provider.entry.user_info;
        let body = (call.method == Method::Post).then(|| call.body.as_deref().unwrap_or(""));
        let answer = self.outbound.call(url, access_token, &provider.user_info_headers, body).await?;
        if !answer.status().is_success() {
            return Err(UpstreamError::Answer(format!(
                "user info came with status {}",
                answer.status().as_u16()
            )));
        }
        let info: Value = serde_json::from_slice(answer.body())
            .map_err(|_| UpstreamError::Answer("user info is not JSON".into()))?;
        let refused = provider.entry.token.ok_member.as_ref().is_some_and(|name| info[name] == false);
        if refused {
            let code = text(&info, "error").unwrap_or_default();
            return Err(UpstreamError::Answer(format!("user info was refused ({code})")));
        }
        info.is_object()
            .then_some(info)
            .ok_or_else(|| UpstreamError::Answer("user info is not an object".into()))
    }

    /// The primary address of a list `[{email, primary, verified}]`; none where it may not be read.
    async fn primary_email(&self, url: &Url, access_token: &Secret) -> (Option<String>, bool) {
        let Ok(answer) = self.outbound.get(url, Some(access_token)).await else { return (None, false) };
        let Ok(Value::Array(list)) = serde_json::from_slice(answer.body()) else { return (None, false) };
        let Some(primary) = list.iter().find(|entry| entry["primary"] == true) else { return (None, false) };
        (text(primary, "email"), primary["verified"] == true)
    }
}

/// A member that is a string or number, as text; nothing for anything else or for an empty string.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
