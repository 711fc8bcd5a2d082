//! Proof of possession (DPoP, RFC 9449): a token that is bound to a key is worth nothing without the key.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_core::Timestamp;
use coffer_crypto::{Secret, TokenHash};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{Oidc, jose::Unverified};

/// Seconds for which a proof is good after it was made (section 11.1).
const WINDOW_SECONDS: i64 = 300;
/// Seconds by which a client's clock may be ahead.
const AHEAD_SECONDS: i64 = 30;
/// Longest `jti`, in bytes.
const LONGEST_ID: usize = 256;
/// Members of a JWK that are private (RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// The `DPoP` headers of a request, and what its proof has to be for.
#[derive(Clone, Default)]
pub struct Proofs {
    /// Each header's value.
    pub headers: Vec<String>,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
}

/// Proofs are as good as passwords for as long as they last.
impl fmt::Debug for Proofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proofs").field("count", &self.headers.len()).field("path", &self.path).finish()
    }
}

/// Why a proof is no good (`invalid_dpop_proof`): says what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// For the client's developer.
    #[error("The DPoP proof is refused: {0}.")]
    Refused(&'static str),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

/// A proof that holds, but for the question whether it came before.
#[derive(Debug)]
struct Proof {
    /// Thumbprint of its key (RFC 7638): what tokens are bound to.
    jkt: String,
    /// Tells it from every other proof.
    id: TokenHash,
    /// When it is no good any more.
    ends_at: Timestamp,
}

/// Everything that section 4.3 asks of a proof, in its order, except its use: `token` is the access token
/// that comes with it, where there is one.
fn check(
    proof: &str,
    method: &str,
    url: &Url,
    token: Option<&Secret>,
    now: Timestamp,
) -> Result<Proof, &'static str> {
    let read = Unverified::read(proof)?;
    let jti = read.text("jti").ok_or("it has no jti")?;
    let htm = read.text("htm").ok_or("it has no htm")?;
    let htu = read.text("htu").ok_or("it has no htu")?;
    let iat = read.seconds("iat").ok_or("it has no iat")?;
    if jti.len() > LONGEST_ID {
        return Err("its jti is too long");
    }
    if read.typ.as_deref() != Some("dpop+jwt") {
        return Err("its typ is not dpop+jwt");
    }
    let key = read.jwk.as_ref().ok_or("its header has no jwk")?;
    if PRIVATE.iter().any(|name| key.get(name).is_some()) {
        return Err("its jwk has a private key in it; replace that key");
    }
    let key: Jwk = serde_json::from_value(key.clone()).map_err(|_| "its jwk is not a key")?;
    if !read.is_signed_by(&key) {
        return Err("its signature does not hold under its jwk");
    }
    if htm != method {
        return Err("its htm is another method");
    }
    if target(htu).as_ref() != Some(url) {
        return Err("its htu is another address; use the one that the metadata names");
    }
    if iat > now.seconds() + AHEAD_SECONDS || iat < now.seconds() - WINDOW_SECONDS {
        return Err("its iat is not now; make a new one for each request, and check the clock");
    }
    if let Some(token) = token {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(token.reveal().as_bytes()));
        if read.text("ath") != Some(hash.as_str()) {
            return Err("its ath is not the hash of the access token");
        }
    }
    let jkt = key.thumbprint(ThumbprintHash::SHA256).map_err(|_| "its jwk is not a key")?;
    let id = TokenHash::of(&format!("dpop {jkt} {jti}"));
    Ok(Proof { id, ends_at: Timestamp::from_seconds(iat + WINDOW_SECONDS + 1), jkt })
}

