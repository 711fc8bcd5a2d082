//! Addresses of the console's pages.

#[cfg(feature = "ssr")]
use coffer_contract::second_factor::SignInStep;

/// Where a visit to the console begins.
pub(crate) const HOME: &str = "/console/overview";
/// The list of applications.
pub(crate) const APPLICATIONS: &str = "/console/applications";
/// Who may register applications.
pub(crate) const REGISTRATION: &str = "/console/registration";
/// The list of APIs.
pub(crate) const APIS: &str = "/console/apis";
/// The list of users.
pub(crate) const USERS: &str = "/console/users";
/// The list of webhooks.
pub(crate) const WEBHOOKS: &str = "/console/webhooks";
/// The list of administrators.
pub(crate) const ADMINISTRATORS: &str = "/console/administrators";
/// One's own page as an administrator.
pub(crate) const ACCOUNT: &str = "/console/account";
/// Where an administrator goes on to a provider, once a server function has begun it. No page of the console.
pub(crate) const THROUGH: &str = "/console/through";
/// The sign-in page.
pub(crate) const SIGN_IN: &str = "/console/sign-in";

/// Where a sign-in asks for the second factor. Like all that is below the sign-in page, nobody comes back to it.
pub(crate) const SIGN_IN_FACTOR: &str = "/console/sign-in/factor";
/// Where a sign-in has a second factor added.
pub(crate) const SIGN_IN_ENROL: &str = "/console/sign-in/enrol";
/// One's own page, for who signed in with a recovery code.
#[cfg(feature = "ssr")]
pub(crate) const RECOVERED: &str = "/console/account?signed-in=recovery-code";

/// A page of the sign-in that goes on to `target` afterwards.
#[cfg(feature = "ssr")]
pub(crate) fn on_the_way(page: &str, target: &str) -> String {
    format!("{page}?return_to={}", encode(inside(target)))
}

/// Where a sign-in goes on: to `target`, if it is a page of the console and there is no more to ask.
#[cfg(feature = "ssr")]
pub fn after_sign_in(step: &SignInStep, target: &str) -> String {
    match step {
        SignInStep::Done(_) => inside(target).to_owned(),
        SignInStep::Factor => on_the_way(SIGN_IN_FACTOR, target),
        SignInStep::Enrolment => on_the_way(SIGN_IN_ENROL, target),
    }
}

/// The sign-in page that comes back to `here` afterwards.
pub(crate) fn sign_in(here: &str) -> String {
    format!("{SIGN_IN}?return_to={}", encode(here))
}

/// A user's page. Ids hold characters that an address does not (`oidc|work|ada`).
pub(crate) fn user(id: &str) -> String {
    format!("{USERS}/{}", encode(id))
}

/// An application's page. A client id may be an address itself.
pub(crate) fn application(client_id: &str) -> String {
    format!("{APPLICATIONS}/{}", encode(client_id))
}

/// A webhook's page.
pub(crate) fn webhook(id: &str) -> String {
    format!("{WEBHOOKS}/{}", encode(id))
}

/// The page of a delivery to a webhook.
pub(crate) fn delivery(webhook_id: &str, id: &str) -> String {
    format!("{}/deliveries/{}", webhook(webhook_id), encode(id))
}

/// The audit log, filtered by these fields.
pub(crate) fn logs(filters: &[(&str, &str)]) -> String {
    let query: Vec<_> = filters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/console/logs?{}", query.join("&"))
}

/// `target` if it is a page of the console, else [`HOME`]: nobody is sent to another site.
pub(crate) fn inside(target: &str) -> &str {
    let plain = target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    // Browsers take `.` and `..` out of a path, encoded or not: it would lead out of the console.
    let path = target.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    let straight = !path.split('/').any(|segment| segment == "." || segment == "..");
    if plain && straight && target.starts_with("/console/") && !target.starts_with(SIGN_IN) {
        target
    } else {
        HOME
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_are_returned_to() {
        assert_eq!(inside("/console/logs?code=vault"), "/console/logs?code=vault");
        assert_eq!(inside("/console/users?q=.."), "/console/users?q=..");
        for refused in [
            "",
            "//evil.example",
            "https://evil.example",
            "/console/\r\nx: y",
            "/console/\\x",
            "/u/",
            "/console/../authorize",
            "/console/users/%2E%2e/../x",
            "/console/..?x",
        ] {
            assert_eq!(inside(refused), HOME, "{refused}");
        }
    }

    #[test]
    fn addresses_are_encoded_whole() {
        assert_eq!(
            sign_in("/console/logs?q=a b"),
            "/console/sign-in?return_to=%2Fconsole%2Flogs%3Fq%3Da%20b"
        );
    }
}
