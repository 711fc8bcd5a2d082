//! Checks that browser and server share. Each error says what to change.

use url::Url;

use crate::application::ApplicationType;

/// A plausible e-mail address: something, `@`, a host. Whether it exists only a message can tell.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !host.is_empty()
        && !host.starts_with('.')
        && !host.ends_with('.')
        && text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// A connection's name: letters, digits and hyphens, 1 to 64 of them, no hyphen at either end.
pub fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A domain of e-mail addresses, lower case: at least two labels of letters, digits and inner hyphens.
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// `scope-token` of RFC 6749 section 3.3.
pub fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// Whether the URL's host is this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An endpoint of a provider: https (http for this machine alone), no user name, no fragment.
pub fn provider_url(text: &str) -> Result<Url, String> {
    let url = absolute(text)?;
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        return Err("Use an address that begins with https://.".into());
    }
    Ok(url)
}

/// A redirect URI of an application (RFC 6749 section 3.1.2, RFC 8252 section 7).
pub fn redirect_uri(text: &str, app_type: ApplicationType) -> Result<Url, String> {
    let native = app_type == ApplicationType::Native;
    let url = absolute(text)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("Use https; plain http is allowed for localhost alone.".into()),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" => {
            Err("This scheme is not allowed.".into())
        }
        _ if native => Ok(url),
        _ => Err("Use https; other schemes are for native applications.".into()),
    }
}

/// An origin as browsers send it: scheme, host and port, nothing after.
pub fn origin(text: &str) -> Result<Url, String> {
    let url = absolute(text)?;
    let plain = url.origin().ascii_serialization();
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        return Err("Use https; plain http is allowed for localhost alone.".into());
    }
    if plain != text {
        return Err(format!("Leave out everything after the host: {plain}"));
    }
    Ok(url)
}

fn absolute(text: &str) -> Result<Url, String> {
    if text.contains('*') {
        return Err("Wildcards are not supported: addresses are compared exactly.".into());
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("An address has no spaces in it.".into());
    }
    let url = Url::parse(text).map_err(|_| "Enter a whole address, beginning with https://.".to_owned())?;
    if url.cannot_be_a_base() && !matches!(url.scheme(), "http" | "https") && url.path().is_empty() {
        return Err("Enter a whole address, beginning with https://.".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Leave out the user name and password.".into());
    }
    if url.fragment().is_some() {
        return Err("Leave out the part after #.".into());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_exact_and_safe() {
        let web = ApplicationType::RegularWeb;
        assert!(redirect_uri("https://app.example/callback?x=1", web).is_ok());
        assert!(redirect_uri("http://localhost:3000/callback", web).is_ok());
        assert!(redirect_uri("http://127.0.0.1:3000/callback", web).is_ok());
        for refused in [
            "http://app.example/callback",
            "https://*.example/callback",
            "https://app.example/#here",
            "https://user@app.example/",
            "javascript:alert(1)",
            "/callback",
            "com.example.app:/callback",
        ] {
            assert!(redirect_uri(refused, web).is_err(), "{refused}");
        }
        assert!(redirect_uri("com.example.app:/callback", ApplicationType::Native).is_ok());
        assert!(redirect_uri("javascript:alert(1)", ApplicationType::Native).is_err());
    }

    #[test]
    fn origins_have_nothing_after_the_host() {
        assert!(origin("https://app.example").is_ok());
        assert!(origin("https://app.example/").is_err());
        assert!(origin("http://app.example").is_err());
    }

    #[test]
    fn scope_tokens_follow_the_grammar() {
        assert!(is_scope_token("https://www.googleapis.com/auth/calendar.readonly"));
        assert!(!is_scope_token("two words"));
        assert!(!is_scope_token("quote\""));
    }
}
