//! An API of the server itself: what it is and what can be asked for there.

use coffer_contract::api::{ApiDetail, MY_ACCOUNT_ID};
use leptos::prelude::*;

use crate::ui::{copy::CopyField, layout::Section, table::table};

/// What other APIs have a form for.
#[component]
pub(super) fn Own(detail: ApiDetail) -> impl IntoView {
    let about = if detail.id == MY_ACCOUNT_ID {
        "Lets an application connect accounts for its user, and see and disconnect them. It is opened by a user's \
         access token; each application needs “My Account API” in its settings."
    } else {
        "Does what this dashboard does, over HTTP. It is opened by the access token of a machine-to-machine \
         application that is authorized for it, under Applications."
    };
    let rows = detail
        .form
        .scopes
        .into_iter()
        .map(|scope| {
            view! {
                <tr>
                    <td><code class="break-all">{scope.value}</code></td>
                    <td data-label="Allows">{scope.description}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="grid gap-6">
            <Section title="Coffer's own API" text=about>
                <CopyField label="Identifier" id="api-identifier" value=detail.identifier/>
                <p class="hint">"It belongs to the server and cannot be changed."</p>
            </Section>
            {table("Scopes", &["Scope", "Allows"], rows)}
        </div>
    }
    .into_any()
}
