//! The accounts that a user connected: what state each is in, what it allows and who used it.

use coffer_contract::user::{AccountState, AccountView, Release};
use leptos::prelude::*;

use super::disconnect::Disconnect;
use crate::{
    address,
    console::scope_words::ScopeWords,
    ui::{icon::Mark, time::Time},
};

/// A card for each account; a disconnected one goes at once.
#[component]
pub(super) fn Accounts(user_id: String, accounts: Vec<AccountView>) -> impl IntoView {
    let accounts = RwSignal::new(accounts);
    let user_id = StoredValue::new(user_id);
    view! {
        <section aria-labelledby="accounts-title">
            <h2 class="text-base" id="accounts-title" tabindex="-1">"Connected accounts"</h2>
            <p class="hint mt-1 mb-4">"Accounts whose tokens the vault keeps. The tokens are not shown to anybody."</p>
            <ul class="grid gap-4">
                <For each=move || accounts.get() key=|account| account.id.clone() let:account>
                    <Account user_id=user_id.get_value() account=account accounts=accounts/>
                </For>
            </ul>
            {move || accounts.with(Vec::is_empty).then(|| view! {
                <p class="card px-5 py-8 text-center text-sm text-muted">
                    "No account is connected. One appears when the user signs in through a connection with Token Vault \
                     on, or connects an account from an application."
                </p>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn Account(user_id: String, account: AccountView, accounts: RwSignal<Vec<AccountView>>) -> impl IntoView {
    let AccountView {
        id,
        connection_id,
        connection,
        strategy_name,
        provider_user_id,
        label,
        state,
        scopes,
        connected_at,
        updated_at,
        releases,
    } = account;
    let name = label.unwrap_or_else(|| provider_user_id.clone());
    let scopes = if scopes.is_empty() {
        view! { <p class="text-sm text-muted">"The provider does not say."</p> }.into_any()
    } else {
        view! { <ScopeWords scopes=scopes/> }.into_any()
    };
    view! {
        <li class="card grid min-w-0 gap-4 p-5 sm:p-6">
            <div class="flex flex-wrap items-center gap-3">
                <Mark name=strategy_name.clone()/>
                <div class="min-w-0 flex-1">
                    <h3 class="break-words">{name.clone()}</h3>
                    <p class="hint">
                        <a class="hover:underline" href=format!("/console/connections/{connection_id}")>{connection}</a>
                        " · " {strategy_name}
                    </p>
                </div>
                <div class="w-full sm:w-auto">{badge(&state)}</div>
            </div>
            <p class="text-sm">{state.explanation()}</p>
            <dl class="grid gap-4 sm:grid-cols-2">
                <div class="min-w-0 sm:col-span-2">
                    <dt class="hint mb-1">"Granted"</dt>
                    <dd>{scopes}</dd>
                </div>
                {fact("Connected", view! { <Time at=connected_at/> })}
                {fact("Tokens last replaced", view! { <Time at=updated_at/> })}
                {fact("ID at the provider", view! { <code class="break-all">{provider_user_id}</code> })}
                {fact("Account ID", view! { <code class="break-all">{id.clone()}</code> })}
                <div class="min-w-0 sm:col-span-2">
                    <dt class="hint mb-1">"Last released to"</dt>
                    <dd><Releases releases=releases/></dd>
                </div>
            </dl>
            <div class="flex flex-wrap items-center gap-2">
                <Disconnect user_id=user_id id=id.clone() name=name accounts=accounts/>
                <a class="btn btn-quiet btn-small" href=address::logs(&[("account", &id)])>"Logs of this account"</a>
            </div>
        </li>
    }
    .into_any()
}

fn badge(state: &AccountState) -> impl IntoView + use<> {
    let class = match state {
        AccountState::Healthy => "badge badge-ok",
        AccountState::Expiring { .. }
        | AccountState::NoRefreshToken { .. }
        | AccountState::Waiting { .. } => "badge badge-warn",
        AccountState::NeedsConsent { .. } => "badge badge-danger",
    };
    view! { <span class=class>{state.label()}</span> }
}

fn fact(term: &'static str, value: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="min-w-0">
            <dt class="hint">{term}</dt>
            <dd class="text-sm">{value}</dd>
        </div>
    }
}

/// Which applications got a token, and when last.
#[component]
fn Releases(releases: Vec<Release>) -> impl IntoView {
    if releases.is_empty() {
        return view! { <p class="text-sm text-muted">"No application got a token yet."</p> }.into_any();
    }
    let rows = releases
        .into_iter()
        .map(|release| {
            let Release { client_id, application, at } = release;
            let who = match application {
                Some(name) => {
                    let href = format!("{}/{client_id}", address::APPLICATIONS);
                    view! { <a class="link" href=href>{name}</a> }.into_any()
                }
                None => view! { <code class="break-all">{client_id}</code> " (deleted)" }.into_any(),
            };
            view! {
                <li class="flex flex-wrap gap-x-3 text-sm">
                    <span class="min-w-0 break-words">{who}</span>
                    <span class="text-muted"><Time at=at/></span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="grid gap-1">{rows}</ul> }.into_any()
}
