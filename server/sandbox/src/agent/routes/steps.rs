//! The steps after the sign-in. Each does one thing, writes down what came of it, and shows the page.

use std::sync::Arc;

use axum::{Form, extract::State, response::Redirect};
use coffer_crypto::Secret;
use serde::Deserialize;

use crate::agent::{
    Adopted, Agent,
    api::{LONGEST_NOTE, Note},
    problem::{Mend, Problem},
    story::{Held, SignedIn, Story, Told},
    trace::Trace,
    visit::Visit,
};

#[derive(Deserialize)]
pub(super) struct NewNote {
    #[serde(default)]
    text: String,
}

/// Coffer's refresh token, and the newest token of the provider.
pub(super) fn tokens(person: &mut SignedIn) -> Option<(Secret, Held)> {
    person.story.held.clone().map(|held| (person.refresh_token.clone(), held))
}

/// Makes a token that came the newest one.
pub(super) fn keep(story: &mut Story, told: &Told<Held>) {
    if let Ok(held) = &told.outcome {
        story.held = Some(held.clone());
    }
}

/// Step 2.
pub(super) async fn exchange(State(agent): State<Arc<Agent>>, visit: Visit) -> Result<Redirect, Redirect> {
    let (adopted, refresh_token) = visit.begun(&agent, |person| Some(person.refresh_token.clone()))?;
    let told = agent.exchange(&adopted, &refresh_token).await;
    Ok(visit.tell(&agent, 2, |story| {
        keep(story, &told);
        story.exchange = Some(told);
    }))
}

/// Step 3: lists the notes.
pub(super) async fn notes(State(agent): State<Arc<Agent>>, visit: Visit) -> Result<Redirect, Redirect> {
    let (adopted, tokens) = visit.begun(&agent, tokens)?;
    let told = with_token(&agent, &visit, &adopted, tokens, async |token| agent.notes(&token).await).await;
    Ok(visit.tell(&agent, 3, |story| story.notes = Some(told)))
}

/// Step 3: writes a note.
pub(super) async fn add_note(
    State(agent): State<Arc<Agent>>,
    visit: Visit,
    Form(note): Form<NewNote>,
) -> Result<Redirect, Redirect> {
    let (adopted, tokens) = visit.begun(&agent, tokens)?;
    let text = note.text.trim();
    let told = if text.is_empty() || text.chars().count() > LONGEST_NOTE {
        let words = format!("A note has 1 to {LONGEST_NOTE} characters.");
        Told { outcome: Err(Problem::new(words, Mend::Again)), trace: Trace::default() }
    } else {
        let write = async |token| agent.write_note(&token, text).await;
        with_token(&agent, &visit, &adopted, tokens, write).await
    };
    Ok(visit.tell(&agent, 3, |story| story.notes = Some(told)))
}

/// Calls the API. As agents do, it asks the vault first where the token at hand is over.
async fn with_token(
    agent: &Agent,
    visit: &Visit,
    adopted: &Adopted,
    (refresh_token, held): (Secret, Held),
    call: impl AsyncFnOnce(Secret) -> Told<Vec<Note>>,
) -> Told<Vec<Note>> {
    if !held.is_over(agent.now()) {
        return call(held.token).await;
    }
    let told = agent.exchange(adopted, &refresh_token).await;
    visit.person(agent, |person| keep(&mut person.story, &told));
    match told.outcome {
        Ok(held) => {
            let Told { outcome, trace } = call(held.token).await;
            Told { outcome, trace: told.trace.then(&trace) }
        }
        Err(problem) => Told { outcome: Err(problem), trace: told.trace },
    }
}
