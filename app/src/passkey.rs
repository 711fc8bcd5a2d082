//! Passkeys in the browser (WebAuthn), by the JSON forms that browsers translate themselves. On the server these
//! do nothing.

use coffer_contract::ApiError;

use crate::server_fns::Failure;

/// Whether this browser has them, and knows the JSON forms.
pub(crate) fn available() -> bool {
    #[cfg(feature = "hydrate")]
    {
        bound::available()
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Has the authenticator make one. `options` and the answer are JSON.
pub(crate) async fn create(options: String) -> Result<String, Failure> {
    ask("create", "parseCreationOptionsFromJSON", options).await
}

/// Has the authenticator sign with one.
pub(crate) async fn get(options: String) -> Result<String, Failure> {
    ask("get", "parseRequestOptionsFromJSON", options).await
}

#[cfg(feature = "hydrate")]
async fn ask(method: &str, parse: &str, options: String) -> Result<String, Failure> {
    bound::ask(method, parse, &options).await.map_err(|error| failed(&bound::name(&error)))
}

#[cfg(not(feature = "hydrate"))]
#[expect(clippy::unused_async, reason = "as it is in the browser")]
async fn ask(_: &str, _: &str, _: String) -> Result<String, Failure> {
    Err(failed(""))
}

/// What the browser's error of this name means.
fn failed(name: &str) -> Failure {
    let message = match name {
        "NotAllowedError" => "You cancelled it, or no passkey was chosen in time.",
        "InvalidStateError" => "This device, or password manager, has a passkey for your account already.",
        "SecurityError" => "Passkeys work at the server's own address alone, over https.",
        _ => "This browser could not use a passkey.",
    };
    Failure(ApiError::Forbidden { message: message.to_owned() })
}

#[cfg(feature = "hydrate")]
mod bound {
    //! By reflection: bindings of their own would be larger than what is called.

    use js_sys::{Function, JSON, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast as _, JsValue};
    use wasm_bindgen_futures::JsFuture;

    fn class() -> Option<JsValue> {
        let class = Reflect::get(&js_sys::global(), &"PublicKeyCredential".into()).ok()?;
        (!class.is_undefined()).then_some(class)
    }

    pub(super) fn available() -> bool {
        class()
            .is_some_and(|class| Reflect::has(&class, &"parseRequestOptionsFromJSON".into()).unwrap_or(false))
    }

    fn call(on: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
        Reflect::get(on, &method.into())?.dyn_into::<Function>()?.call1(on, argument)
    }

    pub(super) async fn ask(method: &str, parse: &str, options: &str) -> Result<String, JsValue> {
        let parsed = call(&class().unwrap_or_default(), parse, &JSON::parse(options)?)?;
        let wanted = Object::new();
        Reflect::set(&wanted, &"publicKey".into(), &parsed)?;
        let navigator = leptos::prelude::window().navigator();
        let credentials = Reflect::get(&navigator, &"credentials".into())?;
        let answer = call(&credentials, method, &wanted)?.dyn_into::<Promise>()?;
        // The credential's own `toJSON` writes it.
        Ok(JSON::stringify(&JsFuture::from(answer).await?)?.into())
    }

    pub(super) fn name(error: &JsValue) -> String {
        Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
    }
}
