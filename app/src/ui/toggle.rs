//! Switches, checkboxes and radio choices.

use leptos::prelude::*;

use super::field::id_of;

/// A labelled switch inside a form.
#[component]
pub(crate) fn Toggle(
    #[prop(into)] label: String,
    name: &'static str,
    value: RwSignal<bool>,
    #[prop(into)] hint: String,
) -> impl IntoView {
    let id = id_of(name);
    let hint_id = format!("{id}-hint");
    view! {
        <div class="flex items-start justify-between gap-4">
            <div class="min-w-0">
                <label class="label" for=id.clone()>{label}</label>
                <p class="hint mt-1" id=hint_id.clone()>{hint}</p>
            </div>
            <input
                class="toggle"
                id=id
                name=name
                type="checkbox"
                role="switch"
                aria-describedby=hint_id
                checked=value.get_untracked()
                prop:checked=value
                on:change=move |ev| value.set(event_target_checked(&ev))
            />
        </div>
    }
    .into_any()
}

/// A checkbox that puts `item` into a list and takes it out.
#[component]
pub(crate) fn Check<T: Clone + PartialEq + Send + Sync + 'static>(
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    item: T,
    list: RwSignal<Vec<T>>,
) -> impl IntoView {
    let start = list.with_untracked(|list| list.contains(&item));
    let (mine, other) = (item.clone(), item);
    check_box(
        label,
        hint,
        start,
        Signal::derive(move || list.with(|list| list.contains(&mine))),
        Callback::new(move |on: bool| {
            list.update(|list| {
                list.retain(|entry| *entry != other);
                if on {
                    list.push(other.clone());
                }
            });
        }),
    )
}

fn check_box(label: String, hint: String, start: bool, on: Signal<bool>, change: Callback<bool>) -> AnyView {
    let hint = (!hint.is_empty()).then(|| view! { <span class="hint block">{hint}</span> });
    view! {
        <label class="choice">
            <input
                class="check"
                type="checkbox"
                checked=start
                prop:checked=on
                on:change=move |ev| change.run(event_target_checked(&ev))
            />
            <span class="min-w-0"><span class="block text-sm">{label}</span> {hint}</span>
        </label>
    }
    .into_any()
}

/// One of several exclusive choices, as a card.
#[component]
pub(crate) fn RadioCard<T: Copy + PartialEq + Send + Sync + 'static>(
    /// Shared by the choices of one group.
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    item: T,
    value: RwSignal<T>,
) -> impl IntoView {
    let start = value.get_untracked() == item;
    radio(
        name,
        label,
        hint,
        start,
        Signal::derive(move || value.get() == item),
        Callback::new(move |()| value.set(item)),
    )
}

fn radio(
    name: &'static str,
    label: String,
    hint: String,
    start: bool,
    on: Signal<bool>,
    choose: Callback<()>,
) -> AnyView {
    view! {
        <label class="choice choice-card">
            <input
                class="check"
                type="radio"
                name=name
                checked=start
                prop:checked=on
                on:change=move |_| choose.run(())
            />
            <span class="min-w-0">
                <span class="block text-sm font-semibold">{label}</span>
                <span class="hint block">{hint}</span>
            </span>
        </label>
    }
    .into_any()
}
