//! The most that an application may get from a connection: a panel below its toggle. Off by default.

use coffer_contract::connection::Enablement;
use leptos::prelude::*;

use crate::{
    server_fns::enablement::set_scope_ceiling,
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::TextArea,
        form::{Submit, SubmitForm, send},
        toggle::{Check, RadioCard},
    },
};

/// The choice between no limit and a list of scopes. `close` runs after a save and on Cancel.
#[component]
pub(super) fn Ceiling(
    row: Enablement,
    /// The limit as it is saved.
    ceiling: RwSignal<Option<Vec<String>>>,
    close: Callback<()>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let now = ceiling.get_untracked();
    let limited = RwSignal::new(now.is_some());
    let known = row.scopes.clone();
    let (chosen, more): (Vec<_>, Vec<_>) =
        now.unwrap_or_default().into_iter().partition(|scope| known.iter().any(|info| info.value == *scope));
    let (chosen, more) = (RwSignal::new(chosen), RwSignal::new(more.join("\n")));
    let checks = known
        .into_iter()
        .map(|scope| {
            let words = scope.words();
            let hint = if words == scope.value { String::new() } else { scope.value.clone() };
            view! { <Check label=words hint=hint item=scope.value list=chosen/> }
        })
        .collect_view();
    let about = if row.narrows {
        "The provider can narrow a token: the application gets one that allows these scopes alone, even where the \
         user's account allows more."
    } else {
        "This provider cannot narrow a token. Where a user's account allows more than these scopes, the application \
         gets no token, and an error that says so."
    };
    let legend = format!("What {} may get from {}", row.application_name, row.connection_name);
    let field = format!("ceiling-{}-{}", row.connection_id, row.client_id);
    let (connection_id, client_id, application) = (row.connection_id, row.client_id, row.application_name);
    let save = move || {
        let wanted = limited.get_untracked().then(|| scopes(chosen.get_untracked(), &more.read_untracked()));
        let (connection_id, client_id, application) =
            (connection_id.clone(), client_id.clone(), application.clone());
        send(errors, pending, set_scope_ceiling(connection_id, client_id, wanted), move |saved| {
            let word = if saved.scope_ceiling.is_some() { "limited" } else { "no longer limited" };
            toasts.done(format!("Scopes of {application} are {word}."));
            ceiling.set(saved.scope_ceiling);
            close.run(());
        });
    };
    view! {
        <SubmitForm class="grid gap-4 rounded-lg bg-sunken p-4" on_submit=save>
            <fieldset>
                <legend class="label">{legend}</legend>
                <div class="mt-2 grid gap-3 sm:grid-cols-2">
                    <RadioCard
                        name="limit"
                        label="No limit"
                        hint="Whatever the user's account allows."
                        item=false
                        value=limited
                    />
                    <RadioCard
                        name="limit"
                        label="At most these"
                        hint="No token that allows more."
                        item=true
                        value=limited
                    />
                </div>
            </fieldset>
            <div class="grid gap-4" hidden=move || !limited.get()>
                <p class="text-sm">{about}</p>
                <fieldset>
                    <legend class="sr-only">"Scopes"</legend>
                    <div class="grid gap-3 sm:grid-cols-2">{checks}</div>
                </fieldset>
                <TextArea
                    label="Other scopes"
                    name="scope_ceiling"
                    id=field
                    value=more
                    errors=errors
                    mono=true
                    rows=2
                    hint="As the provider writes them, separated by spaces or line breaks."
                />
            </div>
            <Problem errors=errors/>
            <div class="flex flex-wrap gap-2">
                <Submit label="Save scopes" pending=pending class="btn btn-primary btn-small"/>
                <button type="button" class="btn btn-small" on:click=move |_| close.run(())>"Cancel"</button>
            </div>
        </SubmitForm>
    }
    .into_any()
}

/// Those with a checkbox, then those that were typed.
fn scopes(mut chosen: Vec<String>, more: &str) -> Vec<String> {
    for scope in more.split(|c: char| c.is_whitespace() || c == ',').filter(|scope| !scope.is_empty()) {
        if !chosen.iter().any(|known| known == scope) {
            chosen.push(scope.to_owned());
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_scopes_follow_the_chosen_ones_once() {
        assert_eq!(scopes(vec!["a".into()], "b, a\n c"), ["a", "b", "c"]);
    }
}
