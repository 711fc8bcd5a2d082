//! The scopes of a connection: the provider's in words, and any other as free text.

use coffer_contract::catalogue::ScopeInfo;
use leptos::prelude::*;

use super::draft::Draft;
use crate::ui::{Errors, field::TextArea, layout::Section, toggle::Check};

/// Checkboxes grouped by product, and free text.
#[component]
pub(super) fn Scopes(title: String, scopes: Vec<ScopeInfo>, draft: Draft, errors: Errors) -> impl IntoView {
    let mut products: Vec<(String, Vec<ScopeInfo>)> = Vec::new();
    for scope in scopes {
        match products.iter_mut().find(|(product, _)| *product == scope.product) {
            Some((_, list)) => list.push(scope),
            None => products.push((scope.product.clone(), vec![scope])),
        }
    }
    let none = products.is_empty();
    let groups = products
        .into_iter()
        .map(|(product, scopes)| {
            let legend = if product.is_empty() { "Profile".to_owned() } else { product };
            let checks = scopes
                .into_iter()
                .map(|scope| {
                    view! { <Check label=scope.name hint=scope.value.clone() item=scope.value list=draft.scopes/> }
                })
                .collect_view();
            view! {
                <fieldset>
                    <legend class="label">{legend}</legend>
                    <div class="mt-2 grid gap-3 sm:grid-cols-2">{checks}</div>
                </fieldset>
            }
        })
        .collect_view();
    let label = if none { "Scopes" } else { "Other scopes" };
    view! {
        <Section title=title text="What your applications may do at the provider. Users are asked to allow exactly these.">
            {groups}
            <TextArea
                label=label
                name="scopes"
                value=draft.more_scopes
                errors=errors
                mono=true
                hint="As the provider writes them, separated by spaces or line breaks."
            />
        </Section>
    }
    .into_any()
}
