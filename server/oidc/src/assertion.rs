//! Client assertions: a client proves itself with a signed statement, `private_key_jwt` (RFC 7523 sections
//! 2.2 and 3, OpenID Connect Core section 9).

use coffer_core::{Timestamp, ids::ClientId};
use coffer_crypto::TokenHash;
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use crate::jose::Unverified;

/// `client_assertion_type`
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest time before its end at which an assertion is taken, in seconds: the longest that a common
/// library makes, and a minute for clocks that differ.
const MOST_SECONDS: i64 = 3600 + 60;
/// Seconds by which clocks may differ.
const LEEWAY_SECONDS: i64 = 30;
/// Longest `jti`, in bytes.
const LONGEST_ID: usize = 256;

/// Why an assertion proves nothing, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// It may be signed with a key that the client has since it was last asked for its keys.
    UnknownKey,
    /// It is no good.
    Refused(&'static str),
}

/// An assertion that holds, but for the question whether it came before.
#[derive(Debug)]
pub(crate) struct Assertion {
    /// Tells it from every other assertion.
    pub(crate) id: TokenHash,
    /// When it is no good any more.
    pub(crate) ends_at: Timestamp,
}

/// The client that an assertion speaks for (RFC 7523 section 3, step 2.B): not believed yet.
pub(crate) fn claimed_client(read: &Unverified<'_>) -> Option<ClientId> {
    read.text("sub").map(ClientId::from_text)
}

/// Checks an assertion of `client` for one of these audiences, which name this server.
pub(crate) fn check(
    read: &Unverified<'_>,
    client: &ClientId,
    audiences: &[String],
    keys: &[Jwk],
    now: Timestamp,
) -> Result<Assertion, Unproven> {
    let refused = |text| Err(Unproven::Refused(text));
    if read.text("iss") != Some(client.as_str()) || read.text("sub") != Some(client.as_str()) {
        return refused("iss and sub of the client assertion are not the client id");
    }
    let named = match &read.claims["aud"] {
        Value::String(one) => is_ours(one, audiences),
        Value::Array(some) => some.iter().any(|one| one.as_str().is_some_and(|one| is_ours(one, audiences))),
        _ => false,
    };
    if !named {
        return refused("aud of the client assertion names another server");
    }
    let Some(jti) = read.text("jti").filter(|id| id.len() <= LONGEST_ID) else {
        return refused("the client assertion has no jti, or too long a one");
    };
    let Some(exp) = read.seconds("exp") else { return refused("the client assertion has no exp") };
    let now = now.seconds();
    if exp <= now.saturating_sub(LEEWAY_SECONDS) {
        return refused("the client assertion expired");
    }
    if exp > now.saturating_add(MOST_SECONDS) {
        return refused("the client assertion lasts too long");
    }
    if ["nbf", "iat"].iter().filter_map(|name| read.seconds(name)).any(|at| at > now + LEEWAY_SECONDS) {
        return refused("the client assertion is not good yet");
    }
    if !signed_by_one_of(read, keys) {
        return Err(Unproven::UnknownKey);
    }
    let id = TokenHash::of(&format!("assertion {client} {jti}"));
    Ok(Assertion { id, ends_at: Timestamp::from_seconds(exp.saturating_add(LEEWAY_SECONDS + 1)) })
}

/// The issuer is this server with or without the slash at its end.
fn is_ours(aud: &str, audiences: &[String]) -> bool {
    audiences.iter().any(|ours| ours.trim_end_matches('/') == aud.trim_end_matches('/'))
}

/// A `kid` picks keys of that name (RFC 7515 section 4.1.4); keys without a name are always tried, and all
/// are where the assertion names none.
fn signed_by_one_of(read: &Unverified<'_>, keys: &[Jwk]) -> bool {
    keys.iter()
        .filter(|key| match (&read.kid, &key.common.key_id) {
            (Some(wanted), Some(name)) => wanted == name,
            _ => true,
        })
        .any(|key| read.is_signed_by(key))
}

#[cfg(test)]
mod tests {
    use coffer_contract::application::SigningAlgorithm;
    use serde_json::json;

    use super::*;
    use crate::jose::tests::Pair;

