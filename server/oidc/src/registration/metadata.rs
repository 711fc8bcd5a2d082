//! What an application says about itself (RFC 7591 section 2), and what of it is registered. Each rule is
//! one small function; a broken one says what to change.

use std::collections::BTreeMap;

use coffer_contract::{
    Timestamp,
    application::{ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
    registration::RegistrationSettings,
    validate,
};
use coffer_core::{client::Client, ids::ClientId};
use coffer_crypto::public_keys;
use serde_json::{Map, Value, json};
use url::Url;

use super::RegistrationError;

/// Most entries of a list, and longest text, that are taken.
const MOST: usize = 32;
const LONGEST: usize = 2048;
/// Members that are kept and given back as they are, but mean nothing here.
const NOTES: [&str; 6] = ["client_uri", "tos_uri", "policy_uri", "software_id", "software_version", "scope"];

type Outcome<T> = Result<T, RegistrationError>;

fn wrong(text: impl Into<String>) -> RegistrationError {
    RegistrationError::Metadata(text.into())
}

/// An application's metadata. Members that are null count as left out; unknown ones are ignored.
pub(super) struct Metadata<'a>(pub(super) &'a Map<String, Value>);

impl Metadata<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Outcome<Option<&str>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Some(text) = value.as_str() else { return Err(wrong(format!("{name} must be a string."))) };
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(wrong(format!("{name} must be one line of at most {LONGEST} bytes.")));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn list(&self, name: &str) -> Outcome<Option<Vec<&str>>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let entries: Option<Vec<&str>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        let Some(entries) = entries else { return Err(wrong(format!("{name} must be a list of strings."))) };
        if entries.len() > MOST || entries.iter().any(|entry| entry.len() > LONGEST) {
            return Err(wrong(format!("{name} has more than {MOST} entries, or too long ones.")));
        }
        Ok(Some(entries))
    }

    fn flag(&self, name: &str) -> Outcome<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong(format!("{name} must be true or false."))),
        }
    }

    fn address(&self, name: &str) -> Outcome<Option<String>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        validate::provider_url(text).map_err(|message| wrong(format!("{name}: {message}")))?;
        Ok(Some(text.to_owned()))
    }

    /// The client that this describes, so far as the settings allow it. `usual` is how it proves itself
    /// unless it says otherwise.
    pub(super) fn client(
        &self,
        id: ClientId,
        usual: TokenEndpointAuthMethod,
        settings: &RegistrationSettings,
        now: Timestamp,
    ) -> Outcome<Client> {
        let auth_method = self.auth_method(usual)?;
        let redirects = self.list("redirect_uris")?.unwrap_or_default();
        let app_type = self.app_type(auth_method, &redirects)?;
        let callbacks = callbacks(&redirects, app_type, settings)?;
        let (jwks, jwks_uri) = self.keys(auth_method)?;
        let name = self.name(&callbacks)?;
        let mut logout_urls = Vec::new();
        for url in self.list("post_logout_redirect_uris")?.unwrap_or_default() {
            validate::redirect_uri(url, app_type)
                .map_err(|message| wrong(format!("post_logout_redirect_uris: {url}: {message}")))?;
            logout_urls.push(url.to_owned());
        }
        self.response_types()?;
        Ok(Client {
            grants: self.grants(auth_method, settings)?,
            // The scripts of a public client call the token endpoint from where it lives.
            web_origins: if auth_method == TokenEndpointAuthMethod::None {
                origins(&callbacks)
            } else {
                vec![]
            },
            callbacks,
            logout_urls,
            auth_method,
            id_token_alg: self.id_token_alg()?,
            first_party: settings.first_party,
            connect_accounts: settings.connect_accounts,
            jwks,
            jwks_uri,
            backchannel_logout_uri: self.address("backchannel_logout_uri")?,
            require_par: self.flag("require_pushed_authorization_requests")?,
            logo_uri: self.address("logo_uri")?,
            metadata: self.notes()?,
            ..Client::new(id, name, app_type, now)
        })
    }

    fn auth_method(&self, usual: TokenEndpointAuthMethod) -> Outcome<TokenEndpointAuthMethod> {
        let Some(code) = self.text("token_endpoint_auth_method")? else { return Ok(usual) };
        TokenEndpointAuthMethod::from_code(code).ok_or_else(|| {
            let known = TokenEndpointAuthMethod::ALL.map(TokenEndpointAuthMethod::code).join(", ");
            wrong(format!("token_endpoint_auth_method must be one of {known}."))
        })
    }

    /// Public clients run on the user's device or in a browser: their addresses tell which.
    fn app_type(&self, method: TokenEndpointAuthMethod, redirects: &[&str]) -> Outcome<ApplicationType> {
        let said = self.text("application_type")?;
        if !matches!(said, None | Some("web" | "native")) {
            return Err(wrong("application_type must be web or native."));
        }
        if method != TokenEndpointAuthMethod::None {
            return Ok(ApplicationType::RegularWeb);
        }
        let on_device = redirects
            .iter()
            .filter_map(|uri| Url::parse(uri).ok())
            .any(|url| !matches!(url.scheme(), "http" | "https") || validate::is_loopback(&url));
        Ok(match said {
            Some("native") => ApplicationType::Native,
            None if on_device => ApplicationType::Native,
            _ => ApplicationType::SinglePage,
        })
    }

    fn name(&self, callbacks: &[String]) -> Outcome<String> {
        if let Some(name) = self.text("client_name")? {
            let name = name.trim();
            if name.is_empty() || name.chars().count() > 100 {
                return Err(wrong("client_name must have 1 to 100 characters."));
            }
            return Ok(name.to_owned());
        }
        let host = callbacks.first().and_then(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned));
        Ok(host.unwrap_or_else(|| "Registered application".to_owned()))
    }

    /// Grants that registered applications can have; those of others are left out (section 3.2.1 lets the
    /// server replace what it does not give).
    fn grants(
        &self,
        method: TokenEndpointAuthMethod,
        settings: &RegistrationSettings,
    ) -> Outcome<Vec<GrantType>> {
        let usual = vec![GrantType::AuthorizationCode.code()];
        let asked = self.list("grant_types")?.unwrap_or(usual);
        let vault = settings.token_vault && method != TokenEndpointAuthMethod::None;
        let given: Vec<GrantType> = GrantType::ALL
            .into_iter()
            .filter(|grant| asked.contains(&grant.code()))
            .filter(|grant| {
                matches!(grant, GrantType::AuthorizationCode | GrantType::RefreshToken)
                    || *grant == GrantType::TokenVault && vault
            })
            .collect();
        if !given.contains(&GrantType::AuthorizationCode) {
            return Err(wrong(
                "grant_types must have authorization_code in it; it is what registered applications use.",
            ));
        }
        Ok(given)
    }

    fn response_types(&self) -> Outcome<()> {
        match self.list("response_types")? {
            Some(types) if !types.contains(&"code") => {
                Err(wrong("response_types must have code in it, the only response type of this server."))
            }
            _ => Ok(()),
        }
    }

    fn id_token_alg(&self) -> Outcome<SigningAlgorithm> {
        let Some(code) = self.text("id_token_signed_response_alg")? else {
            return Ok(SigningAlgorithm::default());
        };
        SigningAlgorithm::from_code(code).ok_or_else(|| {
            let known = SigningAlgorithm::ALL.map(SigningAlgorithm::code).join(", ");
            wrong(format!("id_token_signed_response_alg must be one of {known}."))
        })
    }

    /// Keys by value or by address, never both (section 2); a client that proves itself with one needs them.
    fn keys(&self, method: TokenEndpointAuthMethod) -> Outcome<(Option<Value>, Option<String>)> {
        let (set, address) = (self.get("jwks"), self.address("jwks_uri")?);
        match (set, &address) {
            (Some(_), Some(_)) => return Err(wrong("Send jwks or jwks_uri, not both.")),
            (Some(set), None) => {
                public_keys::check(set).map_err(|error| wrong(format!("jwks: {error}")))?;
            }
            (None, None) if method == TokenEndpointAuthMethod::PrivateKeyJwt => {
                return Err(wrong("private_key_jwt needs jwks or jwks_uri."));
            }
            (None, _) => {}
        }
        Ok((set.cloned(), address))
    }

    fn notes(&self) -> Outcome<BTreeMap<String, String>> {
        let mut notes = BTreeMap::new();
        for name in NOTES {
            if let Some(text) = self.text(name)? {
                notes.insert(name.to_owned(), text.to_owned());
            }
        }
        if let Some(contacts) = self.list("contacts")? {
            // As text, because notes are texts.
            notes.insert("contacts".to_owned(), json!(contacts).to_string());
        }
        Ok(notes)
    }
}

