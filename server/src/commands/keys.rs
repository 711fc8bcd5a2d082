//! `coffer keys`

use coffer_contract::application::SigningAlgorithm;
use coffer_core::Timestamp;
use coffer_crypto::{KeyFile, KeyFileError};
use coffer_oidc::keys::{Start, rotate};
use coffer_store::{KeyHolder, StoredSigningKey};

use super::{Failure, migrate, say};
use crate::{
    cli::KeysCommand,
    config::Config,
    keeper, reseal,
    wiring::{self, Base},
};

pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<(), Failure> {
    if let KeysCommand::Migrate { from_file, to_file } = command {
        return migrate::run(config, from_file.as_deref(), to_file.as_deref()).await;
    }
    let base = wiring::base(config).await?;
    let done = match command {
        KeysCommand::List => list(&base).await,
        KeysCommand::Add => add(&base).await,
        KeysCommand::Activate { id, force } => activate(&base, &id, force).await,
        KeysCommand::Remove { id } => remove(&base, &id).await,
        KeysCommand::Rewrap => migrate::rewrap(&base).await,
        KeysCommand::RotateSigning { alg, compromised } => {
            let start = match compromised {
                true => Start::Compromised,
                false => Start::Published(config.keys.jwks_cache_seconds),
            };
            rotate_signing(&base, &alg, start).await
        }
        KeysCommand::Migrate { .. } => Ok(()),
    };
    let closed = base.store.clone().close().await;
    done?;
    Ok(closed?)
}

async fn list(base: &Base) -> Result<(), Failure> {
    let keys = base.keyring.keys();
    let counts = reseal::count(&base.store).await?;
    for id in keys.ids() {
        let active = if id == keys.active_id() { " (active)" } else { "" };
        say(format_args!("{id}{active}: seals {} values", counts.get(id).unwrap_or(&0)));
    }
    for (id, count) in counts.iter().filter(|(id, _)| keys.key(id).is_none()) {
        say(format_args!("{id} is missing from {}: it seals {count} values", base.place));
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

async fn add(base: &Base) -> Result<(), Failure> {
    let id = base.place.add(&base.store, base.clock.as_ref(), base.rng.as_ref()).await?;
    let copy = match base.place.file() {
        Some(_) => "Copy the file to where you keep its copy, and to every other server; running",
        None => "Running",
    };
    say(format_args!(
        "Added {id} to {}. It seals nothing yet. {copy} servers notice it within seconds. Then run: coffer keys \
         activate {id}",
        base.place
    ));
    Ok(())
}

async fn activate(base: &Base, id: &str, force: bool) -> Result<(), Failure> {
    if base.keyring.keys().key(id).is_none() {
        return Err(base.place.refused(KeyFileError::Unknown(id.to_owned())));
    }
    let copy = base.place.file().map(|path| format!("Copy {} to it, wait", path.display()));
    for KeyHolder { node, known, .. } in running(base).await? {
        if !force && !known.iter().any(|known| known == id) {
            return Err(Failure::Start(format!(
                "server {node} does not have key {id} yet and could not open what is sealed with it. {} some seconds, \
                 and try again; or pass --force if that server is gone for good",
                copy.as_deref().unwrap_or("Wait")
            )));
        }
    }
    base.place.activate(&base.store, base.clock.as_ref(), id).await?;
    let copy = if base.place.file().is_some() { " Copy the file to every other server." } else { "" };
    say(format_args!(
        "{id} is active in {}.{copy} Running servers notice it within seconds, and seal every value anew with it.",
        base.place
    ));
    Ok(())
}

async fn remove(base: &Base, id: &str) -> Result<(), Failure> {
    let mut keys = KeyFile::clone(&base.keyring.keys());
    keys.remove(id).map_err(|error| base.place.refused(error))?;
    unused(base, &keys, id).await?;
    base.place.remove(&base.store, base.clock.as_ref(), id).await?;
    say(format_args!("Removed {id} from {}.", base.place));
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
                "server {node} seals with {id} still, and not with {}. It notices within seconds, once it has the key file \
                 where there is one",
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
