//! An editor for a list of pairs: rows of two texts, to add and to remove.

use leptos::prelude::*;

use super::{Errors, field::id_of};
use crate::browser;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    key: u32,
    left: RwSignal<String>,
    right: RwSignal<String>,
}

/// The rows while somebody edits them.
#[derive(Clone, Copy)]
pub(crate) struct PairList {
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<u32>,
}

impl PairList {
    /// These pairs.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let list = Self { rows: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        for (left, right) in pairs {
            list.push(left, right);
        }
        list
    }

    fn push(self, left: String, right: String) -> u32 {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        let row = Row { key, left: RwSignal::new(left), right: RwSignal::new(right) };
        self.rows.update(|rows| rows.push(row));
        key
    }

    /// What stands in the rows, without stray spaces. Empty rows go away, so that a message about the third
    /// pair stands beside the third row.
    pub(crate) fn take(self) -> Vec<(String, String)> {
        let text = |signal: RwSignal<String>| signal.read_untracked().trim().to_owned();
        let filled = |row: &Row| !text(row.left).is_empty() || !text(row.right).is_empty();
        if !self.rows.read_untracked().iter().all(filled) {
            self.rows.update(|rows| rows.retain(filled));
        }
        self.rows.read_untracked().iter().map(|row| (text(row.left), text(row.right))).collect()
    }
}

/// What the columns and buttons of the editor say.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub left: &'static str,
    pub right: &'static str,
    /// On the button that adds a row.
    pub add: &'static str,
    /// When there are no rows.
    pub none: &'static str,
}

/// The rows; the messages of row `n` are those of the field `{name}.{n}`.
#[component]
pub(crate) fn Pairs(
    list: PairList,
    /// Name of the field in the data transfer object, with a dot at its end.
    name: &'static str,
    words: Words,
    errors: Errors,
    /// HTML id of a `datalist` for the left column.
    #[prop(optional)]
    suggestions: Option<&'static str>,
) -> impl IntoView {
    errors.claim(name);
    let add = move |_| {
        let key = list.push(String::new(), String::new());
        browser::focus(format!("#{}", input_id(name, key)));
    };
    let row = move |row: Row| view! { <PairRow row=row list=list name=name words=words errors=errors suggestions=suggestions/> };
    view! {
        <div class="grid gap-3">
            <p class="hint" hidden=move || list.rows.with(|rows| !rows.is_empty())>{words.none}</p>
            <ul class="grid gap-3" hidden=move || list.rows.with(Vec::is_empty)>
                <For each=move || list.rows.get() key=|row| row.key children=row/>
            </ul>
            <div><button type="button" class="btn btn-small" on:click=add>{words.add}</button></div>
        </div>
    }
    .into_any()
}

fn input_id(name: &str, key: u32) -> String {
    format!("{}{key}", id_of(name))
}

#[component]
fn PairRow(
    row: Row,
    list: PairList,
    name: &'static str,
    words: Words,
    errors: Errors,
    suggestions: Option<&'static str>,
) -> impl IntoView {
    let id = input_id(name, row.key);
    let place = Memo::new(move |_| {
        list.rows.with(|rows| rows.iter().position(|other| other.key == row.key).unwrap_or_default())
    });
    let error = Signal::derive(move || errors.now(&format!("{name}{}", place.get())));
    let described_by = format!("{id}-error");
    let label = move |column: &str| {
        let column = column.to_owned();
        move || format!("{column} {}", place.get() + 1)
    };
    let input = move |signal: RwSignal<String>| move |ev| signal.set(event_target_value(&ev));
    // The messages of the rows after it would stand beside the wrong ones.
    let remove = move |_| {
        errors.clear();
        list.rows.update(|rows| rows.retain(|other| other.key != row.key));
    };
    view! {
        <li class="grid gap-2 sm:grid-cols-12">
            <input
                class="input input-mono sm:col-span-5"
                id=id.clone()
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                list=suggestions
                placeholder=words.left
                aria-label=label(words.left)
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || error.with(Option::is_some).then(|| described_by.clone())
                value=row.left.get_untracked()
                prop:value=row.left
                on:input=input(row.left)
            />
            <input
                class="input sm:col-span-5"
                type="text"
                autocomplete="off"
                placeholder=words.right
                aria-label=label(words.right)
                value=row.right.get_untracked()
                prop:value=row.right
                on:input=input(row.right)
            />
            <button
                type="button"
                class="btn btn-quiet sm:col-span-2"
                aria-label=move || format!("Remove {} {}", words.left.to_lowercase(), place.get() + 1)
                on:click=remove
            >
                "Remove"
            </button>
            {move || error.get().map(|text| view! {
                <p class="field-error sm:col-span-12" id=format!("{id}-error")>{text}</p>
            })}
        </li>
    }
    .into_any()
}
