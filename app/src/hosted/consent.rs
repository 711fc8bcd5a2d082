//! The page on which a person decides what an application may do.

use leptos::prelude::*;

use super::frame::{Frame, document};

/// One scope of the application's request.
#[derive(Clone, Debug)]
pub struct ScopeLine {
    /// The scope itself.
    pub value: String,
    /// What it allows, in words.
    pub words: String,
}

/// What the application may do at one provider through the token vault.
#[derive(Clone, Debug)]
pub struct VaultLine {
    /// The connection's name for people.
    pub connection: String,
    /// What its scopes allow, in words.
    pub scopes: Vec<String>,
}

/// The consent page. Posts `handle` and `decision` (`allow` or `deny`) to `/u/consent`.
#[derive(Clone, Debug)]
pub struct ConsentPage {
    /// Name of the application that asks.
    pub application: String,
    /// What the person has to know of an application that nobody vouches for.
    pub note: Option<String>,
    /// Name of the person who is signed in.
    pub person: String,
    /// The person's e-mail address, if known.
    pub email: Option<String>,
    /// Names the sign-in in progress.
    pub handle: String,
    /// What the application asks for.
    pub scopes: Vec<ScopeLine>,
    /// What it may do at providers.
    pub vault: Vec<VaultLine>,
    /// Whether it runs on a device that waits for the answer, and the connection it wants an account of.
    pub device: Option<DeviceLine>,
}

/// What the person has to know of a device before they let it in (RFC 8628 section 5.4).
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// Name for people of the connection through which an account is to be connected next.
    pub connects: Option<String>,
}

impl ConsentPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let application = &self.application;
        let asks = (!self.scopes.is_empty()).then(|| {
            let lines = self.scopes.iter().map(|scope| line(scope.words.clone())).collect_view();
            view! {
                <h2 class="mt-6 text-sm">{format!("{application} asks to")}</h2>
                <ul class="mt-2 grid gap-2">{lines}</ul>
            }
        });
        let vault = self.vault.iter().map(|vault| {
            // Some providers grant no scopes, and some do not say which.
            let unnamed = vault.scopes.is_empty().then(|| line("Do what you allow it there".to_owned()));
            let lines = vault.scopes.iter().cloned().map(line).collect_view();
            view! {
                <h2 class="mt-6 text-sm">{format!("In your {} account, it may", vault.connection)}</h2>
                <ul class="mt-2 grid gap-2">{lines}{unnamed}</ul>
            }
        });
        let lasting = !self.vault.is_empty() || self.scopes.iter().any(|s| s.value == "offline_access");
        let lasting = lasting.then(|| {
            view! {
                <p class="alert alert-note mt-6">
                    {format!(
                        "{application} may keep acting on your behalf when you are not there, until you disconnect \
                         the account or sign out everywhere on ",
                    )}
                    <a class="link" href="/u/account">"your own page"</a> "."
                </p>
            }
        });
        let device = self.device.clone().map(|device| {
            let next = device.connects.map(|connection| {
                view! { <p class="mt-6">{format!("Next, {connection} asks you to connect your account there.")}</p> }
            });
            view! {
                <p class="alert alert-warn mt-6">
                    {format!(
                        "{application} runs on the device or in the terminal that shows the code you entered. Allow it \
                         only if you started this there yourself. If somebody sent you the code, choose Deny: they \
                         would get into your account.",
                    )}
                </p>
                {next}
            }
        });
        let email = self.email.clone().filter(|email| *email != self.person);
        document(
            frame,
            &format!("Allow {application}?"),
            view! {
                <h1 class="text-2xl">{format!("Allow {application}?")}</h1>
                <p class="mt-1 text-muted">
                    "You are signed in as " <strong class="text-ink">{self.person.clone()}</strong>
                    {email.map(|email| format!(" ({email})"))} "."
                </p>
                {self.note.clone().map(|note| view! { <p class="alert alert-warn mt-4">{note}</p> })}
                {device}
                {asks}
                {vault.collect_view()}
                {lasting}
                <form method="post" action="/u/consent" class="mt-8 grid grid-cols-2 gap-3">
                    <input type="hidden" name="handle" value=self.handle.clone()/>
                    <button type="submit" class="btn btn-wide" name="decision" value="deny">"Deny"</button>
                    <button type="submit" class="btn btn-primary btn-wide" name="decision" value="allow">
                        "Allow"
                    </button>
                </form>
            },
        )
    }
}

/// One thing that is asked for.
pub(super) fn line(words: String) -> impl IntoView {
    view! {
        <li class="flex gap-2">
            <span class="font-bold text-accent" aria-hidden="true">"✓"</span>
            <span>{words}</span>
        </li>
    }
}
