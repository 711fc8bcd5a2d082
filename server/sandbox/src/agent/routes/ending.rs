//! The last two steps: the end of a token, and of the whole access.

use std::sync::Arc;
use std::time::Duration;

use axum::{extract::State, response::Redirect};
use coffer_crypto::Secret;
use coffer_providers::Provider;

use super::steps::{keep, tokens};
use crate::agent::{
    Adopted, Agent,
    story::{Held, Renewal, Revocation, Told},
    visit::Visit,
};

/// Longest wait for a token's end, in seconds. Where tokens live longer, the exchange comes before it.
const LONGEST_WAIT: i64 = 60;

/// Waits for the end of the token at hand, and asks the vault.
async fn exchange_after(
    agent: &Agent,
    adopted: &Adopted,
    (refresh_token, held): (Secret, Held),
) -> Told<Held> {
    let seconds = held.left(agent.now()).min(LONGEST_WAIT);
    tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
    agent.exchange(adopted, &refresh_token).await
}

/// Step 4.
pub(super) async fn renew(State(agent): State<Arc<Agent>>, visit: Visit) -> Result<Redirect, Redirect> {
    let (adopted, tokens) = visit.begun(&agent, tokens)?;
    let (before, old) = (tokens.1.short(), tokens.1.token.clone());
    let told = exchange_after(&agent, &adopted, tokens).await;
    let is_new = told.outcome.as_ref().is_ok_and(|held| held.token != old);
    Ok(visit.tell(&agent, 4, |story| {
        keep(story, &told);
        story.renewal = Some(Renewal { before, is_new, told });
    }))
}

/// Step 5: what the person would do in the provider's own settings, and what the token is worth then.
pub(super) async fn revoke(State(agent): State<Arc<Agent>>, visit: Visit) -> Result<Redirect, Redirect> {
    let (_, (_, held)) = visit.begun(&agent, tokens)?;
    let account = held.account.as_deref();
    let ended = account.map_or(0, |account| agent.providers.revoke_account(Provider::Sandbox, account));
    let call = agent.notes(&held.token).await;
    Ok(visit.tell(&agent, 5, |story| story.revocation = Some(Revocation { ended, call, after: None })))
}

/// Step 5: the exchange afterwards.
pub(super) async fn retry(State(agent): State<Arc<Agent>>, visit: Visit) -> Result<Redirect, Redirect> {
    let (adopted, tokens) = visit.begun(&agent, |person| {
        person.story.revocation.as_ref()?;
        tokens(person)
    })?;
    let told = exchange_after(&agent, &adopted, tokens).await;
    Ok(visit.tell(&agent, 5, |story| {
        keep(story, &told);
        if let Some(revocation) = &mut story.revocation {
            revocation.after = Some(told);
        }
    }))
}