/// Redirect URIs: good in themselves, and such as the settings allow (section 5: open redirectors).
fn callbacks(
    redirects: &[&str],
    app_type: ApplicationType,
    settings: &RegistrationSettings,
) -> Outcome<Vec<String>> {
    let refuse = |text: String| Err(RegistrationError::RedirectUri(text));
    if redirects.is_empty() {
        return refuse("Send redirect_uris with at least one address.".into());
    }
    let mut callbacks: Vec<String> = Vec::new();
    for uri in redirects {
        let url = validate::redirect_uri(uri, app_type)
            .map_err(|message| RegistrationError::RedirectUri(format!("{uri}: {message}")))?;
        let own_scheme = !matches!(url.scheme(), "http" | "https");
        if own_scheme && !settings.own_schemes {
            return refuse(format!("{uri}: this server takes https addresses alone."));
        }
        let loopback = !own_scheme && validate::is_loopback(&url);
        if loopback && !settings.loopback {
            return refuse(format!("{uri}: this server takes no addresses of the user's own machine."));
        }
        if !own_scheme && !loopback && !settings.allows_host(url.host_str().unwrap_or_default()) {
            return refuse(format!(
                "{uri}: this server takes no addresses of this host. Ask its administrator."
            ));
        }
        if !callbacks.iter().any(|known| known == uri) {
            callbacks.push((*uri).to_owned());
        }
    }
    Ok(callbacks)
}

