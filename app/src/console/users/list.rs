//! Everybody who signed in.

use coffer_contract::user::UserSummary;
use leptos::prelude::*;

use crate::{
    address,
    server_fns::user::list_users,
    ui::{
        icon::Mark,
        layout::{Empty, PageHead},
        listing::listing,
        search::Search,
        table::table,
        time::Time,
    },
};

/// Search and list; users come by signing in, so there is no button that makes one.
#[component]
pub(crate) fn List() -> impl IntoView {
    view! {
        <PageHead title="Users" text="Everybody who signed in through a connection, the latest first."/>
        <Search label="Search users" hint="The beginning of a name or an e-mail address, or a whole user id."/>
        {listing(list_users, nothing, table_of)}
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

fn table_of(rows: Vec<UserSummary>) -> AnyView {
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
