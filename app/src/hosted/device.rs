//! Where a person lets a device in that has no browser (RFC 8628 section 3.3).

use leptos::prelude::*;

use super::frame::{Frame, document};

/// Asks for the code that the device shows. Posts `user_code` to `/activate`.
#[derive(Clone, Debug)]
pub enum ActivatePage {
    /// The person types the code.
    Enter {
        /// What was entered before.
        entered: String,
        /// What is wrong with it.
        error: Option<String>,
    },
    /// The address had the code in it: the person compares it with the one on the device.
    Compare {
        /// The code.
        code: String,
    },
}

impl ActivatePage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        match self {
            Self::Enter { entered, error } => enter(frame, entered.clone(), error.clone()),
            Self::Compare { code } => compare(frame, code.clone()),
        }
    }
}

fn enter(frame: &Frame, entered: String, error: Option<String>) -> String {
    let invalid = error.is_some().then_some("true");
    let described = if error.is_some() { "user-code-error user-code-hint" } else { "user-code-hint" };
    let error =
        error.map(|text| view! { <p class="field-error mt-1" id="user-code-error" role="alert">{text}</p> });
    document(
        frame,
        "Connect a device",
        view! {
            <h1 class="text-2xl">"Connect a device"</h1>
            <p class="mt-1 text-muted">"Let a program sign in that cannot open a browser itself."</p>
            <form method="post" action="/activate" class="mt-6 grid gap-4">
                <div>
                    <label class="label" for="user-code">"Code"</label>
                    <p class="hint mt-1" id="user-code-hint">
                        "The eight letters on the device or in the terminal, such as BCDF-GHJK."
                    </p>
                    <input
                        class="input input-mono mt-1.5"
                        id="user-code"
                        name="user_code"
                        type="text"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        maxlength="40"
                        required
                        value=entered
                        aria-invalid=invalid
                        aria-describedby=described
                    />
                    {error}
                </div>
                <button type="submit" class="btn btn-primary btn-wide">"Continue"</button>
            </form>
        },
    )
}

fn compare(frame: &Frame, code: String) -> String {
    document(
        frame,
        "Is this the code on your device?",
        view! {
            <h1 class="text-2xl">"Is this the code on your device?"</h1>
            <p class="mt-6 text-center text-3xl font-bold"><code>{code.clone()}</code></p>
            <p class="alert alert-note mt-6">
                "Continue only if the device or terminal in front of you shows exactly this code. If somebody sent \
                 you the link, close this page: they would get into your account."
            </p>
            <form method="post" action="/activate" class="mt-6">
                <input type="hidden" name="user_code" value=code/>
                <button type="submit" class="btn btn-primary btn-wide">"Yes, continue"</button>
            </form>
            <p class="mt-4 text-center"><a class="link" href="/activate">"Enter another code"</a></p>
        },
    )
}

/// The end of letting a device in.
#[derive(Clone, Debug)]
pub struct DeviceDonePage {
    /// Name of the application on the device.
    pub application: String,
    /// Whether it was let in.
    pub allowed: bool,
}

impl DeviceDonePage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let Self { application, allowed } = self;
        let (title, text) = match allowed {
            true => {
                ("You are done", format!("{application} goes on by itself on your device in a few seconds."))
            }
            false => ("Nothing was allowed", format!("{application} got no access.")),
        };
        let back = allowed.then(|| {
            view! {
                <p class="mt-4">
                    "You can take the access back on " <a class="link" href="/u/account">"your own page"</a> "."
                </p>
            }
        });
        document(
            frame,
            title,
            view! {
                <h1 class="text-2xl">{title}</h1>
                <p class="mt-1 text-muted">{text} " You can close this window."</p>
                {back}
            },
        )
    }
}
