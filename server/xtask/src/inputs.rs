//! Whether the browser bundle is newer than everything it is made from.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::{
    Outcome,
    command::{self, root, target},
    files,
};

/// Everything that the bundle and the stylesheet are made from.
const SOURCES: [&str; 7] =
    ["app", "server/contract", "style", "server/xtask/src", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"];

/// A hash over the inputs' names and contents, and over the compiler's version.
pub fn hash() -> Outcome<String> {
    let mut hash = Sha256::new();
    hash.update(command::output(command::program("rustc").arg("-vV")).unwrap_or_default());
    for source in SOURCES {
        for path in files::below(&root().join(source))? {
            let content = files::bytes(&path)?;
            let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
            hash.update((content.len() as u64).to_be_bytes());
            hash.update(content);
        }
    }
    Ok(short(&hash.finalize()))
}

/// The hash that the last finished build was made from.
pub fn last() -> Option<String> {
    files::text(&stamp()).ok()
}

/// Notes that a build from `hash` is finished; `None` while one is under way.
pub fn note(hash: Option<&str>) -> Outcome {
    files::write(&stamp(), hash.unwrap_or("").as_bytes())
}

/// The first 16 hexadecimal digits of a digest.
pub fn short(digest: &[u8]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn stamp() -> PathBuf {
    target().join("site-stamp")
}