/// An address without query and fragment, in its normal form (section 4.3, step 9).
fn target(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

impl Oidc {
    /// The thumbprint of the key that a request proves to have; `None` where it does not try to. Every proof
    /// is good once.
    pub(crate) async fn proven_key(
        &self,
        proofs: &Proofs,
        token: Option<&Secret>,
    ) -> Result<Option<String>, ProofError> {
        let refused = |text| Err(ProofError::Refused(text));
        let proof = match proofs.headers.as_slice() {
            [] => return Ok(None),
            [one] => one,
            _ => return refused("there is more than one DPoP header"),
        };
        let inside = |error: &dyn fmt::Display| ProofError::Inside(error.to_string());
        let now = self.clock.now();
        let url = self.issuer.url().join(&proofs.path).map_err(|error| inside(&error))?;
        let proof = check(proof, &proofs.method, &url, token, now).map_err(ProofError::Refused)?;
        let first = self.store.replays().first(&proof.id, proof.ends_at).await;
        if !first.map_err(|error| inside(&error))? {
            return refused("it was used before; make a new one for each request");
        }
        Ok(Some(proof.jkt))
    }
}

#[cfg(test)]
mod tests {
    use coffer_contract::application::SigningAlgorithm;
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::tests::Pair;

    const NOW: i64 = 1_700_000_000;
    const TOKEN: &str = "https://coffer.example/oauth/token";

    fn claims() -> Value {
        json!({"jti": "-BwC3ESc6acc2lTc", "htm": "POST", "htu": TOKEN, "iat": NOW})
    }

    fn ask(
        pair: &Pair,
        header: &Value,
        claims: &Value,
        token: Option<&Secret>,
    ) -> Result<Proof, &'static str> {
        let url = TOKEN.parse().unwrap();
        check(&pair.sign(header, claims), "POST", &url, token, Timestamp::from_seconds(NOW))
    }

    /// RFC 9449 section 4.2; the thumbprint is that of RFC 7638 section 3.
    #[test]
    fn a_proof_binds_to_the_thumbprint_of_its_key() {
        for (alg, members) in [
            (SigningAlgorithm::Es256, &["crv", "kty", "x", "y"][..]),
            (SigningAlgorithm::Rs256, &["e", "kty", "n"]),
            (SigningAlgorithm::EdDsa, &["crv", "kty", "x"]),
        ] {
            let pair = Pair::new(alg);
            let header = json!({"typ": "dpop+jwt", "alg": alg.code(), "jwk": pair.public});
            let proof = ask(&pair, &header, &claims(), None).unwrap();
            let sorted: Vec<String> =
                members.iter().map(|name| format!("\"{name}\":{}", pair.public[name])).collect();
            let expected = Sha256::digest(format!("{{{}}}", sorted.join(",")));
            assert_eq!(proof.jkt, URL_SAFE_NO_PAD.encode(expected));
        }
    }

    /// The list of RFC 9449 section 4.3.
    #[test]
    fn everything_about_a_proof_is_checked() {
        let (pair, other) = (Pair::new(SigningAlgorithm::Es256), Pair::new(SigningAlgorithm::Es256));
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": pair.public});
        let with = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            changed
        };
        for (name, value) in [
            ("jti", json!("")),
            ("jti", json!("x".repeat(300))),
            ("htm", json!("GET")),
            ("htm", json!("post")),
            ("htu", json!("https://coffer.example/userinfo")),
            ("htu", json!("http://coffer.example/oauth/token")),
            ("htu", json!("https://evil.example/oauth/token")),
            ("iat", json!(NOW - 301)),
            ("iat", json!(NOW + 31)),
            ("iat", json!("now")),
            ("iat", Value::Null),
        ] {
            assert!(ask(&pair, &header, &with(name, value.clone()), None).is_err(), "{name}: {value}");
        }
        for (name, value) in [
            ("iat", json!(NOW - 300)),
            ("iat", json!(NOW + 30)),
            ("htu", json!("https://coffer.example:443/oauth/token?x=1#y")),
            ("htu", json!("HTTPS://COFFER.EXAMPLE/oauth/token")),
        ] {
            assert!(ask(&pair, &header, &with(name, value.clone()), None).is_ok(), "{name}: {value}");
        }
        let mut private = pair.public.clone();
        private["d"] = json!("AAAA");
        for header in [
            json!({"typ": "JWT", "alg": "ES256", "jwk": pair.public}),
            json!({"alg": "ES256", "jwk": pair.public}),
            json!({"typ": "dpop+jwt", "alg": "ES256"}),
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": "key"}),
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": private}),
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": other.public}),
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "oct", "k": "AAAA"}}),
        ] {
            assert!(ask(&pair, &header, &claims(), None).is_err(), "{header}");
        }
    }

    /// RFC 9449 section 7: with an access token comes the hash of it.
    #[test]
    fn a_proof_for_a_token_names_the_token() {
        let pair = Pair::new(SigningAlgorithm::Es256);
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": pair.public});
        let token = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        // The value of section 7.1.
        let ath = json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        let mut claims = claims();
        assert!(ask(&pair, &header, &claims, Some(&token)).is_err());
        claims["ath"] = ath;
        assert!(ask(&pair, &header, &claims, Some(&token)).is_ok());
        assert!(ask(&pair, &header, &claims, Some(&Secret::new("another"))).is_err());
    }
}
