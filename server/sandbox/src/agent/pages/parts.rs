//! What several steps show.

use coffer_core::Timestamp;

use crate::agent::{
    markup::{Markup, html},
    problem::{Mend, Problem},
    story::Held,
    trace::Trace,
};
use crate::provider::ACCESS_SECONDS;

/// What went over the wire; open where it is the newest.
pub(super) fn trace(trace: &Trace, open: bool) -> Markup {
    if trace.text().is_empty() {
        return Markup::default();
    }
    let start =
        if open { html!("<details class=\"trace\" open>") } else { html!("<details class=\"trace\">") };
    let lines: Markup = trace
        .text()
        .lines()
        .map(|line| match line.strip_prefix("  ") {
            Some(member) => html!("<p class=\"member\">" {member} "</p>"),
            None => html!("<p>" {line} "</p>"),
        })
        .collect();
    html!("" [start] "<summary>What went over the wire</summary><div class=\"wire\">" [lines] "</div></details>\n")
}

/// What went wrong, and with `mend` the link that mends it.
pub(super) fn problem(problem: &Problem, console: &str, mend: bool) -> Markup {
    let code = problem.code.as_ref().map(|code| html!("<p>Error code: <code>" {code} "</code></p>"));
    let said = problem.said.as_ref().map(|said| html!("<p>It says: “" {said} "”</p>"));
    let link = match problem.mend {
        Mend::SignIn => Some(html!(
            "<p><a class=\"btn btn-primary\" href=\"/sign-in?again=1\">Sign in again to mend it</a></p>"
        )),
        Mend::SetUp => Some(html!(
            "<p>Set up the sandbox again from the <a href=\"" {console} "\">dashboard's Overview page</a>.</p>"
        )),
        Mend::Dashboard => Some(html!("<p><a href=\"" {console} "\">Open the dashboard</a></p>")),
        Mend::Again => None,
    };
    html!(
        "<div class=\"alert alert-danger\" role=\"alert\"><p><strong>" {problem.words} "</strong></p>"
        [said] "" [code] "" [link.filter(|_| mend)] "</div>\n"
    )
}

/// A button that is a form of its own.
pub(super) fn button(action: &'static str, words: &str, primary: bool) -> Markup {
    let class = if primary { "btn btn-primary" } else { "btn" };
    html!(
        "<form method=\"post\" action=\"" {action} "\"><button type=\"submit\" class=\"" {class} "\">" {words}
        "</button></form>\n"
    )
}

/// How long a token still lives, as far as a page can know.
pub(super) fn life(held: &Held, now: Timestamp) -> Markup {
    let left = held.left(now);
    match held.ends {
        None => html!("<p class=\"hint\">The provider does not say when this token ends.</p>\n"),
        Some(_) if left == 0 => {
            html!("<p class=\"hint\"><code>" {held.short()} "</code> has ended.</p>\n")
        }
        Some(_) => html!(
            "<p class=\"hint\"><code>" {held.short()} "</code> had " {seconds(left)} " left when this page was loaded.</p>\n\
             <div class=\"life life-" {left.min(ACCESS_SECONDS)} "\" aria-hidden=\"true\"></div>\n"
        ),
    }
}

/// A number of seconds, in words.
pub(super) fn seconds(count: i64) -> String {
    if count == 1 { "1 second".to_owned() } else { format!("{count} seconds") }
}

/// What is known of a token that was handed out.
pub(super) fn token(held: &Held, lives: Option<i64>) -> Markup {
    let scopes: Markup = held.scopes.iter().map(|scope| html!("<code>" {scope} "</code> ")).collect();
    let lives = lives.map(|count| html!("<dt>Lives for</dt><dd>" {seconds(count)} " more</dd>"));
    html!(
        "<dl class=\"facts\"><dt>Access token</dt><dd><code>" {held.short()} "</code></dd><dt>Scope</dt><dd class=\"chips\">"
        [scopes] "</dd>" [lives] "</dl>\n"
    )
}
