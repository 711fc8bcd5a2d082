//! `coffer backup`

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use coffer_store::{Store, sqlite_file};

use super::{Failure, say};
use crate::{config::Config, files, reseal};

pub(super) async fn run(config: &Config, file: &Path) -> Result<(), Failure> {
    let url = &config.database.url;
    let database = database_file(url.expose(), "pg_dump --format=custom, at any time")?;
    if !database.exists() {
        return Err(Failure::Start(format!("there is no database {}", database.display())));
    }
    let store = Store::connect(url.expose(), config.database.connections)
        .await
        .map_err(|source| Failure::database(url, source))?;
    let pending = store.pending_migrations().await.map_err(|source| Failure::database(url, source))?;
    if pending > 0 {
        return Err(Failure::Start(
            "the database is of an older version of Coffer: make the backup with that version, before the update"
                .to_owned(),
        ));
    }
    // Reserves the name: nothing is ever overwritten, also by two of these at once.
    files::create(file).map_err(|error| Failure::file(file, &error))?;
    let draft = files::beside(file, ".partial");
    let done = write(&store, &draft, file).await;
    if done.is_err() {
        _ = fs::remove_file(&draft);
        _ = fs::remove_file(file);
    }
    let (size, keys) = done?;
    let keys = keys.join(", ");
    let needs = match config.keys.service.address {
        Some(_) => format!(
            "It needs the key service to be of use: the keys {keys} are in it, wrapped by the service's key {}.",
            config.keys.service.key
        ),
        None => format!(
            "The key file is not in it. To be of use, it needs these keys of {}: {keys}. Keep a copy of them elsewhere.",
            config.keys.file.display()
        ),
    };
    say(format_args!("Wrote {} ({} kB). {needs}", file.display(), size / 1000));
    Ok(())
}

/// Writes the copy beside its place, checks it, and moves it there. Returns its size and the keys that it needs.
async fn write(store: &Store, draft: &Path, file: &Path) -> Result<(u64, Vec<String>), Failure> {
    let failed = |error: io::Error| Failure::file(draft, &error);
    files::create(draft).map_err(failed)?;
    store.copy_to(draft).await?;
    File::open(draft).and_then(|copy| copy.sync_all()).map_err(failed)?;
    let copy = Store::read_copy(draft).await?;
    if let Some(damage) = copy.damage().await? {
        return Err(Failure::Start(format!(
            "the copy is damaged, so that the database is, too; it was not kept: {damage}"
        )));
    }
    let keys = reseal::count(&copy).await?.into_keys().collect();
    copy.close().await?;
    let size = fs::metadata(draft).map_err(failed)?.len();
    fs::rename(draft, file).and_then(|()| sync_folder(file)).map_err(failed)?;
    Ok((size, keys))
}

/// The database's file; what to do instead, where it is in PostgreSQL.
pub(super) fn database_file(url: &str, instead: &str) -> Result<PathBuf, Failure> {
    sqlite_file(url).ok_or_else(|| {
        Failure::Start(format!(
            "this database is not a file but in PostgreSQL: use {instead} (docs/operate.md, Backup)"
        ))
    })
}

/// Makes what was renamed last after a power failure, too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
