//! What came of trying a connection.

use coffer_contract::{
    catalogue::ScopeInfo,
    connection::{MappedProfile, TryResult},
};
use leptos::prelude::*;

use super::mapping::profile;
use crate::{
    console::scope_words::{ScopeWords, words_of},
    ui::copy::CopyField,
};

/// The result in full; the sentence above it says whether it worked.
#[component]
pub(super) fn Tried(result: TryResult, known: Vec<ScopeInfo>, callback_url: String) -> impl IntoView {
    match result {
        TryResult::Waiting => ().into_any(),
        TryResult::Failed { error, advice } => failed(error, advice, callback_url),
        TryResult::Worked {
            profile,
            missing,
            granted,
            access_seconds,
            refresh_token,
            refresh_seconds,
            advice,
        } => {
            let tokens = Tokens { access_seconds, refresh_token, refresh_seconds };
            let (missing, granted) = (words_of(&known, missing), words_of(&known, granted));
            worked(*profile, missing, granted, tokens, advice)
        }
    }
}

/// What is known of the tokens that came.
struct Tokens {
    access_seconds: Option<i64>,
    refresh_token: bool,
    refresh_seconds: Option<i64>,
}

fn worked(
    person: MappedProfile,
    missing: Vec<ScopeInfo>,
    granted: Vec<ScopeInfo>,
    tokens: Tokens,
    advice: Option<String>,
) -> AnyView {
    let access = match tokens.access_seconds {
        Some(seconds) => format!("Valid for {}.", span(seconds)),
        None => "The provider does not say when it ends.".to_owned(),
    };
    let refresh = match (tokens.refresh_token, tokens.refresh_seconds) {
        (true, Some(seconds)) => format!("Received. It ends after {} without use.", span(seconds)),
        (true, None) => "Received. The provider does not say when it ends.".to_owned(),
        (false, _) => "Not received.".to_owned(),
    };
    let none = granted.is_empty().then(|| view! { <p class="text-sm text-muted">"None"</p> });
    let missing = (!missing.is_empty()).then(|| {
        view! {
            <div>
                <h3 class="label mb-2">"Asked for, but not granted"</h3>
                <ScopeWords scopes=missing/>
            </div>
        }
    });
    view! {
        <div class="grid gap-5">
            {advice.map(|advice| view! { <p class="alert alert-warn">{advice}</p> })}
            <div>
                <h3 class="label mb-2">"Who signed in"</h3>
                {profile(person)}
            </div>
            <div>
                <h3 class="label mb-2">"Granted"</h3>
                {none}
                <ScopeWords scopes=granted/>
            </div>
            {missing}
            <dl class="grid gap-4 sm:grid-cols-2">
                <div>
                    <dt class="label">"Access token"</dt>
                    <dd class="text-sm">{access}</dd>
                </div>
                <div>
                    <dt class="label">"Refresh token"</dt>
                    <dd class="text-sm">{refresh}</dd>
                </div>
            </dl>
        </div>
    }
    .into_any()
}

fn failed(error: String, advice: String, callback_url: String) -> AnyView {
    let copy = concerns_callback(&error, &advice).then(|| {
        view! { <CopyField label="Callback URL to register" id="try-callback-url" value=callback_url/> }
    });
    view! {
        <div class="grid gap-5">
            <div>
                <h3 class="label mb-1">"The error"</h3>
                <p class="text-sm break-words"><code>{error}</code></p>
            </div>
            <div>
                <h3 class="label mb-1">"What to change"</h3>
                <p class="text-sm break-words">{advice}</p>
            </div>
            {copy}
        </div>
    }
    .into_any()
}

fn concerns_callback(error: &str, advice: &str) -> bool {
    [error, advice]
        .into_iter()
        .map(str::to_lowercase)
        .any(|text| text.contains("redirect") || text.contains("callback"))
}

/// A length of time in its largest fitting unit: `1 hour`, `60 days`.
fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(24 * 3600, "day"), (3600, "hour"), (60, "minute")];
    let (size, name) = UNITS
        .into_iter()
        .find(|(size, _)| seconds >= *size && (seconds >= 2 * size || seconds % size == 0))
        .unwrap_or((1, "second"));
    let count = seconds / size;
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_words() {
        let words = [3600, 3599, 60, 59, 1, 43_200, 60 * 86_400, 5_400].map(span);
        assert_eq!(
            words,
            [
                "1 hour",
                "59 minutes",
                "1 minute",
                "59 seconds",
                "1 second",
                "12 hours",
                "60 days",
                "90 minutes"
            ]
        );
    }

    #[test]
    fn the_callback_url_shows_where_it_matters() {
        assert!(concerns_callback("redirect_uri_mismatch", "Look at the client."));
        assert!(!concerns_callback("invalid_client", "Copy the secret again."));
    }
}
