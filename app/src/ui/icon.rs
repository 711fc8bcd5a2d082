//! Small drawings. Providers get a letter instead of their trademarked logo.

use leptos::prelude::*;

/// The letter that stands for a name.
pub(crate) fn monogram(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

/// A tile with the letter of a name; decoration only.
#[component]
pub(crate) fn Mark(#[prop(into)] name: String) -> impl IntoView {
    view! { <span class="mark" aria-hidden="true">{monogram(&name)}</span> }
}

/// What a drawing shows.
#[derive(Clone, Copy)]
pub(crate) enum Icon {
    /// The product.
    Coffer,
    /// Consumer sign-in.
    Social,
    /// Company sign-in.
    Enterprise,
    /// Applications.
    Applications,
    /// Applications that register themselves.
    Registration,
    /// APIs.
    Apis,
    /// The dashboard at a glance.
    Overview,
    /// End users.
    Users,
    /// Who administers.
    Administrators,
    /// The audit log.
    Logs,
    /// What others are told.
    Webhooks,
    /// Something that was done.
    Done,
    /// The menu on narrow screens.
    Menu,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Coffer => "M4 8h16v11H4zM4 8l2.5-4h11L20 8M4 12.5h5M15 12.5h5M9 10.5h6v4H9z",
            Self::Social => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.5c2.2.8 3.5 2.8 3.5 5.5"
            }
            Self::Enterprise => "M4 21V4h9v17M13 9h7v12M2 21h20M7 8h3M7 12h3M7 16h3M16 13h1M16 17h1",
            Self::Applications => "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
            Self::Registration => "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.5 13v7M13 16.5h7",
            Self::Apis => "M8 8l-4 4 4 4M16 8l4 4-4 4M13.5 6l-3 12",
            Self::Overview => "M4 20V10M10 20V4M16 20v-7M3 20h18",
            Self::Users => "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5c0-3.9 3.4-6 7.5-6s7.5 2.1 7.5 6",
            Self::Administrators => {
                "M12 3l7.5 3v5.5c0 4.6-3.1 7.7-7.5 9.5-4.4-1.8-7.5-4.9-7.5-9.5V6zM9 12l2.2 2.2L15 10.3"
            }
            Self::Done => "M5 12.5l4.5 4.5L19 7.5",
            Self::Logs => "M4 6h16M4 12h16M4 18h10",
            Self::Webhooks => "M13 3L5 13.5h6L10 21l8.5-11H12z",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
        }
    }
}

/// A drawing in the colour of the text around it; decoration only.
#[component]
pub(crate) fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg
            width="18"
            height="18"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=icon.path()></path>
        </svg>
    }
}

/// The drawing in the browser's tab.
#[cfg(feature = "ssr")]
pub(crate) const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' \
    fill='none' stroke='%230f8f87' stroke-width='2' stroke-linejoin='round'%3E%3Cpath d='M4 8h16v11H4zM4 8l2.5-4h11L20 \
    8M4 12.5h5M15 12.5h5M9 10.5h6v4H9z'/%3E%3C/svg%3E";
