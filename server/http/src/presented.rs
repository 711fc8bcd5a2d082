//! Access tokens and proofs of possession, from a request's headers.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use coffer_crypto::Secret;
use coffer_oidc::{
    dpop::Proofs,
    presented::{Presented, Scheme},
};

/// What a request presents; a request that presents nothing has an empty one.
pub(crate) struct Access(pub(crate) Presented);

impl<S: Send + Sync> FromRequestParts<S> for Access {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let (scheme, token) = token(&parts.headers).unzip();
        let proofs = proofs(parts);
        Ok(Self(Presented { token, scheme: scheme.unwrap_or_default(), proofs }))
    }
}

fn token(headers: &HeaderMap) -> Option<(Scheme, Secret)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return None,
    };
    Some((scheme, Secret::new(token.trim())))
}

/// The proofs of a request to the token endpoint.
pub(crate) struct Possession(pub(crate) Proofs);

impl<S: Send + Sync> FromRequestParts<S> for Possession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(proofs(parts)))
    }
}

fn proofs(parts: &Parts) -> Proofs {
    // One that is not text is no proof, and is told from none.
    let headers = parts.headers.get_all("dpop").iter();
    Proofs {
        headers: headers.map(|value| value.to_str().unwrap_or_default().to_owned()).collect(),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
    }
}