    const NOW: i64 = 1_700_000_000;

    fn claims() -> Value {
        json!({
            "iss": "client", "sub": "client", "aud": "https://coffer.example/", "jti": "1", "exp": NOW + 60,
        })
    }

    fn ask(pair: &Pair, header: &Value, claims: &Value, keys: &[Jwk]) -> Result<Assertion, Unproven> {
        let token = pair.sign(header, claims);
        let read = Unverified::read(&token).unwrap();
        let ours = ["https://coffer.example/".to_owned(), "https://coffer.example/oauth/token".to_owned()];
        check(&read, &ClientId::from_text("client"), &ours, keys, Timestamp::from_seconds(NOW))
    }

    fn named(pair: &Pair, kid: &str) -> Jwk {
        let mut jwk = pair.jwk();
        jwk.common.key_id = Some(kid.to_owned());
        jwk
    }

    /// RFC 7523 section 3, OpenID Connect Core section 9.
    #[test]
    fn every_claim_is_checked() {
        let pair = Pair::new(SigningAlgorithm::Es256);
        let header = json!({"alg": "ES256"});
        let with = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            ask(&pair, &header, &changed, &[pair.jwk()])
        };
        for (name, value) in [
            ("iss", json!("another")),
            ("sub", json!("another")),
            ("sub", Value::Null),
            ("aud", json!("https://evil.example/")),
            ("aud", json!(["https://evil.example/", 1])),
            ("aud", Value::Null),
            ("jti", Value::Null),
            ("jti", json!("x".repeat(300))),
            ("exp", Value::Null),
            ("exp", json!(NOW - 30)),
            ("exp", json!(NOW + 4000)),
            ("exp", json!(i64::MAX)),
            ("nbf", json!(NOW + 31)),
            ("iat", json!(NOW + 31)),
        ] {
            assert!(matches!(with(name, value.clone()), Err(Unproven::Refused(_))), "{name}: {value}");
        }
        for (name, value) in [
            ("aud", json!("https://coffer.example")),
            ("aud", json!("https://coffer.example/oauth/token")),
            ("aud", json!(["https://else.example", "https://coffer.example/"])),
            ("exp", json!(NOW - 29)),
            ("exp", json!(NOW + 3600)),
            ("iat", json!(NOW + 30)),
        ] {
            assert!(with(name, value.clone()).is_ok(), "{name}: {value}");
        }
    }

    #[test]
    fn the_key_is_one_of_the_clients_and_a_kid_picks_it() {
        let (own, other) = (Pair::new(SigningAlgorithm::Rs256), Pair::new(SigningAlgorithm::Rs256));
        let plain = json!({"alg": "RS256"});
        let kid = json!({"alg": "RS256", "kid": "b"});
        for (header, keys, good) in [
            (&plain, vec![other.jwk(), own.jwk()], true),
            (&plain, vec![named(&other, "a"), named(&own, "b")], true),
            (&kid, vec![named(&other, "a"), named(&own, "b")], true),
            (&kid, vec![own.jwk()], true),
            (&kid, vec![named(&own, "a")], false),
            (&kid, vec![named(&other, "b"), named(&own, "a")], false),
            (&plain, vec![other.jwk()], false),
            (&plain, vec![], false),
        ] {
            let outcome = ask(&own, header, &claims(), &keys);
            assert_eq!(outcome.is_ok(), good, "{header} {}", keys.len());
            assert!(good || outcome.unwrap_err() == Unproven::UnknownKey);
        }
    }

    #[test]
    fn an_assertion_is_told_from_others_by_client_and_jti() {
        let pair = Pair::new(SigningAlgorithm::EdDsa);
        let header = json!({"alg": "EdDSA"});
        let id = |claims: &Value| ask(&pair, &header, claims, &[pair.jwk()]).unwrap();
        let (first, mut claims) = (id(&claims()), claims());
        assert_eq!(first.ends_at.seconds(), NOW + 60 + 31);
        claims["exp"] = json!(NOW + 90);
        assert_eq!(id(&claims).id, first.id, "the same statement, however long it lasts");
        claims["jti"] = json!("2");
        assert_ne!(id(&claims).id, first.id);
    }
}
