//! Files, with errors that name them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Outcome;

/// Every file below `folder`, sorted; `folder` itself where it is a file.
pub fn below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))? {
        found.extend(below(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}

/// A file's text.
pub fn text(path: &Path) -> Outcome<String> {
    Ok(fs::read_to_string(path).map_err(|error| named(path, &error))?)
}

/// A file's bytes.
pub fn bytes(path: &Path) -> Outcome<Vec<u8>> {
    Ok(fs::read(path).map_err(|error| named(path, &error))?)
}

/// Writes a file anew.
pub fn write(path: &Path, content: &[u8]) -> Outcome {
    Ok(fs::write(path, content).map_err(|error| named(path, &error))?)
}

fn named(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
