//! The console compiled to WebAssembly, with the JavaScript module that starts it.

use std::fs;

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    Outcome,
    command::{cargo, run, step, target},
    files, wasm_target,
};

/// What the browser loads.
pub struct Bundle {
    /// The module, which exports `hydrate` and, as its default, the function that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly.
    pub wasm: Vec<u8>,
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
    run("Browser bundle (WebAssembly; the first time takes a few minutes)", &mut command)?;

    step("Binding the bundle to JavaScript");
    let folder = target().join("web/bound");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Bindgen::new()
        .input_path(target().join("web").join(wasm_target::NAME).join("wasm-release/coffer_app.wasm"))
        .out_name("coffer")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The page names the hashed file itself.
        .omit_default_module_path(true)
        .generate(&folder)?;
    if folder.join("snippets").exists() {
        return Err(
            "a dependency brings JavaScript files of its own (\"snippets\"), which nothing serves".into()
        );
    }
    Ok(Bundle {
        js: files::text(&folder.join("coffer.js"))?,
        wasm: files::bytes(&folder.join("coffer_bg.wasm"))?,
    })
}
