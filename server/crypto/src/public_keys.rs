//! Public keys of applications (RFC 7517), as people paste them: a key set, one key, or PEM (RFC 7468).

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use serde_json::{Value, json};
use thiserror::Error;

/// Most keys of one application.
pub const MOST_KEYS: usize = 16;
/// Bytes of the shortest RSA modulus that is accepted: 2048 bits (RFC 7518 section 3.3), in base64url.
const SHORTEST_MODULUS: usize = 342;

/// What is wrong with pasted keys, and what to paste instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct KeysError(&'static str);

/// Reads pasted keys into a key set.
pub fn read(text: &str) -> Result<Value, KeysError> {
    let text = text.trim();
    let set = if text.starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|_| KeysError("This is not valid JSON."))?;
        if value.get("keys").is_some() { value } else { json!({ "keys": [value] }) }
    } else if text.contains("-----BEGIN ") {
        json!({ "keys": pem(text)? })
    } else {
        return Err(KeysError("Paste a public key as PEM, a JWK, or a JWKS document."));
    };
    check(&set)?;
    Ok(set)
}

fn pem(text: &str) -> Result<Vec<Value>, KeysError> {
    let blocks = text.split_inclusive("-----BEGIN ").skip(1).map(|rest| {
        let rest = rest.strip_suffix("-----BEGIN ").unwrap_or(rest);
        format!("-----BEGIN {}", rest.trim())
    });
    blocks
        .map(|block| {
            if block.contains("PRIVATE KEY") {
                return Err(KeysError("This is a private key. Keep it secret and paste its public key."));
            }
            let bytes = block.as_bytes();
            let key = DecodingKey::from_rsa_pem(bytes)
                .or_else(|_| DecodingKey::from_ec_pem(bytes))
                .or_else(|_| DecodingKey::from_ed_pem(bytes))
                .and_then(|key| Jwk::from_decoding_key(&key, None));
            let jwk = key.ok().and_then(|jwk| serde_json::to_value(jwk).ok());
            jwk.ok_or(KeysError("This PEM is not a public key of RSA, P-256 or Ed25519."))
        })
        .collect()
}

/// Whether a key set has at least one key that can prove a client, and none that is secret.
pub fn check(set: &Value) -> Result<(), KeysError> {
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        return Err(KeysError("A JWKS document has a member “keys”, which is a list."));
    };
    if keys.len() > MOST_KEYS {
        return Err(KeysError("There are more than 16 keys."));
    }
    let secret = |key: &Value| ["d", "k", "p", "q"].iter().any(|name| key.get(name).is_some());
    if keys.iter().any(secret) {
        return Err(KeysError("There is a private key in it. Keep that secret and paste its public key."));
    }
    let usable = usable(set);
    let short = usable
        .iter()
        .any(|key| matches!(&key.algorithm, AlgorithmParameters::RSA(rsa) if rsa.n.len() < SHORTEST_MODULUS));
    if short {
        return Err(KeysError("An RSA key must have at least 2048 bits."));
    }
    if usable.is_empty() {
        return Err(KeysError("There is no key of RSA, P-256 or Ed25519 in it."));
    }
    Ok(())
}

/// The keys of a set that can prove a client; others are passed over (RFC 7517 section 5).
pub fn usable(set: &Value) -> Vec<Jwk> {
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    keys.iter()
        .take(MOST_KEYS)
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter(|key| match &key.algorithm {
            AlgorithmParameters::RSA(_) => true,
            AlgorithmParameters::EllipticCurve(ec) => ec.curve == EllipticCurve::P256,
            AlgorithmParameters::OctetKeyPair(okp) => okp.curve == EllipticCurve::Ed25519,
            _ => false,
        })
        .filter(|key| DecodingKey::from_jwk(key).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer as _, PublicKeyX509Der},
        signature::{
            ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
        },
    };
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use coffer_contract::application::SigningAlgorithm;
    use coffer_core::ids::SigningKeyId;

    use super::*;
    use crate::{SigningKey, signing::generate_pem};

    fn public_pem(der: &[u8]) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    fn private_der(alg: SigningAlgorithm) -> (String, Vec<u8>) {
        let pem = generate_pem(alg).unwrap().reveal().to_owned();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        (pem, STANDARD.decode(body).unwrap())
    }

    #[test]
    fn pem_jwk_and_jwks_become_a_key_set() {
        let mut all = String::new();
        for alg in SigningAlgorithm::ALL {
            let (private, der) = private_der(alg);
            let spki: PublicKeyX509Der<'_> = match alg {
                SigningAlgorithm::Rs256 => {
                    RsaKeyPair::from_pkcs8(&der).unwrap().public_key().as_der().unwrap()
                }
                SigningAlgorithm::Es256 => {
                    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
                    pair.public_key().as_der().unwrap()
                }
                SigningAlgorithm::EdDsa => {
                    Ed25519KeyPair::from_pkcs8(&der).unwrap().public_key().as_der().unwrap()
                }
            };
            let pem = public_pem(spki.as_ref());
            let set = read(&pem).unwrap();
            let key =
                SigningKey::from_pem(SigningKeyId::from_text("k"), alg, &crate::Secret::new(private.clone()))
                    .unwrap();
            let jwk = key.public_jwk().unwrap();
            for member in ["kty", "crv", "x", "y", "n", "e"] {
                assert_eq!(set["keys"][0][member], jwk[member], "{alg:?} {member}");
            }
            assert_eq!(read(&jwk.to_string()).unwrap()["keys"][0]["kid"], "k");
            assert_eq!(usable(&read(&json!({"keys": [jwk]}).to_string()).unwrap()).len(), 1);
            assert!(read(&private).unwrap_err().to_string().contains("private key"));
            all.push_str(&pem);
        }
        assert_eq!(usable(&read(&all).unwrap()).len(), 3);
    }

    #[test]
    fn what_cannot_prove_a_client_is_refused() {
        for (text, words) in [
            ("", "PEM"),
            ("hello", "PEM"),
            ("{", "JSON"),
            ("{\"keys\": {}}", "list"),
            ("{\"keys\": []}", "no key"),
            ("{\"kty\": \"oct\", \"k\": \"AAAA\"}", "private"),
            ("{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\", \"d\": \"AA\"}", "private"),
            ("{\"kty\": \"EC\", \"crv\": \"P-384\", \"x\": \"AA\", \"y\": \"AA\"}", "no key"),
            ("{\"kty\": \"RSA\", \"n\": \"AAAA\", \"e\": \"AQAB\"}", "2048"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "not a public key"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }
}
