//! Overview: the dashboard at a glance.

mod causes;
mod health;
mod sandbox;
mod steps;

use coffer_contract::overview::{Day, Overview as Facts};
use leptos::prelude::*;

use self::{causes::Causes, health::Health, sandbox::Sandbox, steps::Steps};
use crate::{
    address,
    server_fns::overview::load_overview,
    ui::{
        chart::BarChart,
        layout::{Empty, PageHead},
        load::{fetched, loaded},
        number::grouped,
    },
};

/// First steps while there are any, numbers, charts, connections and what failed.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let facts = fetched(|| (), |()| load_overview());
    let again = Callback::new(move |()| facts.refetch());
    view! {
        <PageHead title="Overview" text="How your connections fare, and what applications do with them."/>
        {loaded(facts, move |facts: Facts| {
            let Facts { steps, applications, users, connections, days, causes, sandbox } = facts;
            let fresh = !steps.is_empty();
            let quiet = days.iter().all(|day| day.released + day.refreshed + day.failed == 0);
            let activity = if quiet { nothing_yet() } else { charts(&days) };
            view! {
                <div class="grid gap-8">
                    {fresh.then(|| view! { <Steps steps=steps/> })}
                    {sandbox.map(|sandbox| view! { <Sandbox sandbox=sandbox done=again/> })}
                    {(users > 0 || !fresh).then(|| {
                        view! { <Numbers applications=applications users=users connections=connections.clone()/> }
                    })}
                    <section aria-labelledby="activity-title">
                        <h2 class="mb-3 text-base" id="activity-title">"Activity of the last 14 days"</h2>
                        {activity}
                    </section>
                    {(!connections.is_empty() || !fresh).then(|| view! { <Health connections=connections/> })}
                    {(!causes.is_empty()).then(|| view! { <Causes causes=causes/> })}
                </div>
            }
            .into_any()
        })}
    }
}

fn nothing_yet() -> AnyView {
    view! {
        <Empty
            title="Nothing happened yet"
            text="Once applications exchange tokens, this shows how many were released and refreshed on each day, and \
                  what failed."
        />
    }
    .into_any()
}

/// One chart for each kind, with scales of their own: refreshes and failures are far fewer than releases.
fn charts(days: &[Day]) -> AnyView {
    let bars =
        |value: fn(&Day) -> u64| days.iter().map(|day| (day.label.clone(), value(day))).collect::<Vec<_>>();
    view! {
        <div class="grid gap-4 xl:grid-cols-2">
            <BarChart
                title="Tokens released"
                unit="tokens released"
                axis="Day"
                bars=bars(|day| day.released)
                class="card min-w-0 p-4 sm:p-5 xl:col-span-2"
            />
            <BarChart title="Tokens refreshed" unit="tokens refreshed" axis="Day" bars=bars(|day| day.refreshed)/>
            <BarChart title="Failures" unit="failures" axis="Day" bars=bars(|day| day.failed) alarming=true/>
        </div>
    }
    .into_any()
}

#[component]
fn Numbers(
    applications: u64,
    users: u64,
    connections: Vec<coffer_contract::overview::ConnectionHealth>,
) -> impl IntoView {
    let usable: u64 = connections.iter().map(|connection| connection.usable).sum();
    let waiting: u64 = connections.iter().map(|connection| connection.needs_consent).sum();
    let tile = |name: &'static str, value: u64, href: Option<&'static str>| {
        let name = match href {
            Some(href) => view! { <a class="hover:underline" href=href>{name}</a> }.into_any(),
            None => name.into_any(),
        };
        view! {
            <div class="card flex flex-col-reverse justify-end p-4">
                <dt class="text-sm text-muted">{name}</dt>
                <dd class="text-2xl font-semibold">{grouped(value)}</dd>
            </div>
        }
    };
    view! {
        <dl class="grid grid-cols-2 gap-4 lg:grid-cols-4">
            {tile("Users", users, Some(address::USERS))}
            {tile("Applications", applications, Some(address::APPLICATIONS))}
            {tile("Usable accounts", usable, None)}
            {tile("Need new consent", waiting, None)}
        </dl>
    }
    .into_any()
}
