//! The document around every console page.

use coffer_contract::administrator::Role;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{
    App,
    browser::INCOMPLETE,
    ui::{icon::FAVICON, sandbox_note},
};

/// Addresses of the hashed assets.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The module that wasm-bindgen wrote.
    pub js: String,
    /// The WebAssembly it loads.
    pub wasm: String,
    /// The module that fetches parts of it.
    pub link: String,
    /// The parts that the page needs.
    pub parts: Vec<String>,
}

/// A whole console page. Its one script carries the nonce of the request's context.
pub fn shell(assets: Assets, sandbox: bool) -> impl IntoView {
    let Assets { css, js, wasm, link, parts } = assets;
    // Debug formatting quotes and escapes; the addresses are the server's own.
    let start = format!(
        "import({js:?}).then(async (page) => {{ await page.default({{ module_or_path: {wasm:?} }}); page.hydrate(); }})\
         .catch((error) => {{ document.getElementById({INCOMPLETE:?}).hidden = false; throw error; }});"
    );
    let preload = |address: String| {
        view! { <link rel="preload" href=address r#as="fetch" r#type="application/wasm" crossorigin=""/> }
    };
    let parts = parts.into_iter().map(preload).collect_view();
    let role = use_context::<Role>().map(Role::code);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" href=FAVICON/>
                <link rel="stylesheet" href=css/>
                <link rel="modulepreload" href=js/>
                <link rel="modulepreload" href=link/>
                {preload(wasm)}
                {parts}
                <MetaTags/>
                <script type="module" nonce=use_nonce()>{start}</script>
            </head>
            <body data-role=role>
                <App/>
                {sandbox_note(sandbox)}
                <div id=INCOMPLETE class="toasts" role="alert" hidden>
                    <p class="toast toast-danger items-center">
                        <span>"A part of this page could not be loaded, so its buttons do nothing. "</span>
                        // The browser follows it, not the router, which may be there without the page.
                        <a class="link shrink-0" rel="external" href="">"Load it again"</a>
                    </p>
                </div>
                <noscript>
                    <div class="toasts">
                        <p class="toast toast-danger">"The dashboard needs JavaScript, which is switched off in this browser."</p>
                    </div>
                </noscript>
            </body>
        </html>
    }
    // Erased, so that the crates which serve it need not walk through its type.
    .into_any()
}
