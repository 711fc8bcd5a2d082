//! The console's pages, in parts: the browser loads the code of a part when one of its pages is gone to.

use coffer_contract::catalogue::ConnectionGroup;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::LazyRoute;

#[cfg(feature = "hydrate")]
use crate::browser;
use crate::{
    browser::Arriving,
    console::{
        account, administrators, apis, applications, connections, logs, overview, registration, setup,
        sign_in, users, webhooks,
    },
};

macro_rules! pages {
    ($($part:ident { $($page:ident $load:ident $view:expr;)* })*) => {
        $($(
            #[doc = concat!("A page of the part `", stringify!($part), "`.")]
            pub(crate) struct $page;

            impl LazyRoute for $page {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    let arriving = Arriving::begin();
                    match $load::$load().await {
                        Ok(view) => view,
                        Err(_) => missing(arriving).await,
                    }
                }

                /// The view has to be there at once when the page that the server rendered is taken over.
                async fn preload() {
                    let _arriving = Arriving::begin();
                    _ = $load::fetch().await;
                }
            }

            mod $load {
                use super::*;

                #[wasm_split($part, fallible, wasm_split_path = ::leptos::wasm_split, preload(fetch))]
                pub(super) fn $load() -> Result<AnyView, SplitLoaderError> {
                    Ok($view.into_any())
                }
            }
        )*)*

        /// Fetches what was not needed so far, so that no page has to be waited for.
        #[cfg(feature = "hydrate")]
        async fn fetch_all() {
            // Those of one part come together. Without it, it is fetched when it is needed.
            $($(_ = $load::fetch().await;)*)*
        }
    };
}

/// The part that the page at this path needs, so that its document names it at once. (Leptos can say so itself, but asks
/// for its own context where that may be another request's.)
#[cfg(feature = "ssr")]
pub fn part_of(path: &str) -> &'static str {
    let mut segments = path.trim_start_matches("/console").trim_start_matches('/').split('/');
    match (segments.next().unwrap_or_default(), segments.next()) {
        ("sign-in", None) => "entrance",
        ("sign-in" | "setup" | "invitation" | "administrators" | "account", _) => "door",
        ("overview" | "", _) => "summary",
        ("users" | "logs", _) => "reading",
        _ => "settings",
    }
}

/// How long after the start the browser is left alone, in milliseconds.
#[cfg(feature = "hydrate")]
const QUIET: u64 = 1500;

/// Fetches all parts, once the first page is there and the browser has nothing else to do.
#[cfg(feature = "hydrate")]
pub(crate) fn fetch_later() {
    let fetch = || leptos::task::spawn_local(fetch_all());
    set_timeout(fetch, std::time::Duration::from_millis(QUIET));
}

/// The part of a page cannot be fetched: the server may have another version by now. Somebody who goes to the page gets
/// it from there, with the parts of that version; one that the server has just rendered stays as it is, and says so.
async fn missing(arriving: Arriving) -> AnyView {
    #[cfg(feature = "hydrate")]
    {
        let to =
            leptos_router::hooks::use_url().with_untracked(|url| format!("{}{}", url.path(), query(url)));
        if to == browser::here() {
            drop(arriving);
            browser::say_incomplete();
            return std::future::pending().await;
        }
        browser::load(&to);
    }
    let _until_then = arriving;
    std::future::pending().await
}

#[cfg(feature = "hydrate")]
fn query(url: &leptos_router::location::Url) -> String {
    if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) }
}

pages! {
    entrance {
        SignIn load_sign_in view! { <sign_in::SignIn/> };
    }
    door {
        Setup load_setup view! { <setup::Setup/> };
        Invitation load_invitation view! { <setup::Invitation/> };
        Factor load_factor view! { <sign_in::Factor/> };
        Enrol load_enrol view! { <sign_in::Enrol/> };
        Administrators load_administrators view! { <administrators::Page/> };
        Account load_account view! { <account::Page/> };
    }
    summary {
        Overview load_overview view! { <overview::Overview/> };
    }
    settings {
        Social load_social view! { <connections::List group=ConnectionGroup::Social/> };
        Enterprise load_enterprise view! { <connections::List group=ConnectionGroup::Enterprise/> };
        NewSocial load_new_social view! { <connections::Catalogue group=ConnectionGroup::Social/> };
        NewEnterprise load_new_enterprise view! { <connections::Catalogue group=ConnectionGroup::Enterprise/> };
        NewConnection load_new_connection view! { <connections::New/> };
        Connection load_connection view! { <connections::Page/> };
        Applications load_applications view! { <applications::List/> };
        NewApplication load_new_application view! { <applications::New/> };
        Application load_application view! { <applications::Page/> };
        Registration load_registration view! { <registration::Page/> };
        Apis load_apis view! { <apis::List/> };
        NewApi load_new_api view! { <apis::New/> };
        Api load_api view! { <apis::Page/> };
        Webhooks load_webhooks view! { <webhooks::List/> };
        NewWebhook load_new_webhook view! { <webhooks::New/> };
        Webhook load_webhook view! { <webhooks::Page/> };
        Delivery load_delivery view! { <webhooks::Delivery/> };
    }
    reading {
        Users load_users view! { <users::List/> };
        User load_user view! { <users::Page/> };
        Logs load_logs view! { <logs::Logs/> };
    }
}
