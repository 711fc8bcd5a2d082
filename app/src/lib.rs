//! Coffer's pages: the console in the browser (rendered on the server, hydrated there) and the hosted
//! pages that end users see (plain HTML from the server alone).

#![recursion_limit = "256"]

mod address;
mod app;
mod browser;
mod console;
#[cfg(feature = "ssr")]
pub mod hosted;
mod pages;
mod passkey;
mod server_fns;
#[cfg(feature = "ssr")]
mod shell;
mod ui;

#[cfg(feature = "ssr")]
pub use address::after_sign_in;
pub use app::App;
#[cfg(feature = "ssr")]
pub use pages::part_of;
#[cfg(feature = "ssr")]
pub use shell::{Assets, shell};

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let ready = ui::ready::Ready::default();
    wasm_bindgen_futures::spawn_local(async move {
        let known = ready.clone();
        let app = leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), move || {
            known.provide();
            App()
        });
        app.await.forget();
        // Not before: what is taken over is taken to be as the server wrote it.
        ready.now();
        pages::fetch_later();
    });
}
