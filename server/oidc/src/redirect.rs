//! Redirect URIs of authorization requests: exactly as registered (RFC 9700 section 2.1), but for the port of
//! the user's own machine.

use coffer_contract::application::ApplicationType;
use coffer_core::client::Client;
use url::Url;

/// Whether answers for `client` may go to `uri`. A program on the user's machine takes whatever port is free,
/// so any port matches for a loopback address (RFC 8252 section 7.3). The name `localhost` is treated like
/// one for native applications alone: a name can be made to lead elsewhere (section 8.3).
pub(crate) fn is_registered(client: &Client, uri: &str) -> bool {
    if client.callbacks.iter().any(|registered| registered == uri) {
        return true;
    }
    let native = client.app_type == ApplicationType::Native;
    let Some(wanted) = without_port(uri, native) else { return false };
    client.callbacks.iter().any(|registered| without_port(registered, native).as_ref() == Some(&wanted))
}

/// The address with its port taken out, if it is an http address of this machine in its normal form.
fn without_port(uri: &str, names: bool) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|url| url.as_str() == uri || url.as_str() == format!("{uri}/"))?;
    let host = url.host_str()?;
    let local = matches!(host, "127.0.0.1" | "[::1]") || names && host == "localhost";
    if url.scheme() != "http" || !local || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let rest = uri.strip_prefix("http://")?.strip_prefix(host)?;
    match rest.strip_prefix(':') {
        None => Some(format!("{host} {rest}")),
        Some(rest) => {
            let path = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            Some(format!("{host} {path}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use coffer_core::{Timestamp, ids::ClientId};

    use super::*;

    fn client(app_type: ApplicationType, callbacks: &[&str]) -> Client {
        let mut client = Client::new(ClientId::from_text("c"), "C", app_type, Timestamp::from_seconds(0));
        client.callbacks = callbacks.iter().map(|uri| (*uri).to_owned()).collect();
        client
    }

    #[test]
    fn the_port_of_a_loopback_address_is_free() {
        let native = client(
            ApplicationType::Native,
            &[
                "http://127.0.0.1/cb",
                "http://[::1]:1/cb?x=1",
                "http://localhost:3334/cb",
                "https://app.example/cb",
            ],
        );
        for good in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/cb",
            "http://[::1]:61023/cb?x=1",
            "http://[::1]/cb?x=1",
            "http://localhost:9/cb",
            "https://app.example/cb",
        ] {
            assert!(is_registered(&native, good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:1/other",
            "http://127.0.0.1:1/cb/",
            "http://127.0.0.1:1/cb?x=1",
            "http://127.0.0.2:1/cb",
            "http://[::1]:1/cb",
            "https://127.0.0.1:1/cb",
            "http://127.0.0.1.evil.example:1/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "http://ada@127.0.0.1:1/cb",
            "http://127.0.0.1:1/x/../cb",
            "http://localhost.evil.example/cb",
            "https://app.example:8443/cb",
        ] {
            assert!(!is_registered(&native, bad), "{bad}");
        }
    }

    #[test]
    fn the_name_localhost_is_for_native_applications() {
        let uris = ["http://localhost:3000/cb", "http://127.0.0.1:3000/cb"];
        let web = client(ApplicationType::RegularWeb, &uris);
        assert!(is_registered(&web, "http://localhost:3000/cb"));
        assert!(!is_registered(&web, "http://localhost:3001/cb"));
        assert!(is_registered(&web, "http://127.0.0.1:3001/cb"));
        assert!(!is_registered(&client(ApplicationType::Native, &[]), "http://127.0.0.1/cb"));
    }
}