fn origins(callbacks: &[String]) -> Vec<String> {
    let mut origins: Vec<String> = callbacks
        .iter()
        .filter_map(|uri| Url::parse(uri).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| url.origin().ascii_serialization())
        .collect();
    origins.sort();
    origins.dedup();
    origins
}

/// A client's metadata as it is registered (section 3.2.1). Members that it does not have are left out.
pub(super) fn describe(client: &Client) -> Map<String, Value> {
    let mut all = json!({
        "client_id": client.id.as_str(),
        "client_id_issued_at": client.created_at.seconds(),
        "client_name": client.name,
        "redirect_uris": client.callbacks,
        "token_endpoint_auth_method": client.auth_method.code(),
        "grant_types": client.grants.iter().map(|grant| grant.code()).collect::<Vec<_>>(),
        "response_types": ["code"],
        "application_type": if client.app_type == ApplicationType::Native { "native" } else { "web" },
        "id_token_signed_response_alg": client.id_token_alg.code(),
        "require_pushed_authorization_requests": client.require_par,
        "post_logout_redirect_uris": Some(&client.logout_urls).filter(|urls| !urls.is_empty()),
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "logo_uri": client.logo_uri,
        "backchannel_logout_uri": client.backchannel_logout_uri,
    });
    for (name, text) in &client.metadata {
        all[name] = match name.as_str() {
            "contacts" => serde_json::from_str(text).unwrap_or_default(),
            _ => json!(text),
        };
    }
    let Value::Object(all) = all else { return Map::new() };
    all.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> RegistrationSettings {
        RegistrationSettings::default()
    }

    fn ask(metadata: &Value, settings: &RegistrationSettings) -> Outcome<Client> {
        let now = Timestamp::from_seconds(1_700_000_000);
        let usual = TokenEndpointAuthMethod::ClientSecretBasic;
        Metadata(metadata.as_object().unwrap()).client(ClientId::from_text("c"), usual, settings, now)
    }

    /// What a stock MCP client sends.
    #[test]
    fn a_native_client_is_known_by_its_addresses() {
        let client = ask(
            &json!({
                "redirect_uris": ["http://localhost:3334/oauth/callback"],
                "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "refresh_token", "implicit"],
                "response_types": ["code"],
                "client_name": "MCP CLI",
                "client_uri": "https://example.com/cli",
                "software_id": "2e6dc280",
                "scope": "openid offline_access",
                "contacts": ["ada@example.com"],
                "unheard_of": {"x": 1},
                "logo_uri": null,
            }),
            &settings(),
        )
        .unwrap();
        assert_eq!(client.app_type, ApplicationType::Native);
        assert_eq!(client.grants, [GrantType::AuthorizationCode, GrantType::RefreshToken]);
        assert_eq!(client.web_origins, ["http://localhost:3334"]);
        assert!(!client.first_party);
        let back = describe(&client);
        assert_eq!(back["software_id"], "2e6dc280");
        assert_eq!(back["contacts"], json!(["ada@example.com"]));
        assert!(back.values().all(|value| !value.is_null()), "{back:?}");
        let own = ask(
            &json!({"redirect_uris": ["com.example.app:/cb"], "token_endpoint_auth_method": "none"}),
            &settings(),
        );
        assert_eq!(own.unwrap().app_type, ApplicationType::Native);
        let web = json!({"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none"});
        assert_eq!(ask(&web, &settings()).unwrap().app_type, ApplicationType::SinglePage);
    }

    /// RFC 7591 section 2: the method is client_secret_basic unless the client says otherwise.
    #[test]
    fn what_is_left_out_has_its_default() {
        let client = ask(&json!({"redirect_uris": ["https://app.example/cb"]}), &settings()).unwrap();
        assert_eq!(client.auth_method, TokenEndpointAuthMethod::ClientSecretBasic);
        assert_eq!(client.app_type, ApplicationType::RegularWeb);
        assert_eq!(client.grants, [GrantType::AuthorizationCode]);
        assert_eq!(client.name, "app.example");
        assert!(client.web_origins.is_empty());
    }

    #[test]
    fn the_settings_bound_what_a_client_gets() {
        let vault = GrantType::TokenVault.code();
        let asks = |method: &str| {
            json!({
                "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": method,
                "grant_types": ["authorization_code", vault],
            })
        };
        let open = RegistrationSettings { token_vault: true, ..settings() };
        let has = |metadata: &Value, settings: &RegistrationSettings| {
            ask(metadata, settings).unwrap().grants.contains(&GrantType::TokenVault)
        };
        assert!(has(&asks("client_secret_post"), &open));
        assert!(!has(&asks("client_secret_post"), &settings()));
        assert!(!has(&asks("none"), &open));
        for (uri, settings) in [
            ("http://127.0.0.1/cb", RegistrationSettings { loopback: false, ..settings() }),
            ("com.example:/cb", RegistrationSettings { own_schemes: false, ..settings() }),
            (
                "https://evil.example/cb",
                RegistrationSettings { hosts: vec!["app.example".into()], ..settings() },
            ),
        ] {
            let metadata = json!({"redirect_uris": [uri], "token_endpoint_auth_method": "none"});
            let error = ask(&metadata, &settings).unwrap_err();
            assert!(matches!(error, RegistrationError::RedirectUri(_)), "{uri}: {error}");
            assert!(ask(&metadata, &RegistrationSettings::default()).is_ok(), "{uri}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for redirects in
            [json!([]), json!(["http://app.example/cb"]), json!(["javascript:alert(1)"]), json!(["/cb"])]
        {
            let error = ask(&json!({ "redirect_uris": redirects }), &settings()).unwrap_err();
            assert!(matches!(error, RegistrationError::RedirectUri(_)), "{redirects}: {error}");
        }
        assert!(matches!(ask(&json!({}), &settings()).unwrap_err(), RegistrationError::RedirectUri(_)));
        let good =
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        for (name, value) in [
            ("redirect_uris", json!("https://app.example/cb")),
            ("redirect_uris", json!([1])),
            ("token_endpoint_auth_method", json!("client_secret_jwt")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("grant_types", json!(["client_credentials"])),
            ("response_types", json!(["token"])),
            ("client_name", json!("x".repeat(101))),
            ("client_name", json!(7)),
            ("application_type", json!("tv")),
            ("id_token_signed_response_alg", json!("none")),
            ("jwks", json!({"keys": []})),
            ("jwks_uri", json!("http://app.example/keys")),
            ("logo_uri", json!("javascript:alert(1)")),
            ("require_pushed_authorization_requests", json!("yes")),
            ("contacts", json!("ada@example.com")),
        ] {
            let mut metadata = json!({"redirect_uris": ["https://app.example/cb"]});
            metadata[name] = value.clone();
            let error = ask(&metadata, &settings()).unwrap_err();
            assert!(matches!(error, RegistrationError::Metadata(_)), "{name} {value}: {error}");
        }
        let mut both = json!({
            "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [good]},
        });
        assert!(ask(&both, &settings()).is_ok());
        both["jwks_uri"] = json!("https://app.example/keys");
        assert!(ask(&both, &settings()).unwrap_err().to_string().contains("not both"));
    }
}
