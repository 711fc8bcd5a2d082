//! The scopes that an application may get at an API: a panel below its switch.

use coffer_contract::{api::ApiScope, client_grant::ClientGrantView};
use leptos::prelude::*;

use crate::{
    server_fns::client_grant::update_client_grant,
    ui::{
        Errors, Toasts,
        errors::Problem,
        form::{Submit, SubmitForm, send},
        toggle::Check,
    },
};

/// One checkbox for each scope. `close` runs after a save and on Cancel.
#[component]
pub(super) fn Scopes(
    /// Of the grant.
    id: String,
    grant: RwSignal<Option<ClientGrantView>>,
    known: Signal<Vec<ApiScope>>,
    close: Callback<()>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let scopes = known.get_untracked();
    let values = StoredValue::new(scopes.iter().map(|scope| scope.value.clone()).collect::<Vec<_>>());
    // What the API has lost in the meantime, the application has lost, too.
    let now =
        grant.with_untracked(|grant| grant.as_ref().map(|grant| grant.scopes.clone())).unwrap_or_default();
    let chosen = RwSignal::new(
        now.into_iter().filter(|scope| values.with_value(|all| all.contains(scope))).collect::<Vec<_>>(),
    );
    let checks = scopes
        .into_iter()
        .map(|scope| view! { <Check label=scope.value.clone() hint=scope.description item=scope.value list=chosen/> })
        .collect_view();
    let save = move || {
        let id = id.clone();
        let wanted = values.with_value(|all| {
            let is_chosen = |scope: &&String| chosen.with_untracked(|chosen| chosen.contains(*scope));
            all.iter().filter(is_chosen).cloned().collect()
        });
        send(errors, pending, update_client_grant(id, wanted), move |saved| {
            toasts.done(format!("Scopes of {} at {} are saved.", saved.application, saved.api));
            grant.set(Some(saved));
            close.run(());
        });
    };
    view! {
        <SubmitForm class="grid gap-4 rounded-lg bg-sunken p-4" on_submit=save>
            <fieldset>
                <legend class="sr-only">"Scopes"</legend>
                <div class="grid gap-3 sm:grid-cols-2">{checks}</div>
            </fieldset>
            <Problem errors=errors/>
            <div class="flex flex-wrap gap-2">
                <Submit label="Save scopes" pending=pending class="btn btn-primary btn-small"/>
                <button
                    type="button"
                    class="btn btn-small"
                    on:click=move |_| chosen.set(values.get_value())
                >
                    "All"
                </button>
                <button type="button" class="btn btn-small" on:click=move |_| chosen.set(Vec::new())>"None"</button>
                <button type="button" class="btn btn-small" on:click=move |_| close.run(())>"Cancel"</button>
            </div>
        </SubmitForm>
    }
    .into_any()
}
