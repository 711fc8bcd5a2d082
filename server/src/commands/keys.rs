//! `coffer keys`

use coffer_contract::application::SigningAlgorithm;
use coffer_oidc::keys::rotate;

use super::{Failure, say};
use crate::{
    cli::KeysCommand,
    config::Config,
    keyfile, reseal,
    wiring::{self, Base},
};

pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<(), Failure> {
    let base = wiring::base(config).await?;
    match command {
        KeysCommand::List => list(config, &base).await,
        KeysCommand::Add => {
            let path = &config.keys.file;
            let mut keys = keyfile::load(path, false)?;
            let id = keys.add(base.rng.as_ref());
            keyfile::write(path, &keys)?;
            say(format_args!(
                "Added {id} to {}; it is active now. Restart the server: it seals everything anew with it. Copy \
                 the file to where you keep its copy.",
                path.display()
            ));
            Ok(())
        }
        KeysCommand::Remove { id } => remove(config, &base, &id).await,
        KeysCommand::RotateSigning { alg } => {
            let Some(alg) = SigningAlgorithm::from_code(&alg) else {
                return Err(Failure::Start(format!(
                    "there is no algorithm {alg}; use RS256, ES256 or EdDSA"
                )));
            };
            let id = rotate(&base.store, &base.keyring, base.clock.as_ref(), base.rng.as_ref(), alg).await?;
            say(format_args!(
                "New signing key {id} for {}. Running servers use it within a minute.",
                alg.code()
            ));
            Ok(())
        }
    }
}

async fn list(config: &Config, base: &Base) -> Result<(), Failure> {
    let keys = keyfile::load(&config.keys.file, false)?;
    let counts = reseal::count(&base.store).await?;
    for id in keys.ids() {
        let active = if id == keys.active_id() { " (active)" } else { "" };
        say(format_args!("{id}{active}: seals {} values", counts.get(id).unwrap_or(&0)));
    }
    for key in base.store.signing_keys().list().await? {
        let state = if key.retired_at.is_some() { "retired" } else { "active" };
        say(format_args!("{} {} signing key, {state}, made {}", key.id, key.alg.code(), key.created_at));
    }
    Ok(())
}

async fn remove(config: &Config, base: &Base, id: &str) -> Result<(), Failure> {
    let path = &config.keys.file;
    let mut keys = keyfile::load(path, false)?;
    let used = reseal::count(&base.store).await?.get(id).copied().unwrap_or(0);
    if used > 0 {
        return Err(Failure::Start(format!(
            "key {id} still seals {used} values. Start the server and wait until `coffer keys list` shows none"
        )));
    }
    let refused =
        |error| Failure::Start(format!("{}: {error}. `coffer keys list` shows the keys", path.display()));
    keys.remove(id).map_err(refused)?;
    keyfile::write(path, &keys)?;
    say(format_args!("Removed {id} from {}.", path.display()));
    Ok(())
}
