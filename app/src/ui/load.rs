//! Showing what the server answered.

use coffer_contract::ApiError;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{address, browser, server_fns::Failure};

/// Shows the resource once it is there; keeps the old content while it is fetched again.
pub(crate) fn loaded<T>(
    resource: Resource<Result<T, Failure>>,
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
