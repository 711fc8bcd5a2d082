//! The provider file of the sandbox provider. `docs/catalogue.md` says what each member means.

/// Strategy id of connections to the sandbox provider.
pub const STRATEGY: &str = "sandbox";

/// The file's text. The revocation endpoint stands in the discovery document.
pub(crate) fn entry(issuer: &str) -> String {
    format!(
        r#"strategy = "{STRATEGY}"
group = "social"
name = "Sandbox provider"
description = "A provider on this computer for trying Coffer out: any name signs in, and notes are what its API has."
docs = [
  "https://openid.net/specs/openid-connect-core-1_0.html",
  "https://www.rfc-editor.org/rfc/rfc6749",
]
note = "It lives in memory: accounts, notes and tokens are gone when Coffer stops. Never for production."
tested = true
always_scopes = ["openid", "profile", "email"]
offline_scope = "offline_access"
default_scopes = ["notes.read", "notes.write"]
scopes = [
  {{ product = "Notes", value = "notes.read", name = "Read notes" }},
  {{ product = "Notes", value = "notes.write", name = "Write notes" }},
]

[endpoints]
discovery = "{issuer}"

# Refresh tokens are spent once; one that comes again ends the whole grant (RFC 9700 section 4.14.2).
[token]
rotation = "always"
refresh_seconds = 2592000
narrows = true
"#
    )
}
