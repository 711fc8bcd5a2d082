//! `coffer keys migrate` and `rewrap`: what is done with a key service.

use std::path::Path;

use coffer_core::{
    Clock as _, SystemClock,
    audit::{Actor, AuditEvent, EventCode},
};
use coffer_store::Store;

use super::{Failure, say};
use crate::{
    config::Config,
    keyfile,
    place::Place,
    reseal,
    service_keys::ServiceKeys,
    wiring::{self, Base},
};

pub(super) async fn run(config: &Config, from: Option<&Path>, to: Option<&Path>) -> Result<(), Failure> {
    let (store, _) = wiring::database(config).await?;
    let Place::Service(service) = Place::of(config, &store)? else {
        return Err(Failure::Start(
            "there is no key service; configure keys.service.address and keys.service.token_file".to_owned(),
        ));
    };
    match (from, to) {
        (Some(path), _) => from_file(&store, &service, path).await,
        (_, Some(path)) => to_file(&store, &service, path).await,
        (None, None) => Ok(()),
    }
}

/// Instead of whatever is wrapped already: keys that were moved to a file before are still there.
async fn from_file(store: &Store, service: &ServiceKeys, path: &Path) -> Result<(), Failure> {
    let keys = keyfile::load(path, false)?;
    let old = store.wrapped_keys().list().await?;
    let counts = reseal::count(store).await?;
    // A file from before would leave them closed.
    if let Some((id, values)) = counts.iter().find(|(id, _)| keys.key(id).is_none()) {
        return Err(Failure::Start(format!(
            "{} does not have key {id}, which seals {values} values. Use a newer copy of the key file",
            path.display()
        )));
    }
    let (now, count) = (SystemClock.now(), keys.ids().count());
    let wrapped = service.wrapped(&keys, now).await?;
    let moved = moved(format!("Keys of a key file wrapped by the key service: {count}."));
    if !store.wrapped_keys().replace(&old, &wrapped, &[moved]).await? {
        return Err(Failure::Start("somebody changed the wrapped keys meanwhile. Try again".to_owned()));
    }
    say(format_args!(
        "Keys wrapped by the key service: {count}. Start the servers with keys.service and without keys.file. Then \
         rotate the key (add, activate, remove), so that {} opens nothing any more, and destroy it.",
        path.display()
    ));
    Ok(())
}

/// The wrapped keys stay until the next move: servers that run have them from there.
async fn to_file(store: &Store, service: &ServiceKeys, path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::Start(format!("{} exists; name a new file", path.display())));
    }
    let keys = service.existing().await?;
    let count = keys.ids().count();
    // Before the file is there: whoever has it has the keys.
    store.audit().append(&[moved(format!("Keys written to a key file: {count}."))]).await?;
    keyfile::write(path, &keys)?;
    say(format_args!(
        "Keys written to {}: {count}. Start the servers with keys.file and without keys.service, and keep a copy of \
         the file.",
        path.display()
    ));
    Ok(())
}

fn moved(text: String) -> AuditEvent {
    AuditEvent::new(SystemClock.now(), EventCode::KeyMoved, Actor::System, text)
}

pub(super) async fn rewrap(base: &Base) -> Result<(), Failure> {
    let Place::Service(service) = &base.place else {
        return Err(Failure::Start("there is no key service; the keys are in the key file".to_owned()));
    };
    let count = service.rewrap(&base.keyring.keys()).await?;
    say(format_args!("Keys wrapped anew: {count}."));
    Ok(())
}
