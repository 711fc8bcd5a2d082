//! The end of the window in which an administrator tried a connection.

use leptos::prelude::*;

use super::frame::{Frame, document};

/// Says that the result stands in the dashboard.
#[derive(Clone, Debug)]
pub struct TriedPage {
    /// Whether the connection works.
    pub worked: bool,
}

impl TriedPage {
    /// The whole document.
    pub fn render(&self, frame: &Frame) -> String {
        let title = if self.worked { "The connection works" } else { "The connection does not work yet" };
        document(
            frame,
            title,
            view! {
                <h1 class="text-2xl">{title}</h1>
                <p class="mt-3">"Close this window: the dashboard shows what came of it."</p>
            },
        )
    }
}
