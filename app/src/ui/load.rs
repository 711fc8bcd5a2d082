//! Showing what the server answered.

use coffer_contract::ApiError;
use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
};
use leptos_meta::Title;
use serde::{Serialize, de::DeserializeOwned};

use crate::{address, browser, server_fns::Failure};

/// What the server answered, or will.
pub(crate) type Fetched<T> = Resource<Result<T, Failure>, Json>;

/// Asks the server for what belongs to `source`, at once and whenever that changes.
pub(crate) fn fetched<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetcher: impl Fn(S) -> F + Send + Sync + 'static,
) -> Fetched<T>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    Resource::new_with_options(source, fetcher, false)
}

/// JSON from bytes, as server functions read their answers: with the library's own codec, which reads from texts,
/// everything that reads JSON would be in the bundle twice.
pub(crate) struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, serde_json::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}

/// Shows the resource once it is there; keeps the old content while it is fetched again.
pub(crate) fn loaded<T>(
    resource: Fetched<T>,
    show: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=|| view! { <p class="py-10 text-center text-muted" role="status">"Loading…"</p> }>
            {move || {
                let show = show.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => show(value),
                        Err(failure) => refused(failure),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

/// A page that could not be shown. Without a session, the browser goes to the sign-in page.
fn refused(failure: Failure) -> AnyView {
    if failure.0 == ApiError::Unauthenticated {
        // The server has redirected already when it rendered the page.
        browser::load(&address::sign_in(&browser::here()));
    }
    let title = match failure.0 {
        ApiError::NotFound { .. } => "Not found",
        ApiError::Unauthenticated => "Signed out",
        _ => "This page could not be shown",
    };
    view! {
        <Title text=title/>
        <div class="card px-6 py-10 text-center" role="alert">
            <h1 class="text-xl">{title}</h1>
            <p class="mt-2 text-muted">{failure.to_string()}</p>
            <p class="mt-5"><a class="btn" href=address::HOME>"To the overview"</a></p>
        </div>
    }
    .into_any()
}
