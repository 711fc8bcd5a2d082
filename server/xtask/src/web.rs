//! `cargo xtask build-web`: what the browser loads, under hashed names and pre-compressed, in `target/site`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Outcome,
    bundle::{self, Bundle},
    command::{root, step, target},
    files, inputs, style,
};

/// The file that tells the server which names are current.
const MANIFEST: &str = "manifest.json";

#[derive(Deserialize, Serialize)]
struct Manifest {
    css: String,
    js: String,
    /// The module that fetches the parts.
    link: String,
    wasm: String,
    /// Files that the pages of each part need besides.
    parts: BTreeMap<String, Vec<String>>,
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
    let mut kept = BTreeSet::new();
    let Bundle { js, mut link, wasm, files, parts } = bundle::build()?;
    step("Hashing and compressing what the browser loads");
    let started = Instant::now();
    let mut names = BTreeMap::new();
    for (file, content) in &files {
        let name = place(&named("part", content, "wasm"), content, &mut kept)?;
        link = renamed(&link, &format!("./{file}.wasm"), &name)?;
        names.insert(file, name);
    }
    // The two name each other, so that they have one hash.
    let both = [js.as_bytes(), link.as_bytes()].concat();
    let (js_name, link_name) = (named("coffer", &both, "js"), named("parts", &both, "js"));
    let js = renamed(&js, bundle::LINK, &link_name)?;
    let link = renamed(&link, bundle::JS, &js_name)?;
    let needs = |files: Vec<String>| -> Vec<String> {
        files.iter().filter_map(|file| names.get(file)).cloned().collect()
    };
    let manifest = Manifest {
        css: place(&named("coffer", css.as_bytes(), "css"), css.as_bytes(), &mut kept)?,
        js: place(&js_name, js.as_bytes(), &mut kept)?,
        link: place(&link_name, link.as_bytes(), &mut kept)?,
        wasm: place(&named("coffer", &wasm, "wasm"), &wasm, &mut kept)?,
        parts: parts.into_iter().map(|(part, files)| (part, needs(files))).collect(),
    };
    report(&manifest)?;
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
    let Ok(Manifest { css, js, link, wasm, parts }) = serde_json::from_str(&text) else { return false };
    [css, js, link, wasm]
        .iter()
        .chain(parts.values().flatten())
        .all(|name| ["", ".br", ".gz"].iter().all(|end| site().join(format!("{name}{end}")).is_file()))
}

/// A name with a hash of the content in it.
fn named(what: &str, content: &[u8], extension: &str) -> String {
    format!("{what}-{}.{extension}", inputs::short(&Sha256::digest(content)))
}

/// A module's text that names `from`, naming the file `to` beside it instead. Only whole strings that something is
/// imported or fetched from: the same text is a key, too.
fn renamed(module: &str, from: &str, to: &str) -> Outcome<String> {
    let mut changed = module.to_owned();
    for quote in ['"', '\''] {
        for before in ["from ", "new URL("] {
            let old = format!("{before}{quote}{from}{quote}");
            changed = changed.replace(&old, &format!("{before}{quote}./{to}{quote}"));
        }
    }
    if changed == module {
        return Err(format!("nothing in the bundle's JavaScript loads {from}").into());
    }
    Ok(changed)
}

/// Writes a file and its two compressed forms under this name, and returns it.
fn place(name: &str, content: &[u8], kept: &mut BTreeSet<PathBuf>) -> Outcome<String> {
    for (end, content) in [("", content), (".br", &brotli(content)?), (".gz", &gzip(content)?)] {
        let path = site().join(format!("{name}{end}"));
        write_whole(&path, content)?;
        kept.insert(path);
    }
    Ok(name.to_owned())
}

/// What the pages of each part make a browser load that has nothing yet.
fn report(manifest: &Manifest) -> Outcome {
    let size = |name: &String| -> Outcome<u64> { Ok(fs::metadata(site().join(format!("{name}.br")))?.len()) };
    let sum = |names: &[&String]| names.iter().map(|name| size(name)).sum::<Outcome<u64>>();
    let always = sum(&[&manifest.js, &manifest.link, &manifest.wasm])?;
    let kilobytes = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1000.0);
    println!(
        "  stylesheet {}; scripts, with brotli: {} for every page",
        kilobytes(size(&manifest.css)?),
        kilobytes(always)
    );
    for (part, files) in &manifest.parts {
        let files: Vec<&String> = files.iter().collect();
        println!("  {part}: {} more, in {} files", kilobytes(sum(&files)?), files.len());
    }
    let all: BTreeSet<&String> = manifest.parts.values().flatten().collect();
    let all: Vec<&String> = all.into_iter().collect();
    println!("  all of it: {} in {} files", kilobytes(always + sum(&all)?), all.len() + 3);
    Ok(())
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
