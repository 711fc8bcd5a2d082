//! Everybody who signed in.

use coffer_contract::{page, user::UserSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    address::{self, encode},
    server_fns::user::list_users,
    ui::{
        icon::Mark,
        layout::{Empty, PageHead},
        load::loaded,
        pagination::Pagination,
        search::Search,
        table::table,
        time::Time,
    },
};

/// Search and list; users come by signing in, so there is no button that makes one.
#[component]
pub(crate) fn List() -> impl IntoView {
    let query = use_query_map();
    let wanted =
        Memo::new(move |_| query.with(|query| (query.get("q").unwrap_or_default(), query.get("after"))));
    let rows = Resource::new(move || wanted.get(), |(search, after)| list_users(search, after));
    view! {
        <PageHead title="Users" text="Everybody who signed in through a connection, the latest first."/>
        <Search label="Search users" hint="The beginning of a name or an e-mail address, or a whole user id."/>
        {loaded(rows, move |page: page::Page<UserSummary>| {
            let (search, after) = wanted.get_untracked();
            if page.items.is_empty() {
                return nothing(&search);
            }
            let link = |after: &str| format!("?q={}&after={}", encode(&search), encode(after));
            let next = page.next.as_deref().map(link);
            let first = after.is_some().then(|| format!("?q={}", encode(&search)));
            view! {
                <Table rows=page.items/>
                <Pagination first=first next=next/>
            }
            .into_any()
        })}
    }
}

fn nothing(search: &str) -> AnyView {
    if !search.is_empty() {
        let text = format!("No user's name or e-mail address begins with “{search}”, and it is nobody's id.");
        return view! {
            <Empty title="Nothing found" text=text>
                <a class="btn" href=address::USERS>"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            title="No users yet"
            text="A user appears here after signing in to one of your applications through a connection."
        >
            <a class="btn" href=address::APPLICATIONS>"To the applications"</a>
        </Empty>
    }
    .into_any()
}

#[component]
fn Table(rows: Vec<UserSummary>) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td>
                        <span class="flex min-w-0 items-center gap-3">
                            <Mark name=row.name.clone()/>
                            <span class="min-w-0">
                                <a
                                    class="block font-semibold break-words hover:underline"
                                    href=address::user(&row.id)
                                >
                                    {row.name}
                                </a>
                                {row.email.map(|email| view! { <span class="hint">{email}</span> })}
                            </span>
                        </span>
                    </td>
                    <td data-label="Signs in through">{row.connection}</td>
                    <td data-label="Last sign-in"><Time at=row.last_sign_in_at/></td>
                </tr>
            }
        })
        .collect_view();
    table("Users", &["User", "Signs in through", "Last sign-in"], rows)
}
