//! The agent's pages: plain HTML that works without a script.

mod ending;
mod parts;
mod steps;
mod story;

use axum::response::Html;

use super::{
    markup::{Markup, html},
    problem::{Mend, Problem},
};
use crate::provider::ACCESS_SECONDS;

pub(super) use story::story;

/// The stylesheet. How far a token's bar has drained when a page is loaded is a class, because styles in
/// the page itself are not allowed.
pub(super) fn stylesheet() -> String {
    let mut css = include_str!("../../../assets/agent.css").to_owned();
    css += &format!(".life::before {{ animation-duration: {ACCESS_SECONDS}s; }}\n");
    for left in 0..=ACCESS_SECONDS {
        css += &format!(".life-{left}::before {{ animation-delay: -{}s; }}\n", ACCESS_SECONDS - left);
    }
    css
}

/// A whole document. `aside` stands in the page's head, to the right.
fn document(title: &str, aside: Option<Markup>, main: Markup) -> Html<String> {
    let page = html!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>" {title} " · Coffer sandbox</title>\n\
         <link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' \
         fill='none' stroke='%230b6a66' stroke-width='2'%3E%3Crect x='4' y='8' width='16' height='11' rx='3'/%3E\
         %3Cpath d='M12 8V4M9 13v1M15 13v1'/%3E%3C/svg%3E\">\n\
         <link rel=\"stylesheet\" href=\"/agent.css\">\n</head>\n<body>\n\
         <header class=\"top\"><div class=\"column bar\"><p class=\"brand\"><span class=\"mark\" aria-hidden=\"true\">A</span>\
         Example agent</p>" [aside] "</div></header>\n\
         <main class=\"column\">\n<p class=\"banner\"><strong>Sandbox.</strong> This agent and its provider run in \
         memory on this computer, for trying Coffer out. A production configuration starts neither.</p>\n"
        [main] "</main>\n</body>\n</html>\n"
    );
    Html(page.into_string())
}

/// A page that says one thing.
pub(super) fn notice(title: &str, words: &str) -> Html<String> {
    let main = html!("<h1>" {title} "</h1>\n<p class=\"lead\">" {words} "</p>\n\
                      <p><a class=\"btn\" href=\"/\">To the agent</a></p>\n");
    document(title, None, main)
}

/// Before the agent was told its client id and secret.
pub(super) fn not_set_up(console: &str) -> Html<String> {
    let main = html!(
        "<h1>The agent is not set up yet</h1>\n\
         <p class=\"lead\">Like any application it needs a client id and a client secret of Coffer's, and a \
         connection to the provider. One click does all of it.</p>\n\
         <p class=\"lead\"><strong>Set up the sandbox from the dashboard's Overview page</strong>, then come back \
         here.</p>\n<p class=\"buttons\"><a class=\"btn btn-primary\" href=\"" {console} "\">Open the dashboard</a> \
         <a class=\"btn\" href=\"/\">Look again</a></p>\n"
    );
    document("Not set up yet", None, main)
}

/// A sign-in that did not come to its end.
pub(super) fn failed(problem: &Problem, console: &str) -> Html<String> {
    let next = match problem.mend {
        Mend::Again | Mend::SignIn => {
            html!(
                "<a class=\"btn btn-primary\" href=\"/sign-in\">Try again</a> <a class=\"btn\" href=\"/\">Back</a>"
            )
        }
        Mend::SetUp | Mend::Dashboard => html!(
            "<a class=\"btn btn-primary\" href=\"" {console} "\">Open the dashboard</a> <a class=\"btn\" href=\"/\">Back</a>"
        ),
    };
    let main = html!(
        "<h1>The sign-in did not work</h1>\n" [parts::problem(problem, console, false)]
        "<p class=\"buttons\">" [next] "</p>\n"
    );
    document("The sign-in did not work", None, main)
}

/// After signing out.
pub(super) fn signed_out(logout: &str) -> Html<String> {
    let main = html!(
        "<h1>You are signed out</h1>\n\
         <p class=\"lead\">The agent forgot you and gave its refresh token back to Coffer. Your sign-in at Coffer \
         itself goes on, so signing in again takes one click; to come back as somebody else, sign out there too.</p>\n\
         <p class=\"buttons\"><a class=\"btn btn-primary\" href=\"/\">To the agent</a> \
         <a class=\"btn\" href=\"" {logout} "\">Sign out of Coffer</a></p>\n"
    );
    document("Signed out", None, main)
}
