//! Signed statements of others (RFC 7515): client assertions and proofs of possession. Read first, believed
//! only once the signature holds under a key that is known to be theirs.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Signatures that are accepted: asymmetric ones alone, so that nobody signs with what everybody can read.
pub(crate) const ALGORITHMS: [&str; 6] = ["RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519"];

/// Longest statement that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// By its name; the Edwards curve has two (RFC 8037, and RFC 9864 section 2.2).
fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "RS256" => Some(Algorithm::RS256),
        "RS384" => Some(Algorithm::RS384),
        "PS256" => Some(Algorithm::PS256),
        "ES256" => Some(Algorithm::ES256),
        "EdDSA" | "Ed25519" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    jwk: Option<Value>,
    crit: Option<Value>,
}

/// A statement whose signature nobody has checked yet.
pub(crate) struct Unverified<'a> {
    algorithm: Algorithm,
    /// `typ`
    pub(crate) typ: Option<String>,
    /// `kid`
    pub(crate) kid: Option<String>,
    /// `jwk`
    pub(crate) jwk: Option<Value>,
    /// What it says.
    pub(crate) claims: Value,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Reads a statement in the compact form (section 7.1).
    pub(crate) fn read(token: &'a str) -> Result<Self, &'static str> {
        if token.len() > LONGEST {
            return Err("it is too long");
        }
        let parts = token.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            (!payload.contains('.')).then_some((signed, header, payload, signature))
        });
        let Some((signed, header, payload, signature)) = parts else { return Err("it is not a signed JWT") };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = decode(header)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or("its header is not understood")?;
        if header.crit.is_some() {
            return Err("its header asks for extensions that are not supported");
        }
        let algorithm = algorithm(&header.alg).ok_or("its signature algorithm is not accepted")?;
        let claims: Value = decode(payload)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .filter(Value::is_object)
            .ok_or("its payload is not a JSON object")?;
        let Header { typ, kid, jwk, .. } = header;
        Ok(Self { algorithm, typ, kid, jwk, claims, signed, signature })
    }

    /// Whether it was signed with the private half of `key`.
    pub(crate) fn is_signed_by(&self, key: &Jwk) -> bool {
        suits(key, self.algorithm)
            && DecodingKey::from_jwk(key).is_ok_and(|key| {
                crypto::verify(self.signature, self.signed.as_bytes(), &key, self.algorithm).unwrap_or(false)
            })
    }

    /// A claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is an instant, in seconds (`NumericDate`, RFC 7519 section 2).
    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        let value = &self.claims[name];
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second says nothing here")]
        value.as_i64().or_else(|| value.as_f64().filter(|n| n.abs() < 1e15).map(|n| n as i64))
    }
}

/// Whether signatures of this algorithm can be made with the key (RFC 7518 section 3.1), and its owner lets
/// it sign.
fn suits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::RS384 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => ec.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(okp), Algorithm::EdDSA) => okp.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let common = &key.common;
    let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    // `Ed25519` is a name that the library does not know yet.
    let named = common.key_algorithm.is_none_or(|named| {
        named == KeyAlgorithm::from(algorithm)
            || named == KeyAlgorithm::UNKNOWN_ALGORITHM && algorithm == Algorithm::EdDSA
    });
    kind && signs && named
}

#[cfg(test)]
pub(crate) mod tests {
    use coffer_contract::application::SigningAlgorithm;
    use coffer_crypto::signing::{generate_pem, jose};
    use jsonwebtoken::EncodingKey;
    use serde_json::json;

    use super::*;

    /// A key pair of somebody else's.
    pub(crate) struct Pair {
        key: EncodingKey,
        algorithm: Algorithm,
        pub(crate) public: Value,
    }

    impl Pair {
        pub(crate) fn new(alg: SigningAlgorithm) -> Self {
            let pem = generate_pem(alg).unwrap();
            let bytes = pem.reveal().as_bytes();
            let key = match alg {
                SigningAlgorithm::Rs256 => EncodingKey::from_rsa_pem(bytes),
                SigningAlgorithm::Es256 => EncodingKey::from_ec_pem(bytes),
                SigningAlgorithm::EdDsa => EncodingKey::from_ed_pem(bytes),
            }
            .unwrap();
            let algorithm = jose(alg);
            let mut public = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
            public.as_object_mut().unwrap().remove("alg");
            Self { key, algorithm, public }
        }

        /// Signs with whatever the header says.
        pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
            let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", encode(header), encode(claims));
            let algorithm = match header["alg"].as_str() {
                Some("PS256") => Algorithm::PS256,
                Some("RS384") => Algorithm::RS384,
                _ => self.algorithm,
            };
            let signature = crypto::sign(signed.as_bytes(), &self.key, algorithm).unwrap();
            format!("{signed}.{signature}")
        }

        pub(crate) fn jwk(&self) -> Jwk {
            serde_json::from_value(self.public.clone()).unwrap()
        }
    }

    #[test]
    fn a_signature_holds_under_its_own_key_and_algorithm_alone() {
        for (alg, names) in [
            (SigningAlgorithm::Rs256, &["RS256", "RS384", "PS256"][..]),
            (SigningAlgorithm::Es256, &["ES256"]),
            (SigningAlgorithm::EdDsa, &["EdDSA", "Ed25519"]),
        ] {
            let (own, other) = (Pair::new(alg), Pair::new(alg));
            for name in names {
                let token = own.sign(&json!({"alg": name}), &json!({"iat": 1.5}));
                let read = Unverified::read(&token).unwrap();
                assert_eq!(read.seconds("iat"), Some(1));
                assert!(read.is_signed_by(&own.jwk()), "{name}");
                assert!(!read.is_signed_by(&other.jwk()), "{name}");
                let mut encrypts = own.public.clone();
                encrypts["use"] = json!("enc");
                assert!(!read.is_signed_by(&serde_json::from_value(encrypts).unwrap()), "{name}");
                let mut named = own.public.clone();
                named["alg"] = json!("RS512");
                assert!(!read.is_signed_by(&serde_json::from_value(named).unwrap()), "{name}");
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let altered = format!("{}x.{signature}", &signed[..signed.len() - 1]);
                assert!(!Unverified::read(&altered).is_ok_and(|read| read.is_signed_by(&own.jwk())));
            }
        }
    }

    /// RFC 8725 sections 3.1 and 3.2; RFC 7515 section 4.1.11.
    #[test]
    fn symmetric_absent_and_extended_signatures_are_refused() {
        let pair = Pair::new(SigningAlgorithm::Es256);
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "ES384"}),
            json!({"alg": "ES256", "crit": ["b64"], "b64": false}),
            json!({"typ": "JWT"}),
        ] {
            assert!(Unverified::read(&pair.sign(&header, &json!({}))).is_err(), "{header}");
        }
        let good = pair.sign(&json!({"alg": "ES256"}), &json!({}));
        for broken in ["", "a.b", "a.b.c", "....", &format!("{good}.x"), &good[1..]] {
            assert!(Unverified::read(broken).is_err(), "{broken}");
        }
        assert!(Unverified::read(&pair.sign(&json!({"alg": "ES256"}), &json!([]))).is_err());
        assert!(Unverified::read(&format!("{good}{}", "A".repeat(LONGEST))).is_err());
    }
}
