//! The filter bar: a form whose answer is an address.

use coffer_contract::log::{LogCode, LogFilter};
use leptos::prelude::*;
use leptos_router::components::Form;

/// Type, outcome, application, connection and user.
#[component]
pub(super) fn Filters(codes: Vec<LogCode>, filter: LogFilter) -> impl IntoView {
    let mut areas: Vec<String> = Vec::new();
    for code in &codes {
        if let Some((area, _)) = code.code.split_once('.')
            && !areas.iter().any(|known| known == area)
        {
            areas.push(area.to_owned());
        }
    }
    let groups = areas
        .into_iter()
        .map(|area| {
            let all = format!("All {area} events");
            let every = (area.clone(), all);
            let mine = codes
                .iter()
                .filter(|code| code.code.split_once('.').is_some_and(|(of, _)| of == area))
                .map(|code| (code.code.clone(), code.title.clone()));
            let options = std::iter::once(every)
                .chain(mine)
                .map(|(code, words)| option(code, words, &filter.code))
                .collect_view();
            view! { <optgroup label=area>{options}</optgroup> }
        })
        .collect_view();
    let outcomes = [("success", "Success"), ("failure", "Failure")]
        .into_iter()
        .map(|(code, words)| option(code.to_owned(), words.to_owned(), &filter.outcome))
        .collect_view();
    view! {
        <search class="card mb-4 block p-4">
            <Form method="GET" action="/console/logs" attr:class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
                <div>
                    <label class="label" for="filter-code">"Type"</label>
                    <select class="input mt-1.5" id="filter-code" name="code">
                        <option value="">"Any"</option>
                        {groups}
                    </select>
                </div>
                <div>
                    <label class="label" for="filter-outcome">"Outcome"</label>
                    <select class="input mt-1.5" id="filter-outcome" name="outcome">
                        <option value="">"Any"</option>
                        {outcomes}
                    </select>
                </div>
                {text("Client ID", "filter-client", "client_id", filter.client_id)}
                {text("Connection", "filter-connection", "connection", filter.connection)}
                {text("User ID", "filter-user", "user_id", filter.user_id)}
                {text("Account ID", "filter-account", "account", filter.account)}
                <div class="flex items-end gap-2">
                    <button type="submit" class="btn btn-primary">"Filter"</button>
                    <a class="btn" href="/console/logs">"Clear"</a>
                </div>
            </Form>
        </search>
    }
    .into_any()
}

fn option(code: String, words: String, chosen: &str) -> impl IntoView + use<> {
    let selected = code == chosen;
    view! { <option value=code selected=selected>{words}</option> }
}

fn text(label: &'static str, id: &'static str, name: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <label class="label" for=id>{label}</label>
            <input class="input mt-1.5" type="text" id=id name=name value=value autocomplete="off"/>
        </div>
    }
}
