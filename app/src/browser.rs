//! What pages do to the browser itself. On the server these do nothing.

#[cfg(feature = "hydrate")]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Loads another address with a full page load.
pub(crate) fn load(address: &str) {
    #[cfg(feature = "hydrate")]
    {
        _ = leptos::prelude::window().location().assign(address);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = address;
}

/// The element that says that this page is not whole, hidden until it has to.
pub(crate) const INCOMPLETE: &str = "incomplete";

/// Shows it.
#[cfg(feature = "hydrate")]
pub(crate) fn say_incomplete() {
    let document = leptos::prelude::document();
    if let Some(element) = document.get_element_by_id(INCOMPLETE) {
        _ = element.remove_attribute("hidden");
    }
    // The page that would have said its title is not there.
    if document.title().is_empty() {
        document.set_title("Coffer");
    }
}

/// A page is on its way for as long as one of these is kept; the stylesheet shows it after a moment.
pub(crate) struct Arriving;

/// How many of them there are.
#[cfg(feature = "hydrate")]
static ARRIVING: AtomicUsize = AtomicUsize::new(0);

impl Arriving {
    pub(crate) fn begin() -> Self {
        #[cfg(feature = "hydrate")]
        if ARRIVING.fetch_add(1, Ordering::Relaxed) == 0
            && let Some(body) = leptos::prelude::document().body()
        {
            _ = body.set_attribute("aria-busy", "true");
        }
        Self
    }
}

#[cfg(feature = "hydrate")]
impl Drop for Arriving {
    fn drop(&mut self) {
        if ARRIVING.fetch_sub(1, Ordering::Relaxed) == 1
            && let Some(body) = leptos::prelude::document().body()
        {
            _ = body.remove_attribute("aria-busy");
        }
    }
}

/// The path and query of this page.
pub(crate) fn here() -> String {
    #[cfg(feature = "hydrate")]
    {
        let location = leptos::prelude::window().location();
        format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Focuses the first element that matches, once the page has settled.
pub(crate) fn focus(selector: impl Into<String>) {
    let selector = selector.into();
    #[cfg(feature = "hydrate")]
    leptos::prelude::set_timeout(
        move || {
            use wasm_bindgen::JsCast;
            let found = leptos::prelude::document().query_selector(&selector).ok().flatten();
            if let Some(element) = found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
                _ = element.focus();
            }
        },
        std::time::Duration::from_millis(30),
    );
    #[cfg(not(feature = "hydrate"))]
    drop(selector);
}

/// What somebody typed into the control with this id before scripts ran.
pub(crate) fn typed(id: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = leptos::prelude::document().get_element_by_id(id)?;
        let text = element.dyn_into::<web_sys::HtmlInputElement>().ok()?.value();
        (!text.is_empty()).then_some(text)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        None
    }
}

/// The role that the server wrote into the page, once: the next one signs in without loading it anew.
pub(crate) fn take_role() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let body = leptos::prelude::document().body()?;
        let role = body.get_attribute("data-role")?;
        _ = body.remove_attribute("data-role");
        Some(role)
    }
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Puts text on the clipboard; false where the browser offers none (pages without TLS).
pub(crate) fn copy(text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let window = leptos::prelude::window();
        let secure = window.is_secure_context();
        if secure {
            _ = window.navigator().clipboard().write_text(text);
        }
        secure
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = text;
        false
    }
}

/// The host of this page.
pub(crate) fn host() -> String {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::window().location().host().unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Has the browser keep a text as a file. The text is in no address, which browsers write down beside the file.
pub(crate) fn save(name: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let parts = js_sys::Array::of1(&text.into());
        let Ok(blob) = web_sys::Blob::new_with_str_sequence(&parts) else { return };
        let Ok(address) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
        let link = leptos::prelude::document().create_element("a").ok();
        if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
            _ = link.set_attribute("href", &address);
            _ = link.set_attribute("download", name);
            link.click();
        }
        _ = web_sys::Url::revoke_object_url(&address);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, text);
}

/// Asks where to print this page.
pub(crate) fn print() {
    #[cfg(feature = "hydrate")]
    {
        _ = leptos::prelude::window().print();
    }
}

/// Another window of the browser.
pub(crate) struct Window {
    #[cfg(feature = "hydrate")]
    window: web_sys::Window,
}

impl Window {
    /// Opens an empty window. Browsers let that happen in a click alone, so the address follows later.
    /// `None` where the browser refused.
    pub(crate) fn open() -> Option<Self> {
        #[cfg(feature = "hydrate")]
        {
            let features = "popup,width=560,height=760";
            let window = leptos::prelude::window()
                .open_with_url_and_target_and_features("", "_blank", features)
                .ok()??;
            // What it shows next is not ours: it gets no hold of this page.
            _ = window.set_opener(&wasm_bindgen::JsValue::NULL);
            Some(Self { window })
        }
        #[cfg(not(feature = "hydrate"))]
        None
    }

    /// Sends the window to an address.
    pub(crate) fn go(&self, address: &str) {
        #[cfg(feature = "hydrate")]
        {
            _ = self.window.location().set_href(address);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = address;
    }

    /// Closes the window. It is out of reach once it shows another site.
    pub(crate) fn close(&self) {
        #[cfg(feature = "hydrate")]
        {
            _ = self.window.close();
        }
    }
}
