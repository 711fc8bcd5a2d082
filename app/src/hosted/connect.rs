//! The page that asks before a person is sent to a provider to connect an account.

use leptos::prelude::*;

use super::{
    consent::line,
    frame::{Frame, document},
};

/// Posts `session` and `decision` (`allow` or `deny`) to `/u/connect`.
#[derive(Clone, Debug)]
pub struct ConnectPage {
    /// Names the connect session.
    pub session: String,
    /// Name of the application that asks.
    pub application: String,
    /// Whom the account will belong to.
    pub person: String,
    /// The connection's name for people.
    pub connection: String,
    /// What the application may then do there.
    pub scopes: Vec<String>,
}

impl ConnectPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let Self { session, application, person, connection, scopes } = self.clone();
        let asks = (!scopes.is_empty()).then(|| {
            let lines = scopes.into_iter().map(line).collect_view();
            view! {
                <h2 class="mt-6 text-sm">"There it may"</h2>
                <ul class="mt-2 grid gap-2">{lines}</ul>
            }
        });
        document(
            frame,
            &format!("Connect {connection}?"),
            view! {
                <h1 class="text-2xl">{format!("Connect {connection}?")}</h1>
                <p class="mt-1 text-muted">
                    <strong class="text-ink">{application.clone()}</strong>
                    {format!(" asks {person} to connect an account at {connection}, and to use it on your behalf.")}
                </p>
                {asks}
                <p class="alert alert-note mt-6">
                    {format!("If you are not {person}, or did not just ask {application} for this, choose Cancel. ")}
                    "You can take it back on " <a class="link" href="/u/account">"your own page"</a>
                    " at any time."
                </p>
                <form method="post" action="/u/connect" class="mt-8 grid grid-cols-2 gap-3">
                    <input type="hidden" name="session" value=session/>
                    <button type="submit" class="btn btn-wide" name="decision" value="deny">"Cancel"</button>
                    <button type="submit" class="btn btn-primary btn-wide" name="decision" value="allow">
                        "Continue"
                    </button>
                </form>
            },
        )
    }
}
