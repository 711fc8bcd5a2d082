//! Applications that no administrator vouches for: what the person is told before they agree.

use coffer_contract::{application::Origin, validate::is_loopback};
use coffer_core::{authorization::AnswerTo, client::Client};
use url::Url;

/// A note for the consent page; none for an application that an administrator made.
pub(crate) fn note(client: &Client, answer: &AnswerTo) -> Option<String> {
    let who = match client.origin {
        Origin::Dashboard => return None,
        Origin::Registered => {
            "This application registered itself. Nobody here has checked its name.".to_owned()
        }
        Origin::Document => {
            let url = Url::parse(client.id.as_str()).ok()?;
            format!("{} vouches for this application; nobody here has checked it.", url.host_str()?)
        }
    };
    Some(match answer {
        AnswerTo::Client(to) => format!("{who} {}", destination(&to.redirect_uri)),
        AnswerTo::Device { .. } => who,
    })
}

/// Why the browser is not sent to the application with an error; none where an administrator vouches for it.
pub(crate) fn not_followed(client: &Client, redirect_uri: &str) -> Option<String> {
    if client.origin == Origin::Dashboard {
        return None;
    }
    let url = Url::parse(redirect_uri).ok()?;
    let place = url.host_str().unwrap_or(url.scheme());
    Some(format!(
        "The application is not one that an administrator here made, so you were not sent to {place}."
    ))
}

/// Whether the answer stays on the user's device, where another program can pose as the application: such a
/// one is not let in without a question because it was let in before (RFC 8252 section 8.6).
pub(crate) fn can_be_posed_as(client: &Client, answer: &AnswerTo) -> bool {
    let AnswerTo::Client(to) = answer else { return false };
    client.origin == Origin::Document && Url::parse(&to.redirect_uri).is_ok_and(|url| is_loopback(&url))
}

fn destination(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(url) if is_loopback(&url) => {
            "If you allow it, a program on this device gets access. Allow it only if you have just started this \
             sign-in yourself."
                .to_owned()
        }
        Ok(url) if url.scheme() == "https" => {
            format!("If you allow it, {} gets access.", url.host_str().unwrap_or_default())
        }
        _ => "If you allow it, an app on this device gets access. Allow it only if you have just started this \
              sign-in yourself."
            .to_owned(),
    }
}
