//! The console compiled to WebAssembly, in parts, with the JavaScript modules that start it and fetch them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use wasm_bindgen_cli_support::Bindgen;
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::{
    Outcome,
    command::{cargo, run, step, target},
    files, wasm_target,
};

/// How the two modules name each other before their names have hashes.
pub const JS: &str = "./coffer.js";
/// See [`JS`].
pub const LINK: &str = "./__wasm_split.js";

/// What the browser loads.
pub struct Bundle {
    /// The module, which exports `hydrate` and, as its default, the function that loads the WebAssembly.
    pub js: String,
    /// The module that fetches the parts.
    pub link: String,
    /// The WebAssembly that every page needs.
    pub wasm: Vec<u8>,
    /// Further files of WebAssembly, by the names (without `.wasm`) that `link` has for them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Which of them each part of the pages needs.
    pub parts: BTreeMap<String, Vec<String>>,
}

/// Compiles `coffer-app` for the browser.
pub fn build() -> Outcome<Bundle> {
    let toolchain = wasm_target::ensure()?;
    // Of this kind for the browser alone: the server would link, at every build, a library that nobody loads.
    let mut command = cargo(
        "rustc --package coffer-app --lib --crate-type cdylib --features hydrate --profile wasm-release",
    );
    // A directory of its own, so that this build and the server's never wait for each other's lock.
    toolchain.apply(&mut command).arg("--target-dir").arg(target().join("web"));
    // By the relocations it is seen which part needs what.
    command.args(["--", "-C", "link-arg=--emit-relocs"]);
    run("Browser bundle (WebAssembly; the first time takes a few minutes)", &mut command)?;

    step("Splitting the bundle, and binding it to JavaScript");
    let whole =
        files::bytes(&target().join("web").join(wasm_target::NAME).join("wasm-release/coffer_app.wasm"))?;
    let split = anew(&target().join("web/split"))?;
    let main = split.join("coffer.wasm");
    let mut options = wasm_split_cli_support::Options::new(&whole);
    (options.output_dir, options.main_out_path) = (&split, &main);
    (options.main_module, options.link_name) = (JS, LINK);
    let made = wasm_split_cli_support::transform(options)
        .map_err(|error| format!("the bundle could not be split: {error:#}"))?;

    let bound = anew(&target().join("web/bound"))?;
    Bindgen::new()
        .input_path(&main)
        .out_name("coffer")
        .web(true)?
        .typescript(false)
        // The parts find there what they share.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The page names the hashed file itself.
        .omit_default_module_path(true)
        .generate(&bound)?;
    if bound.join("snippets").exists() {
        return Err(
            "a dependency brings JavaScript files of its own (\"snippets\"), which nothing serves".into()
        );
    }
    let mut further = BTreeMap::new();
    for path in made.split_modules {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        further.insert(name, without_custom(&files::bytes(&path)?)?);
    }
    Ok(Bundle {
        js: files::text(&bound.join("coffer.js"))?,
        link: files::text(&split.join(LINK))?,
        wasm: files::bytes(&bound.join("coffer_bg.wasm"))?,
        files: further,
        parts: made.prefetch_map.into_iter().collect(),
    })
}

/// An empty folder.
fn anew(folder: &Path) -> Outcome<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

/// A module without names and whatever else no browser needs.
fn without_custom(module: &[u8]) -> Outcome<Vec<u8>> {
    let mut kept = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = module.get(usize::try_from(range.start)?..usize::try_from(range.end)?);
            kept.section(&RawSection { id, data: data.unwrap_or_default() });
        }
    }
    Ok(kept.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_loses_its_names_and_nothing_else() {
        let head = b"\0asm\x01\0\0\0";
        // A type section of 200 bytes that nothing reads here, and a custom section named "name".
        let types = [&[1_u8, 0xc8, 0x01][..], &[0; 200]].concat();
        let names = b"\0\x07\x04namexy";
        let module = [head, &types[..], names].concat();
        assert_eq!(without_custom(&module).unwrap(), [head, &types[..]].concat());
    }
}
