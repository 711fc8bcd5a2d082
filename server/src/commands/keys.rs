//! `coffer keys`

use std::path::Path;

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
};
use coffer_crypto::KeyFile;
use coffer_oidc::keys::{Start, rotate};
use coffer_store::{KeyHolder, StoredSigningKey};

use super::{Failure, say};
use crate::{
    cli::KeysCommand,
    config::Config,
    keeper, keyfile, reseal,
    wiring::{self, Base},
};

pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<(), Failure> {
    let base = wiring::base(config).await?;
    let path = &config.keys.file;
    match command {
        KeysCommand::List => list(path, &base).await,
        KeysCommand::Add => add(path, &base).await,
        KeysCommand::Activate { id, force } => activate(path, &base, &id, force).await,
        KeysCommand::Remove { id } => remove(path, &base, &id).await,
        KeysCommand::RotateSigning { alg, compromised } => {
            let start = match compromised {
                true => Start::Compromised,
                false => Start::Published(config.keys.jwks_cache_seconds),
            };
            rotate_signing(&base, &alg, start).await
        }
    }
}

async fn list(path: &Path, base: &Base) -> Result<(), Failure> {
    let keys = keyfile::load(path, false)?;
    let counts = reseal::count(&base.store).await?;
    for id in keys.ids() {
        let active = if id == keys.active_id() { " (active)" } else { "" };
        say(format_args!("{id}{active}: seals {} values", counts.get(id).unwrap_or(&0)));
    }
    for (id, count) in counts.iter().filter(|(id, _)| keys.key(id).is_none()) {
        say(format_args!("{id} is missing from {}: it seals {count} values", path.display()));
    }
    let now = base.clock.now();
    for KeyHolder { node, known, active, .. } in keeper::running(&base.store, now).await? {
        say(format_args!("server {node}: seals with {active}, has {}", known.join(", ")));
    }
    let signing = base.store.signing_keys().list().await?;
    for key in &signing {
        let (id, alg, state) = (&key.id, key.alg.code(), state(key, &signing, now));
        say(format_args!("{id} {alg} signing key, {state}, made {}", key.created_at));
    }
    Ok(())
}

fn state(key: &StoredSigningKey, all: &[StoredSigningKey], now: Timestamp) -> String {
    let begins = |key: &StoredSigningKey| (key.signs_from, key.id.clone());
    let begun = |other: &&StoredSigningKey| {
        other.alg == key.alg && other.retired_at.is_none() && other.signs_from <= now
    };
    match key.retired_at {
        Some(_) => "retired".to_owned(),
        None if key.signs_from > now => format!("published, signs from {}", key.signs_from),
        None if all.iter().filter(begun).any(|other| begins(other) > begins(key)) => {
            "replaced, verifies until its last token has ended".to_owned()
        }
        None => "active".to_owned(),
    }
}

async fn add(path: &Path, base: &Base) -> Result<(), Failure> {
    let mut keys = keyfile::load(path, false)?;
    let id = keys.add(base.rng.as_ref());
    keyfile::write(path, &keys)?;
    record(base, EventCode::KeyAdded, format!("Key {id} was added.")).await?;
    say(format_args!(
        "Added {id} to {}. It seals nothing yet. Copy the file to where you keep its copy, and to every other \
         server; running ones notice it within seconds. Then run: coffer keys activate {id}",
        path.display()
    ));
    Ok(())
}

async fn activate(path: &Path, base: &Base, id: &str, force: bool) -> Result<(), Failure> {
    let mut keys = keyfile::load(path, false)?;
    keys.activate(id).map_err(|error| refused(path, error))?;
    for KeyHolder { node, known, .. } in running(base).await? {
        if !force && !known.iter().any(|known| known == id) {
            return Err(Failure::Start(format!(
                "server {node} does not have key {id} yet and could not open what is sealed with it. Copy {} to it, \
                 wait some seconds, and try again; or pass --force if that server is gone for good",
                path.display()
            )));
        }
    }
    keyfile::write(path, &keys)?;
    record(base, EventCode::KeyActivated, format!("Key {id} was made the active one.")).await?;
    say(format_args!(
        "{id} is active in {}. Copy the file to every other server. Running ones notice it within seconds, and seal \
         every value anew with it.",
        path.display()
    ));
    Ok(())
}

async fn remove(path: &Path, base: &Base, id: &str) -> Result<(), Failure> {
    let mut keys = keyfile::load(path, false)?;
    keys.remove(id).map_err(|error| refused(path, error))?;
    unused(base, &keys, id).await?;
    keyfile::write(path, &keys)?;
    record(base, EventCode::KeyRemoved, format!("Key {id} was removed.")).await?;
    say(format_args!("Removed {id} from {}.", path.display()));
    Ok(())
}

/// Refuses where something is sealed with the key, or may be in a moment.
async fn unused(base: &Base, keys: &KeyFile, id: &str) -> Result<(), Failure> {
    let used = reseal::count(&base.store).await?.get(id).copied().unwrap_or(0);
    if used > 0 {
        return Err(Failure::Start(format!(
            "key {id} still seals {used} values. Start the server and wait until `coffer keys list` shows none"
        )));
    }
    for holder in running(base).await? {
        let KeyHolder { node, active, .. } = &holder;
        if active == id {
            return Err(Failure::Start(format!(
                "server {node} seals with {id} still. Copy the key file, in which {} is active, to it",
                keys.active_id()
            )));
        }
        if !keeper::is_over(&holder, base.clock.now()) {
            return Err(Failure::Start(format!(
                "server {node} seals with {active} since a moment ago; what it sealed before may not have been \
                 written yet. Try again in some seconds"
            )));
        }
    }
    Ok(())
}

async fn rotate_signing(base: &Base, alg: &str, start: Start) -> Result<(), Failure> {
    let Some(alg) = SigningAlgorithm::from_code(alg) else {
        return Err(Failure::Start(format!("there is no algorithm {alg}; use RS256, ES256 or EdDSA")));
    };
    let (clock, rng) = (base.clock.as_ref(), base.rng.as_ref());
    let key = rotate(&base.store, &base.keyring, clock, rng, alg, start).await?;
    let code = alg.code();
    let what = match start {
        Start::Compromised => {
            "Running servers use it within seconds. What the keys before it signed is no good any more"
                .to_owned()
        }
        _ if key.signs_from > key.made_at => {
            format!(
                "It is published now and signs from {}; the key before it stays published",
                key.signs_from
            )
        }
        _ => "Running servers use it within seconds".to_owned(),
    };
    say(format_args!("New signing key {} for {code}. {what}.", key.id));
    Ok(())
}

async fn running(base: &Base) -> Result<Vec<KeyHolder>, Failure> {
    Ok(keeper::running(&base.store, base.clock.now()).await?)
}

async fn record(base: &Base, code: EventCode, text: String) -> Result<(), Failure> {
    let event = AuditEvent::new(base.clock.now(), code, Actor::System, text);
    Ok(base.store.audit().append(&[event]).await?)
}

fn refused(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Start(format!("{}: {error}. `coffer keys list` shows the keys", path.display()))
}
