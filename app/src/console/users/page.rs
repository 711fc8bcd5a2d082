//! One user: who they are, and the accounts they connected. Never a token.

use coffer_contract::user::UserDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::account::Accounts;
use crate::{
    address,
    server_fns::user::{delete_user, user},
    ui::{
        copy::CopyField,
        danger::DangerZone,
        layout::{PageHead, Section},
        load::{fetched, loaded},
        time::Time,
    },
};

/// The user that the address names.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let detail = fetched(move || id.get(), user);
    loaded(detail, |detail| view! { <Shown detail=detail/> }.into_any())
}

#[component]
fn Shown(detail: UserDetail) -> impl IntoView {
    let UserDetail { summary, connection_id, provider_user_id, email_verified, created_at, accounts } =
        detail;
    let id = summary.id;
    let accounts = view! { <Accounts user_id=id.clone() accounts=accounts/> };
    let (typed, deleted) = (Signal::stored(id.clone()), id.clone());
    let logs = address::logs(&[("user_id", &id)]);
    let verified = summary.email.is_some().then(|| {
        if email_verified {
            view! { <span class="badge badge-ok">"Verified"</span> }.into_any()
        } else {
            view! { <span class="badge">"Not verified"</span> }.into_any()
        }
    });
    view! {
        <PageHead title=summary.name.clone() above=(address::USERS.to_owned(), "Users")>
            <a class="btn" href=logs>"Logs of this user"</a>
        </PageHead>
        <div class="grid gap-6">
            <Section title="Profile" text="As the provider told it at the last sign-in.">
                <dl class="grid gap-4 sm:grid-cols-2">
                    {row("Name", summary.name)}
                    {row("E-mail", view! {
                        <span class="flex flex-wrap items-center gap-2">
                            <span class="min-w-0 break-all">{summary.email.unwrap_or_else(|| "–".to_owned())}</span>
                            {verified}
                        </span>
                    })}
                    {row("First sign-in", view! { <Time at=created_at/> })}
                    {row("Last sign-in", view! { <Time at=summary.last_sign_in_at/> })}
                </dl>
            </Section>
            <Section title="Identity">
                <p class="text-sm">
                    "Signs in through "
                    <a class="link" href=format!("/console/connections/{connection_id}")>{summary.connection}</a> "."
                </p>
                <div class="grid gap-5 lg:grid-cols-2">
                    <CopyField label="User ID" id="user-id" value=id hint="What applications see (sub)."/>
                    <CopyField
                        label="ID at the provider"
                        id="provider-user-id"
                        value=provider_user_id
                        hint="What the provider calls the user."
                    />
                </div>
            </Section>
            {accounts}
        </div>
        <DangerZone
            warning="Deleting a user signs them out everywhere and deletes every token kept for them. Coffer asks the \
                     providers to revoke those tokens."
            what="user"
            text="Their accounts are disconnected and their tokens are gone at once. If they sign in again, they begin \
                  anew."
            typed=typed
            typed_label="User ID"
            done="The user is deleted."
            list=address::USERS
            delete=move |entered| delete_user(deleted.clone(), entered)
        />
    }
    .into_any()
}

fn row(term: &'static str, value: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="min-w-0">
            <dt class="hint">{term}</dt>
            <dd class="break-words">{value}</dd>
        </div>
    }
}
