//! The pages that people see: plain HTML that works without JavaScript.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use url::Url;

use crate::{answer, authorize::Ask, call::Call};

/// What the sign-in page asks.
pub(crate) struct Question<'a> {
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) redirect_uri: &'a str,
    /// Stands in the field already.
    pub(crate) account: &'a str,
    /// The name that was typed is none.
    pub(crate) wrong: bool,
}

/// No script at all; `form-action` is left out because browsers apply it to the redirect after the form.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

fn page(call: &Call, status: StatusCode, title: &str, body: &str) -> Response {
    let (title, host) = (escaped(title), &call.host);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/{host}/_page.css\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\
         </main>\n</body>\n</html>\n"
    );
    let response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    answer::with(response, header::CONTENT_SECURITY_POLICY, POLICY)
}

/// Signs in and asks for consent, on one page.
pub(crate) fn question(call: &Call, question: &Question<'_>) -> Response {
    let Question { ask, redirect_uri, account, wrong } = question;
    let scopes: String = ask
        .scopes
        .iter()
        .chain(ask.bot_scopes.iter())
        .map(|scope| format!("<li><code>{}</code></li>\n", escaped(scope)))
        .collect();
    let scopes = match scopes.is_empty() {
        true => "<p>It asks for no scopes.</p>\n".to_owned(),
        false => format!("<p>It asks for:</p>\n<ul>\n{scopes}</ul>\n"),
    };
    let host = Url::parse(redirect_uri).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or(redirect_uri);
    let wrong = match wrong {
        true => "<p class=\"wrong\" id=\"wrong\">Enter a name of letters, digits, dots and dashes.</p>\n",
        false => "",
    };
    let body = format!(
        "<p class=\"note\">Nobody has an account here, and nobody needs one: any name will do.</p>\n\
         <form method=\"post\" action=\"?{query}\">\n<label for=\"account\">Account</label>\n\
         <input id=\"account\" name=\"account\" value=\"{account}\" autocomplete=\"username\" autofocus>\n{wrong}\
         <p>The application <strong>{client}</strong> wants to use this account.</p>\n{scopes}\
         <p>Afterwards you return to <strong>{host}</strong>.</p>\n<div class=\"buttons\">\n\
         <button name=\"decision\" value=\"allow\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button>\n</div>\n</form>\n",
        query = escaped(&call.raw_query),
        account = escaped(account),
        client = escaped(ask.client_id),
        host = escaped(host),
    );
    page(call, StatusCode::OK, &format!("Sign in to {}", call.provider.name()), &body)
}

/// An error that must not be sent to the redirect URI.
pub(crate) fn error(call: &Call, status: StatusCode, title: &str, text: &str) -> Response {
    page(call, status, title, &format!("<p>{}</p>\n", escaped(text)))
}

pub(crate) fn stylesheet() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("../assets/page.css")).into_response()
}
