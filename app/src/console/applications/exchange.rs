//! What an application may exchange tokens for: those that its API receives, and its refresh tokens.

use coffer_contract::{
    api::RefreshPolicy,
    application::{ApplicationDetail, ApplicationExchange},
};
use leptos::{prelude::*, task::spawn_local};

use super::saved::Saved;
use crate::{
    server_fns::{api::list_apis, application::update_exchange},
    ui::{
        Errors, Toasts,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
        layout::Section,
        pairs::{PairList, Pairs, Words},
    },
};

const WORDS: Words = Words {
    left: "API identifier",
    right: "Scopes, separated by spaces",
    add: "Add API",
    none: "None. The application gets tokens for the API that it named at sign-in alone.",
};
/// HTML id of the list of identifiers to choose from.
const SUGGESTIONS: &str = "api-identifiers";

/// The API whose server the application is, and further APIs for its refresh tokens.
#[component]
pub(super) fn Exchange(detail: ApplicationDetail, saved: Saved) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (id, exchange) = (detail.client_id, detail.exchange);
    let server = RwSignal::new(exchange.resource_server.unwrap_or_default());
    let policies = exchange.refresh_policies.into_iter();
    let policies = PairList::new(policies.map(|policy| (policy.audience, policy.scope.join(" "))));
    let save = move || {
        let policy = |(audience, scope): (String, String)| {
            let scope = scope.split_whitespace().map(str::to_owned).collect();
            RefreshPolicy { audience, scope }
        };
        let exchange = ApplicationExchange {
            resource_server: Some(server.read_untracked().trim().to_owned()).filter(|text| !text.is_empty()),
            refresh_policies: policies.take().into_iter().map(policy).collect(),
        };
        let id = id.clone();
        send(errors, pending, update_exchange(id, exchange, saved.version.get_untracked()), move |now| {
            saved.version.set(now.version);
            toasts.done("Changes saved.");
        });
    };
    let linked = detail.app_type.confidential().then(|| {
        view! {
            <Section
                title="Server of an API"
                text="If this application is the server of an API, it may exchange the access tokens that the API receives: \
                      for a provider's token of the same user, or for one that it passes on."
            >
                <Field
                    label="Identifier of the API"
                    name="resource_server"
                    value=server
                    errors=errors
                    mono=true
                    suggestions=SUGGESTIONS
                    hint="Its grants are switched on under Settings: Token vault, Token exchange."
                />
            </Section>
        }
    });
    view! {
        <div class="mt-6">
            <SubmitForm on_submit=save>
                <Suggestions/>
                {linked}
                <Section
                    title="Further APIs by refresh token"
                    text="APIs that the application may get tokens for by exchanging its user's refresh token. Users agree \
                          to it when they sign in."
                >
                    <Pairs
                        list=policies
                        name="refresh_policies."
                        words=WORDS
                        errors=errors
                        suggestions=SUGGESTIONS
                    />
                </Section>
                <Problem errors=errors/>
                <div><Submit label="Save changes" pending=pending/></div>
            </SubmitForm>
        </div>
    }
    .into_any()
}

/// The first APIs by name; any other can be typed.
#[component]
fn Suggestions() -> impl IntoView {
    let options = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        spawn_local(async move {
            if let Ok(page) = list_apis(String::new(), None).await {
                options.set(page.items.into_iter().filter(|api| !api.system).collect());
            }
        });
    });
    view! {
        <datalist id=SUGGESTIONS>
            {move || options.get().into_iter().map(|api| view! {
                <option value=api.identifier>{api.name}</option>
            }).collect_view()}
        </datalist>
    }
}
