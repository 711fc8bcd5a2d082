//! The document around every hosted page.

use leptos::prelude::*;

use crate::ui::{icon::FAVICON, sandbox_note};

/// What a hosted page needs to know about the server's assets.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Address of the stylesheet.
    pub css: String,
    /// Whether a sandbox runs beside the server.
    pub sandbox: bool,
}

/// A whole document with one card in its middle.
pub(super) fn document(frame: &Frame, title: &str, body: impl IntoView + 'static) -> String {
    let main = view! {
        <main class="flex min-h-screen flex-col items-center justify-center px-4 py-10">
            <div class="card w-full max-w-md p-6 sm:p-8">{body}</div>
        </main>
    };
    whole(frame, title, main)
}

/// A whole document with a column of its own cards.
pub(super) fn wide_document(frame: &Frame, title: &str, body: impl IntoView + 'static) -> String {
    whole(frame, title, view! { <main class="mx-auto w-full max-w-2xl px-4 py-10">{body}</main> })
}

fn whole(frame: &Frame, title: &str, main: impl IntoView + 'static) -> String {
    let page = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <title>{title.to_owned()}</title>
                <link rel="icon" href=FAVICON/>
                <link rel="stylesheet" href=frame.css.clone()/>
            </head>
            <body>
                {main}
                {sandbox_note(frame.sandbox)}
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}

/// Hidden fields of a form.
pub(super) fn hidden(fields: &[(String, String)]) -> impl IntoView + use<> {
    fields
        .iter()
        .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone()/> })
        .collect_view()
}
