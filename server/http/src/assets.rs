//! Stylesheet and browser bundle: built by the xtask under hashed names, pre-compressed, embedded.

use std::collections::HashMap;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_app::{Assets, part_of};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;
use thiserror::Error;

#[derive(RustEmbed)]
#[folder = "../../target/site/"]
#[allow_missing = true]
struct Site;

/// Which files a page names.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Stylesheet.
    pub css: String,
    /// Module that starts the bundle.
    pub js: String,
    /// Module that fetches the parts of the bundle.
    pub link: String,
    /// What of the bundle every page needs.
    pub wasm: String,
    /// Files that the pages of each part need besides.
    pub parts: HashMap<String, Vec<String>>,
}

/// The binary was built without the browser bundle.
#[derive(Debug, Error)]
#[error("this build has no browser bundle in it; build with `cargo xtask run` or `cargo xtask release`")]
pub struct MissingAssets;

impl Manifest {
    /// The manifest that was embedded.
    pub fn embedded() -> Result<Self, MissingAssets> {
        let file = Site::get("manifest.json").ok_or(MissingAssets)?;
        serde_json::from_slice(&file.data).map_err(|_| MissingAssets)
    }

    /// What the document of the page at this path names.
    pub(crate) fn of_page(&self, path: &str) -> Assets {
        let parts = self.parts.get(part_of(path)).into_iter().flatten();
        Assets {
            css: Self::url(&self.css),
            js: Self::url(&self.js),
            wasm: Self::url(&self.wasm),
            link: Self::url(&self.link),
            parts: parts.map(|name| Self::url(name)).collect(),
        }
    }

    /// Address of a file.
    pub fn url(name: &str) -> String {
        format!("/assets/{name}")
    }
}

/// One embedded file, in the smallest encoding that the browser takes. Names carry a hash of the
/// content, so they are cached for a year.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let encodings = [("br", ".br"), ("gzip", ".gz")];
    let encoded = encodings
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding))
        .find_map(|(encoding, suffix)| Some((Some(encoding), Site::get(&format!("{name}{suffix}"))?)));
    let hidden = name == "manifest.json" || name.ends_with(".br") || name.ends_with(".gz");
    let found = encoded.or_else(|| Some((None, Site::get(&name)?))).filter(|_| !hidden);
    match found {
        Some((encoding, file)) => answer(&name, encoding, file),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        pieces.next() == Some(encoding) && !pieces.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00"))
    })
}

fn answer(name: &str, encoding: Option<&'static str>, file: EmbeddedFile) -> Response {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind.essence_str()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_by_name() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(!accepts("gzip, brotli", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
    }
}
