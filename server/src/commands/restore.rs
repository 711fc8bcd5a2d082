//! `coffer restore`

use std::fs::{self, File};
use std::io;
use std::path::Path;

use coffer_core::{Clock as _, SystemClock};
use coffer_crypto::Keyring;
use coffer_store::{Claim, Store};

use super::{
    Failure,
    backup::{database_file, sync_folder},
    say,
};
use crate::{
    config::Config,
    files::{self, beside},
    place::Place,
    reseal,
};

pub(super) async fn run(config: &Config, file: &Path, force: bool) -> Result<(), Failure> {
    let database = database_file(config.database.url.expose(), "pg_restore, while no server runs")?;
    let there = database.exists();
    if there && !force {
        return Err(Failure::Start(format!(
            "there is a database {}. With --force it is kept beside, under another name",
            database.display()
        )));
    }
    check(config, file).await?;
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    let draft = beside(&database, ".restoring");
    let ready = async {
        let sealed = prepare(config, file, &draft).await?;
        // Last of all: it puts what is beside the old file into it.
        let claim = if there { claim(&database).await? } else { None };
        Ok((sealed, claim))
    };
    let ready: Result<_, Failure> = ready.await;
    if ready.is_err() {
        remove(&draft);
    }
    let (sealed, claim) = ready?;
    let aside = beside(&database, format!(".before-restore-{}", SystemClock.now().seconds()));
    if there {
        fs::rename(&database, &aside).map_err(|error| Failure::file(&database, &error))?;
        // Of a database that was damaged; one that was claimed has none of them.
        for suffix in ["-wal", "-shm"] {
            _ = fs::rename(beside(&database, suffix), beside(&aside, suffix));
        }
    }
    fs::rename(&draft, &database)
        .and_then(|()| sync_folder(&database))
        .map_err(|error| Failure::file(&database, &error))?;
    drop(claim);
    let kept = if there { format!(" What was there is now {}.", aside.display()) } else { String::new() };
    let keys = match config.keys.service.address {
        Some(_) => "the keys that the key service unwraps open",
        None => "the key file opens",
    };
    say(format_args!(
        "Restored {} from {}; {keys} all {sealed} sealed values.{kept}\n\
         Everything is as it was at the backup:\n\
         - Refresh tokens that providers replaced since then are spent. Such accounts are marked \"needs consent\" when \
         they are next refreshed, and their users consent again.\n\
         - Tokens that Coffer issued since then are unknown; those that were revoked since then work again until they \
         end.\n\
         - Events, settings, users and accounts of the time since then are gone.",
        database.display(),
        file.display()
    ));
    Ok(())
}

/// Whether a file is a whole database of this or an older version of Coffer's.
async fn check(config: &Config, file: &Path) -> Result<(), Failure> {
    let unusable = |what: &str| Failure::Start(format!("{} is not restored: {what}", file.display()));
    File::open(file).map_err(|error| Failure::file(file, &error))?;
    for suffix in ["-wal", "-journal"] {
        if beside(file, suffix).exists() {
            return Err(unusable(&format!(
                "there is {} beside it, so it is a database in use or one that broke off, and no finished copy",
                beside(file, suffix).display()
            )));
        }
    }
    let copy = Store::read_copy(file).await.map_err(|error| unusable(&error.to_string()))?;
    if let Some(damage) = copy.damage().await.map_err(|error| unusable(&error.to_string()))? {
        return Err(unusable(&format!("it is damaged: {damage}")));
    }
    copy.pending_migrations().await.map_err(|error| {
        match Failure::database(&config.database.url, error) {
            Failure::Newer(_) => {
                unusable("it was made by a newer version of Coffer; restore it with that version")
            }
            other => other,
        }
    })?;
    if copy.administrators().count().await.is_err() {
        return Err(unusable("it is not a database of Coffer's"));
    }
    copy.close().await?;
    Ok(())
}

/// The database that is there, when nobody uses it. One that is damaged cannot be claimed, nor used.
async fn claim(database: &Path) -> Result<Option<Claim>, Failure> {
    match Claim::take(database).await {
        Ok(Some(claim)) => Ok(Some(claim)),
        Ok(None) => Err(Failure::Start(format!(
            "a server, or another command, uses {}. Stop it first",
            database.display()
        ))),
        Err(error) => {
            tracing::warn!(%error, "the database that is there cannot be opened; it is kept as it is");
            Ok(None)
        }
    }
}

/// A copy that is up to date and that the keys open. Returns how many values that are.
async fn prepare(config: &Config, file: &Path, draft: &Path) -> Result<u64, Failure> {
    let failed = |error: io::Error| Failure::file(draft, &error);
    // Left by one that broke off.
    remove(draft);
    files::create(draft).map_err(failed)?;
    fs::copy(file, draft).map_err(failed)?;
    private(draft).map_err(failed)?;
    let url = format!("sqlite:{}", draft.display());
    let store = Store::connect(&url, config.database.connections).await?;
    store.migrate().await?;
    // Wrapped keys are those of the backup.
    let keyring = Keyring::from(Place::of(config, &store)?.existing().await?);
    let sealed = reseal::open_all(&store, &keyring).await?;
    store.close().await?;
    for suffix in ["-wal", "-shm"] {
        if beside(draft, suffix).exists() {
            return Err(Failure::Start(format!("{} is still in use", draft.display())));
        }
    }
    File::open(draft).and_then(|copy| copy.sync_all()).map_err(failed)?;
    Ok(sealed)
}

/// Copying a file gives it the other's mode.
fn private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn remove(draft: &Path) {
    _ = fs::remove_file(draft);
    for suffix in ["-wal", "-shm", "-journal"] {
        _ = fs::remove_file(beside(draft, suffix));
    }
}
