//! The steps, each with what it does in plain words, and what happened.

use super::{
    parts::{button, problem, token, trace},
    story::{State, View, step},
};
use crate::agent::{
    api::{LONGEST_NOTE, Note},
    markup::{Markup, html},
    story::{Held, Story, Told},
};

impl View<'_> {
    /// The story and the newest token, once there was one.
    pub(super) fn begun(&self) -> Option<(&Story, &Held)> {
        let story = &self.person?.story;
        story.held.as_ref().map(|held| (story, held))
    }

    /// What came of a step, and how.
    pub(super) fn told<T>(&self, number: u8, told: &Told<T>, show: impl FnOnce(&T) -> Markup) -> Markup {
        let latest = self.person.is_some_and(|person| person.story.latest == number);
        let outcome = match &told.outcome {
            Ok(outcome) => show(outcome),
            Err(what) => problem(what, self.console, true),
        };
        html!("" [outcome] "" [trace(&told.trace, latest)])
    }
}

/// How far a step is.
pub(super) fn state(open: bool, done: bool) -> State {
    match (open, done) {
        (false, _) => State::Later,
        (true, true) => State::Done,
        (true, false) => State::Open,
    }
}

pub(super) fn sign_in(view: &View<'_>) -> Markup {
    let words = html!(
        "<p>The agent sends you to Coffer, which sends you on to the sandbox provider. Any name will do there, such as \
         <code>ada</code>; allow what is asked. The agent gets a refresh token of <em>Coffer's</em>. The provider's \
         tokens stay in the vault.</p>\n"
    );
    let body = match view.person {
        None => {
            html!("" [words] "<p><a class=\"btn btn-primary\" href=\"/sign-in\">Sign in through Coffer</a></p>\n")
        }
        Some(person) => {
            let email = person.email.as_ref().filter(|email| **email != person.name);
            let email = email.map(|email| html!(" (" {email} ")"));
            let latest = person.story.latest == 0;
            html!(
                "" [words] "<p class=\"result\">You are signed in as <strong>" {person.name} "</strong>" [email] ".</p>\n"
                [trace(&person.trace, latest)]
            )
        }
    };
    step(1, state(true, view.person.is_some()), "Sign in through Coffer", body)
}

pub(super) fn exchange(view: &View<'_>) -> Markup {
    let told = view.person.and_then(|person| person.story.exchange.as_ref());
    let ask = view.person.map(|_| button("/exchange", "Exchange", view.next == 2));
    let body = html!(
        "<p>Whenever the agent needs the provider's access token, it hands its refresh token to Coffer's token endpoint \
         and names the connection, here <code>" {view.adopted.connection} "</code>. It proves with its client secret \
         that it is the application that you let in.</p>\n"
        [ask] "" [told.map(|told| view.told(2, told, |held| token(held, held.lives)))]
    );
    let done = told.is_some_and(|told| told.outcome.is_ok());
    step(2, state(view.person.is_some(), done), "Exchange it for the provider's token", body)
}

pub(super) fn call(view: &View<'_>) -> Markup {
    let told = view.begun().and_then(|(story, _)| story.notes.as_ref());
    let forms = view.begun().map(|_| {
        html!(
            "" [button("/notes", "List the notes", view.next == 3)]
            "<form method=\"post\" action=\"/notes/add\" class=\"add\"><label for=\"text\">A new note</label>\
             <div class=\"field\"><input id=\"text\" name=\"text\" required maxlength=\"" {LONGEST_NOTE}
             "\" autocomplete=\"off\"><button type=\"submit\" class=\"btn\">Write it</button></div></form>\n"
        )
    });
    let body = html!(
        "<p>With that token the agent calls the provider's API directly; Coffer is not in between. Where the token has \
         ended meanwhile, the agent asks the vault for a fresh one first, as agents do.</p>\n"
        [forms] "" [told.map(|told| view.told(3, told, |notes| list(notes)))]
    );
    let done = told.is_some_and(|told| told.outcome.is_ok());
    step(3, state(view.begun().is_some(), done), "Call the API", body)
}

/// Notes, newest first.
pub(super) fn list(notes: &[Note]) -> Markup {
    if notes.is_empty() {
        return html!("<p class=\"result\">There are no notes yet. Let the agent write one.</p>\n");
    }
    let lines: Markup = notes.iter().rev().map(|note| html!("<li>" {note.text} "</li>\n")).collect();
    html!("<h3>Your notes at the provider</h3>\n<ul class=\"notes\">\n" [lines] "</ul>\n")
}
