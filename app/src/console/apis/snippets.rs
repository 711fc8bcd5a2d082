//! The code on the Quick start tab, for this API.

use coffer_contract::{
    api::{ApiDetail, ApiForm},
    my_account,
};

/// In single quotes for a shell, where it needs them.
fn shell(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/@%+,=".contains(&b);
    if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// As a string of JavaScript or JSON.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// How a machine-to-machine application gets a token.
pub(super) fn client_credentials(api: &ApiDetail) -> String {
    format!(
        "curl {}oauth/token \\\n  -d grant_type=client_credentials \\\n  -d client_id=CLIENT_ID \\\n  -d \
         client_secret=CLIENT_SECRET \\\n  --data-urlencode {}",
        shell(&api.issuer),
        shell(&format!("audience={}", api.identifier))
    )
}

/// How an application gets its user's token for the My Account API.
pub(super) fn my_account_token(api: &ApiDetail) -> String {
    let scopes: Vec<_> = my_account::SCOPES.iter().map(|(scope, _)| *scope).collect();
    format!(
        "curl {}oauth/token \\\n  -d grant_type=refresh_token \\\n  -d client_id=CLIENT_ID \\\n  -d \
         client_secret=CLIENT_SECRET \\\n  -d refresh_token=REFRESH_TOKEN \\\n  --data-urlencode {} \\\n  \
         --data-urlencode {}",
        shell(&api.issuer),
        shell(&format!("audience={}", api.identifier)),
        shell(&format!("scope={}", scopes.join(" ")))
    )
}

/// How a user is asked for access.
pub(super) fn authorize(api: &ApiDetail, form: &ApiForm) -> String {
    let mut scopes: Vec<&str> = vec!["openid"];
    scopes.extend(form.scopes.iter().map(|scope| scope.value.as_str()).take(2));
    if form.offline_access {
        scopes.push("offline_access");
    }
    format!(
        "{}authorize?response_type=code&client_id=CLIENT_ID&redirect_uri=CALLBACK\n  &audience={}\n  &scope={}\n  \
         &state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256",
        api.issuer,
        crate::address::encode(&api.identifier),
        crate::address::encode(&scopes.join(" "))
    )
}

/// How the API checks a token.
pub(super) fn verify(api: &ApiDetail, form: &ApiForm) -> String {
    let scope = form.scopes.first().map_or("read:things", |scope| scope.value.as_str());
    format!(
        r#"// npm install jose
import {{ createRemoteJWKSet, jwtVerify }} from "jose";

const keys = createRemoteJWKSet(new URL({jwks}));

/** The claims of an access token for this API. Throws when the token is not good or does not allow this. */
export async function check(token, scope) {{
  const {{ payload }} = await jwtVerify(token, keys, {{
    issuer: {issuer},
    audience: {audience},
    algorithms: [{alg}],
    typ: "at+jwt",
  }});
  if (!payload.scope.split(" ").includes(scope)) throw new Error("insufficient_scope");
  return payload; // sub, client_id, scope, exp ...
}}

// await check(request.headers.authorization.replace(/^Bearer /i, ""), {scope});"#,
        jwks = quoted(&format!("{}.well-known/jwks.json", api.issuer)),
        issuer = quoted(&api.issuer),
        audience = quoted(&api.identifier),
        alg = quoted(form.signing_alg.code()),
        scope = quoted(scope),
    )
}

/// Where an API with an address of its own says who protects it (RFC 9728 section 3.1): the well-known part
/// stands between host and path.
pub(super) fn metadata_address(identifier: &str) -> Option<String> {
    let rest = identifier.strip_prefix("https://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = if path == "/" { "" } else { path };
    Some(format!("https://{host}/.well-known/oauth-protected-resource{path}"))
}

/// What stands there (RFC 9728 section 2).
pub(super) fn metadata(api: &ApiDetail, form: &ApiForm) -> String {
    let scopes: Vec<_> = form.scopes.iter().map(|scope| quoted(&scope.value)).collect();
    format!(
        "{{\n  \"resource\": {},\n  \"authorization_servers\": [{}],\n  \"scopes_supported\": [{}],\n  \
         \"bearer_methods_supported\": [\"header\"]\n}}",
        quoted(&api.identifier),
        quoted(&api.issuer),
        scopes.join(", ")
    )
}

/// What the API answers to those who come without a good token (RFC 9728 section 5.1).
pub(super) fn challenge(address: &str) -> String {
    format!("HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer resource_metadata={}", quoted(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_part_stands_between_host_and_path() {
        for (identifier, address) in [
            ("https://api.example", Some("https://api.example/.well-known/oauth-protected-resource")),
            ("https://api.example/", Some("https://api.example/.well-known/oauth-protected-resource")),
            ("https://api.example/mcp", Some("https://api.example/.well-known/oauth-protected-resource/mcp")),
            ("urn:calendar", None),
            ("http://api.example/", None),
        ] {
            assert_eq!(metadata_address(identifier).as_deref(), address);
        }
    }

    #[test]
    fn what_is_pasted_stays_one_word() {
        assert_eq!(shell("https://api.example/"), "https://api.example/");
        assert_eq!(shell("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
