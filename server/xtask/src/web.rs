//! `cargo xtask build-web`: what the browser loads, under hashed names and pre-compressed, in `target/site`.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Outcome, bundle,
    command::{root, step, target},
    files, inputs, style,
};

/// The file that tells the server which names are current.
const MANIFEST: &str = "manifest.json";

#[derive(Deserialize, Serialize)]
struct Manifest {
    css: String,
    js: String,
    wasm: String,
}

/// Builds the bundle and the stylesheet, unless those in place come from the same sources.
pub fn build() -> Outcome {
    let hash = inputs::hash()?;
    if inputs::last().as_deref() == Some(&hash) && complete() {
        println!("The browser bundle is up to date.");
        return Ok(());
    }
    fs::create_dir_all(site())?;
    inputs::note(None)?;

    step("Stylesheet");
    let css = style::build(&root())?;
    let bundle = bundle::build()?;

    step("Hashing and compressing what the browser loads");
    let started = Instant::now();
    let mut kept = BTreeSet::new();
    let manifest = Manifest {
        css: place("css", css.as_bytes(), &mut kept)?,
        js: place("js", bundle.js.as_bytes(), &mut kept)?,
        wasm: place("wasm", &bundle.wasm, &mut kept)?,
    };
    files::write(&site().join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
    kept.insert(site().join(MANIFEST));
    for path in files::below(&site())? {
        if !kept.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    println!("  done in {:.1} s", started.elapsed().as_secs_f32());
    inputs::note(Some(&hash))
}

fn site() -> PathBuf {
    target().join("site")
}

/// Whether the files named by the manifest are all there.
fn complete() -> bool {
    let Ok(text) = files::text(&site().join(MANIFEST)) else { return false };
    let Ok(Manifest { css, js, wasm }) = serde_json::from_str(&text) else { return false };
    [css, js, wasm]
        .iter()
        .all(|name| ["", ".br", ".gz"].iter().all(|end| site().join(format!("{name}{end}")).is_file()))
}

/// Writes a file and its two compressed forms under a name with its hash, and returns that name.
fn place(extension: &str, content: &[u8], kept: &mut BTreeSet<PathBuf>) -> Outcome<String> {
    let name = format!("coffer-{}.{extension}", inputs::short(&Sha256::digest(content)));
    let brotli = brotli(content)?;
    let gzip = gzip(content)?;
    println!("  {name}: {}, {} with brotli", kilobytes(content), kilobytes(&brotli));
    for (end, content) in [("", content), (".br", &brotli), (".gz", &gzip)] {
        let path = site().join(format!("{name}{end}"));
        write_whole(&path, content)?;
        kept.insert(path);
    }
    Ok(name)
}

/// Through a second name, so that a server which reads along never sees half a file.
fn write_whole(path: &Path, content: &[u8]) -> Outcome {
    let unfinished = path.with_extension("unfinished");
    files::write(&unfinished, content)?;
    Ok(fs::rename(unfinished, path)?)
}

fn brotli(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn kilobytes(content: &[u8]) -> String {
    format!("{:.1} kB", content.len() as f64 / 1000.0)
}
