//! What is wrong with a setting, where it came from and what it should be. Values are not repeated:
//! an address that was entered in the wrong place may hold a password.

use figment::{Source, error::Kind};

/// All that is wrong, in one line.
pub fn explain(error: &figment::Error) -> String {
    let all: Vec<String> = error.clone().into_iter().map(|error| one(&error)).collect();
    all.join("; ")
}

fn one(error: &figment::Error) -> String {
    let setting = error.path.join(".");
    let wrong = match &error.kind {
        Kind::UnknownField(_, known) => format!("there is no such setting; there are {}", known.join(", ")),
        _ => match expected(&setting) {
            Some(text) => format!("expected {text}"),
            None => error.kind.to_string(),
        },
    };
    let place = place(error).map(|place| format!(" (from {place})")).unwrap_or_default();
    if setting.is_empty() { format!("{wrong}{place}") } else { format!("{setting}: {wrong}{place}") }
}

/// The file, or the variable, that has the setting.
fn place(error: &figment::Error) -> Option<String> {
    let metadata = error.metadata.as_ref()?;
    if let Some(Source::File(path)) = &metadata.source {
        return Some(format!("the file {}", path.display()));
    }
    metadata
        .name
        .contains("environment")
        .then(|| format!("the environment variable COFFER_{}", error.path.join("__").to_uppercase()))
}

/// What a setting should be.
fn expected(setting: &str) -> Option<&'static str> {
    const NETWORKS: &str = r#"a list of networks, such as ["10.1.0.0/16"]"#;
    match setting {
        "public_url" => Some(r#"an address, such as "https://coffer.example/""#),
        "listen" => Some(r#"an address and a port, such as "127.0.0.1:3000""#),
        "tls.certificate" => Some("the path of a PEM file with the certificate and its chain"),
        "tls.key" => Some("the path of a PEM file with the private key"),
        "database" => Some("a section [database]; the address is database.url (COFFER_DATABASE__URL)"),
        "database.url" => Some(
            r#""sqlite:" and a path, such as "sqlite:data/coffer.db", or "postgres://user@host/database""#,
        ),
        "database.connections" => Some("a number, at least 2"),
        "keys" => Some("a section [keys]; the key file's path is keys.file (COFFER_KEYS__FILE)"),
        "keys.jwks_cache_seconds" => Some("a number of seconds, from 1 to 86400"),
        "keys.service" => Some("a section [keys.service] with address, mount, key, token_file and ca_file"),
        "keys.service.address" => Some(r#"an address, such as "https://vault.example:8200/""#),
        "keys.service.token_file" | "keys.service.ca_file" => Some("the path of a file"),
        "keys.file" => Some("the path of the key file"),
        "catalogue.folder" => Some("the path of a folder with provider files"),
        "sandbox.provider_port" | "sandbox.agent_port" => Some("a port, from 0 to 65535"),
        "management.requests_per_second" | "management.burst" => Some("a number of requests, at least 1"),
        "http" | "outbound" | "log" | "catalogue" | "management" | "sandbox" | "tls" => {
            Some("a section with settings of its own")
        }
        "outbound.timeout_seconds" => Some("a number of seconds, from 1 to 30"),
        "log.format" => Some("text or json"),
        "log.filter" => Some("info, warn or target=level"),
        _ if setting.starts_with("http.trusted_proxies") => Some(NETWORKS),
        _ if setting.starts_with("outbound.allow_private") => Some(NETWORKS),
        _ => None,
    }
}
