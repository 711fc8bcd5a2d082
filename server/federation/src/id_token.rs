//! ID tokens of providers (OpenID Connect Core section 3.1.3.7).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use coffer_core::Timestamp;
use openidconnect::{
    ClaimsVerificationError, ClientId, ClientSecret, IssuerUrl, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Alg},
};
use serde_json::Value;

use crate::{Federation, Upstream, discovery::Document, error::UpstreamError};

/// Signatures that are accepted: asymmetric ones alone.
const ALGORITHMS: [Alg; 10] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EcdsaP521Sha512,
    Alg::EdDsa,
];

impl Federation {
    /// The claims of an ID token whose signature, issuer, audience, nonce and times hold.
    pub(crate) async fn verify_id_token(
        &self,
        upstream: &Upstream<'_>,
        document: &Document,
        token: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Value, UpstreamError> {
        let refused = |text: String| UpstreamError::IdToken(text);
        let parsed: CoreIdToken = token.parse().map_err(|_| refused("it is not a JWT".into()))?;
        let claims = payload(token).ok_or_else(|| refused("its payload is not JSON".into()))?;
        let issuer = document.issuer_for(&claims).ok_or_else(|| refused("it names no tenant".into()))?;
        let keys = self.keys(&document.jwks_uri, false).await?;
        let mut checked = verify(upstream, &parsed, &keys, &issuer, nonce, now);
        if checked == Err(VerifyError::UnknownKey) {
            // The provider may have a new key since the set was read.
            let keys = self.keys(&document.jwks_uri, true).await?;
            checked = verify(upstream, &parsed, &keys, &issuer, nonce, now);
        }
        match checked {
            Ok(()) => Ok(claims),
            Err(VerifyError::UnknownKey) => {
                Err(refused("it is signed with a key that the provider does not list".into()))
            }
            Err(VerifyError::Refused(text)) => Err(refused(text)),
        }
    }
}

#[derive(PartialEq, Eq)]
enum VerifyError {
    UnknownKey,
    Refused(String),
}

fn verify(
    upstream: &Upstream<'_>,
    token: &CoreIdToken,
    keys: &CoreJsonWebKeySet,
    issuer: &str,
    nonce: &str,
    now: Timestamp,
) -> Result<(), VerifyError> {
    let client_id = ClientId::new(upstream.connection.client_id.clone());
    let issuer = IssuerUrl::new(issuer.to_owned())
        .map_err(|_| VerifyError::Refused("its issuer is no address".into()))?;
    let at = DateTime::<Utc>::from_timestamp_millis(now.millis()).unwrap_or_default();
    let verifier = match upstream.client_secret {
        Some(secret) => {
            let secret = ClientSecret::new(secret.reveal().to_owned());
            CoreIdTokenVerifier::new_confidential_client(client_id, secret, issuer, keys.clone())
        }
        None => CoreIdTokenVerifier::new_public_client(client_id, issuer, keys.clone()),
    };
    let verifier = verifier.set_allowed_algs(ALGORITHMS).set_time_fn(move || at);
    match token.claims(&verifier, &Nonce::new(nonce.to_owned())) {
        Ok(_) => Ok(()),
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            Err(VerifyError::UnknownKey)
        }
        Err(error) => Err(VerifyError::Refused(error.to_string())),
    }
}

fn payload(token: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}
