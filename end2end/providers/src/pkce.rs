//! Proof Key for Code Exchange (RFC 7636).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::{Pkce, params::Params};

/// A challenge that came with an authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    value: String,
    plain: bool,
}

impl Challenge {
    /// Reads the request as `policy` has it; the error is a description of what is wrong.
    pub(crate) fn read(
        query: &Params,
        policy: Pkce,
        plain_allowed: bool,
    ) -> Result<Option<Self>, &'static str> {
        let value = query.get("code_challenge");
        match (policy, value) {
            (Pkce::Ignored, _) | (Pkce::Optional | Pkce::Refused, None) => return Ok(None),
            (Pkce::Refused, Some(_)) => return Err("code_challenge is no parameter of this server."),
            (Pkce::Required, None) => return Err("code_challenge is missing."),
            (Pkce::Required | Pkce::Optional, Some(_)) => {}
        }
        // Section 4.3: what is not said is plain.
        let plain = match query.get("code_challenge_method").unwrap_or("plain") {
            "S256" => false,
            "plain" if plain_allowed => true,
            _ => return Err("code_challenge_method must be S256."),
        };
        Ok(value.map(|value| Self { value: value.to_owned(), plain }))
    }

    /// Section 4.6.
    pub(crate) fn is_met_by(&self, verifier: &str) -> bool {
        match self.plain {
            true => self.value == verifier,
            false => self.value == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of appendix B.
    #[test]
    fn s256_as_in_the_rfc() {
        let query = Params::parse(
            b"code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        );
        let challenge = Challenge::read(&query, Pkce::Required, false).unwrap().unwrap();
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.is_met_by("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        Challenge::read(&query, Pkce::Refused, false).unwrap_err();
        let plain = Params::parse(b"code_challenge=v");
        Challenge::read(&plain, Pkce::Optional, false).unwrap_err();
        assert!(Challenge::read(&plain, Pkce::Optional, true).unwrap().unwrap().is_met_by("v"));
    }
}
