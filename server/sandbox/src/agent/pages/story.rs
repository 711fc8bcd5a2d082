//! The one page of the story.

use axum::response::Html;
use coffer_core::Timestamp;

use super::{document, ending, steps};
use crate::agent::{
    Adopted,
    markup::{Markup, html},
    story::SignedIn,
};

/// What the steps need to know.
pub(super) struct View<'a> {
    pub(super) adopted: &'a Adopted,
    pub(super) console: &'a str,
    pub(super) person: Option<&'a SignedIn>,
    pub(super) now: Timestamp,
    /// The step that comes next: its button stands out.
    pub(super) next: u8,
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Done,
    Open,
    /// Something must come before it.
    Later,
}

/// The story so far.
pub(in crate::agent) fn story(
    adopted: &Adopted,
    console: &str,
    person: Option<&SignedIn>,
    now: Timestamp,
) -> Html<String> {
    let view = View { adopted, console, person, now, next: next(person) };
    let mended = person.filter(|person| person.mended && person.story.latest == 0).map(|_| {
        html!(
            "<p class=\"alert alert-ok\" role=\"status\"><strong>Mended.</strong> You allowed it again, so the vault has \
             new tokens of yours. The exchange of step 2 works again.</p>\n"
        )
    });
    let steps: Markup = [
        steps::sign_in(&view),
        steps::exchange(&view),
        steps::call(&view),
        ending::renew(&view),
        ending::revoke(&view),
    ]
    .into_iter()
    .collect();
    let main = html!(
        "<h1>An agent that uses your notes</h1>\n\
         <p class=\"lead\">Your notes are at the <em>sandbox provider</em>. This agent may read and write them for you, \
         but it never sees a password or refresh token of that provider: whenever it needs an access token, it asks \
         Coffer's token vault. Five steps show how.</p>\n"
        [mended] "<ol class=\"steps\">\n" [steps] "</ol>\n"
    );
    document("An agent that uses your notes", person.map(aside), main)
}

fn next(person: Option<&SignedIn>) -> u8 {
    let Some(person) = person else { return 1 };
    match &person.story {
        story if story.held.is_none() => 2,
        story if story.notes.is_none() => 3,
        story if story.renewal.is_none() => 4,
        _ => 5,
    }
}

fn aside(person: &SignedIn) -> Markup {
    html!(
        "<form method=\"post\" action=\"/sign-out\" class=\"person\"><span class=\"name\">" {person.name} "</span>\
         <button type=\"submit\" class=\"btn btn-small\">Sign out</button></form>"
    )
}

/// One step.
pub(super) fn step(number: u8, state: State, title: &'static str, body: Markup) -> Markup {
    let (class, done) = match state {
        State::Done => ("card step done", Some(html!("<span class=\"badge\">Done</span>"))),
        State::Open => ("card step", None),
        State::Later => ("card step later", None),
    };
    html!(
        "<li id=\"step-" {number} "\" class=\"" {class} "\"><div class=\"title\"><span class=\"number\" aria-hidden=\"true\">"
        {number} "</span><h2>" {title} "</h2>" [done] "</div>\n<div class=\"body\">\n" [body] "</div></li>\n"
    )
}
