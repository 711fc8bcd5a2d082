//! Labelled inputs with their hint and error.

use leptos::prelude::*;

use super::{errors::Errors, ready};
use crate::browser;

/// The HTML id of a field: ids have no dots.
pub(crate) fn id_of(name: &str) -> String {
    format!("field-{}", name.replace(['.', '_'], "-"))
}

/// Ids for `aria-describedby`: the hint always, the error while there is one.
fn described_by(id: &str, hint: bool, error: Signal<Option<String>>) -> Signal<Option<String>> {
    let hint_id = hint.then(|| format!("{id}-hint"));
    let error_id = format!("{id}-error");
    Signal::derive(move || match (error.with(Option::is_some), &hint_id) {
        (true, Some(hint)) => Some(format!("{error_id} {hint}")),
        (true, None) => Some(error_id.clone()),
        (false, hint) => hint.clone(),
    })
}

/// The error under a field.
pub(crate) fn error_text(id: String, error: Signal<Option<String>>) -> impl IntoView {
    move || error.get().map(|text| view! { <p class="field-error mt-1" id=format!("{id}-error")>{text}</p> })
}

fn hint_text(id: &str, hint: String) -> Option<impl IntoView + use<>> {
    let id = format!("{id}-hint");
    (!hint.is_empty()).then(|| view! { <p class="hint mt-1" id=id>{hint}</p> })
}

/// One line of text.
#[component]
pub(crate) fn Field(
    #[prop(into)] label: String,
    /// Name of the field in the data transfer object.
    name: &'static str,
    value: RwSignal<String>,
    errors: Errors,
    #[prop(optional, into)] hint: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] placeholder: String,
    /// For identifiers and addresses.
    #[prop(optional)]
    mono: bool,
    #[prop(optional)] required: bool,
    /// HTML id of a `datalist`.
    #[prop(optional)]
    suggestions: Option<&'static str>,
    /// Its HTML id, where the page has several fields of this name.
    #[prop(optional)]
    id: Option<String>,
) -> impl IntoView {
    errors.claim(name);
    let id = id.unwrap_or_else(|| id_of(name));
    // Hydration would put the signal's value over what was typed, or filled in by the browser, meanwhile.
    if ready::waiting().get_untracked()
        && let Some(text) = browser::typed(&id)
    {
        value.set(text);
    }
    let error = errors.of(name);
    let describe = described_by(&id, !hint.is_empty(), error);
    view! {
        <div>
            <label class="label" for=id.clone()>
                {label} {(!required).then(|| view! { <span class="font-normal text-muted">" (optional)"</span> })}
            </label>
            {hint_text(&id, hint)}
            <input
                class="input mt-1.5"
                class=("input-mono", mono)
                id=id.clone()
                name=name
                type=kind
                autocomplete=autocomplete
                list=suggestions
                autocapitalize=mono.then_some("none")
                spellcheck=mono.then_some("false")
                placeholder=(!placeholder.is_empty()).then_some(placeholder)
                aria-required=required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=describe
                value=value.get_untracked()
                prop:value=value
                on:input=move |ev| value.set(event_target_value(&ev))
            />
            {error_text(id, error)}
        </div>
    }
    .into_any()
}

/// Several lines of text.
#[component]
pub(crate) fn TextArea(
    #[prop(into)] label: String,
    name: &'static str,
    value: RwSignal<String>,
    errors: Errors,
    #[prop(optional, into)] hint: String,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] mono: bool,
    /// Its HTML id, where the page has several fields of this name.
    #[prop(optional)]
    id: Option<String>,
) -> impl IntoView {
    errors.claim(name);
    let id = id.unwrap_or_else(|| id_of(name));
    let error = errors.of(name);
    let describe = described_by(&id, !hint.is_empty(), error);
    view! {
        <div>
            <label class="label" for=id.clone()>
                {label} <span class="font-normal text-muted">" (optional)"</span>
            </label>
            {hint_text(&id, hint)}
            <textarea
                class="input mt-1.5"
                class=("input-mono", mono)
                id=id.clone()
                name=name
                rows=rows.to_string()
                spellcheck=mono.then_some("false")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=describe
                prop:value=value
                on:input=move |ev| value.set(event_target_value(&ev))
            >
                {inside_textarea(value.get_untracked())}
            </textarea>
            {error_text(id, error)}
        </div>
    }
    .into_any()
}

/// Leptos writes what is in a textarea as it is, though a browser reads it as markup does: with character
/// references, to the first end tag.
fn inside_textarea(text: String) -> String {
    if cfg!(feature = "ssr") { text.replace('&', "&amp;").replace('<', "&lt;") } else { text }
}

/// A choice from a closed list: pairs of value and words.
#[component]
pub(crate) fn Select(
    #[prop(into)] label: String,
    name: &'static str,
    value: RwSignal<String>,
    options: Vec<(String, String)>,
    errors: Errors,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    errors.claim(name);
    let id = id_of(name);
    let error = errors.of(name);
    let describe = described_by(&id, !hint.is_empty(), error);
    let chosen = value.get_untracked();
    let options = options
        .into_iter()
        .map(|(code, words)| {
            let selected = code == chosen;
            view! { <option value=code selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <div>
            <label class="label" for=id.clone()>{label}</label>
            {hint_text(&id, hint)}
            <select
                class="input mt-1.5"
                id=id.clone()
                name=name
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=describe
                on:change=move |ev| value.set(event_target_value(&ev))
            >
                {options}
            </select>
            {error_text(id, error)}
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_stored_text_does_not_end_its_textarea() {
        let html = Owner::new().with(|| {
            let value = RwSignal::new("</textarea><form action=//evil>&lt;".to_owned());
            view! { <TextArea label="Keys" name="jwks" value=value errors=Errors::new()/> }.to_html()
        });
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("&lt;/textarea>&lt;form action=//evil>&amp;lt;"), "{html}");
    }
}
