//! Signing keys of ID tokens (RFC 7515, RFC 7517, RFC 7518).

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_contract::application::SigningAlgorithm;
use coffer_core::ids::SigningKeyId;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde::Serialize;
use thiserror::Error;

use crate::Secret;

/// A private key, ready to sign.
pub struct SigningKey {
    id: SigningKeyId,
    alg: SigningAlgorithm,
    key: EncodingKey,
}

/// Why a key could not be made, read or used. Carries no key material.
#[derive(Debug, Error)]
#[error("signing key: {0}")]
pub struct SigningError(String);

fn failed(what: impl std::fmt::Display) -> SigningError {
    SigningError(what.to_string())
}

/// The JOSE library's name of `alg`.
pub fn jose(alg: SigningAlgorithm) -> Algorithm {
    match alg {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// A new private key as PKCS#8 PEM (RFC 7468). Its randomness is the cryptographic library's own.
/// RSA keys have 2048 bits; making one takes up to some hundred milliseconds.
pub fn generate_pem(alg: SigningAlgorithm) -> Result<Secret, SigningError> {
    let der = match alg {
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            der.as_ref().to_vec()
        }
        SigningAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .map_err(failed)?
            .as_ref()
            .to_vec(),
        SigningAlgorithm::EdDsa => {
            Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8v1()).map_err(failed)?.as_ref().to_vec()
        }
    };
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        pem.extend(line.iter().map(|b| char::from(*b)));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(Secret::new(pem))
}

impl SigningKey {
    /// Reads a PKCS#8 PEM.
    pub fn from_pem(id: SigningKeyId, alg: SigningAlgorithm, pem: &Secret) -> Result<Self, SigningError> {
        let bytes = pem.reveal().as_bytes();
        let key = match alg {
            SigningAlgorithm::Rs256 => EncodingKey::from_rsa_pem(bytes),
            SigningAlgorithm::Es256 => EncodingKey::from_ec_pem(bytes),
            SigningAlgorithm::EdDsa => EncodingKey::from_ed_pem(bytes),
        }
        .map_err(failed)?;
        Ok(Self { id, alg, key })
    }

    /// Its `kid`.
    pub fn id(&self) -> &SigningKeyId {
        &self.id
    }

    /// Its algorithm.
    pub fn alg(&self) -> SigningAlgorithm {
        self.alg
    }

    /// The public half as a JWK with `kid`, `alg` and `use` (RFC 7517 section 4).
    pub fn public_jwk(&self) -> Result<serde_json::Value, SigningError> {
        let mut jwk = Jwk::from_encoding_key(&self.key, jose(self.alg)).map_err(failed)?;
        jwk.common.key_id = Some(self.id.to_string());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        serde_json::to_value(&jwk).map_err(failed)
    }

    /// A signed JWT of `claims` with the header `{"alg", "kid", "typ": "JWT"}`.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        self.sign_as("JWT", claims)
    }

    /// The same with another `typ` (RFC 8725 section 3.11: one kind of token is not taken for another).
    pub fn sign_as(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let mut header = Header::new(jose(self.alg));
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.id.to_string());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(failed)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).field("alg", &self.alg).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_algorithm_signs_what_its_public_key_verifies() {
        for alg in SigningAlgorithm::ALL {
            let pem = generate_pem(alg).unwrap();
            let key = SigningKey::from_pem(SigningKeyId::from_text("k1"), alg, &pem).unwrap();
            let jwk = key.public_jwk().unwrap();
            assert_eq!((jwk["kid"].as_str(), jwk["use"].as_str()), (Some("k1"), Some("sig")));
            assert_eq!(jwk["alg"], alg.code());
            assert!(jwk.get("d").is_none(), "{jwk}");
            let token = key.sign(&json!({"sub": "u", "exp": 4_000_000_000u64})).unwrap();
            let public = DecodingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).unwrap();
            let claims = decode::<Value>(&token, &public, &Validation::new(jose(alg))).unwrap().claims;
            assert_eq!(claims["sub"], "u");
        }
    }
}
