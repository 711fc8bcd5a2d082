//! Your account: who you are here, your password and your second factors.

mod ask;
mod linked;
mod own_password;
mod password;
mod second_factor;

use coffer_contract::administrator::AdministratorView;
use leptos::prelude::*;

use self::{linked::Linked, password::ChangePassword, second_factor::SecondFactor};
use crate::{
    server_fns::session::me,
    ui::{
        layout::{PageHead, Section},
        load::{fetched, loaded},
    },
};

/// One's own page.
#[component]
pub(crate) fn Page() -> impl IntoView {
    let me = fetched(|| (), |()| me());
    loaded(me, |me| view! { <Shown me=me/> }.into_any())
}

#[component]
fn Shown(me: AdministratorView) -> impl IntoView {
    let email = me.email.clone();
    let role = format!("{}. {}", me.role.label(), me.role.description());
    view! {
        <PageHead title="Your account" text="How you sign in to this dashboard."/>
        <div class="grid gap-6">
            <Section title="You">
                <dl class="grid gap-4 sm:grid-cols-2">
                    <div>
                        <dt class="label">"E-mail address"</dt>
                        <dd class="mt-1 break-all">{me.email}</dd>
                    </div>
                    <div>
                        <dt class="label">"Role"</dt>
                        <dd class="mt-1">{role}</dd>
                    </div>
                </dl>
            </Section>
            <ChangePassword email=email.clone()/>
            <SecondFactor email=email.clone()/>
            <Linked email=email/>
        </div>
    }
    .into_any()
}
