//! How to use an API, in code that can be copied.

use coffer_contract::api::{ApiDetail, ApiForm, GrantSubject, MY_ACCOUNT_ID, UserAccess};
use leptos::prelude::*;

use super::snippets;
use crate::ui::{code::Code, layout::Section};

/// Getting tokens, and checking them.
#[component]
pub(super) fn QuickStart(
    detail: ApiDetail,
    /// As it was saved last.
    form: RwSignal<ApiForm>,
) -> impl IntoView {
    move || {
        let form = form.get();
        let parts =
            [itself(&detail), users(&detail, &form), server(&detail, &form), metadata(&detail, &form)];
        view! { <div class="grid grid-cols-1 gap-6">{parts.into_iter().flatten().collect_view()}</div> }
    }
}

fn itself(api: &ApiDetail) -> Option<AnyView> {
    api.subjects.contains(&GrantSubject::Client).then(|| {
        let code = snippets::client_credentials(api);
        view! {
            <Section
                title="As the application itself"
                text="A machine-to-machine application that is authorized under Applications gets a token with its client \
                      id and secret."
            >
                <Code title="Get a token" text=code/>
            </Section>
        }
        .into_any()
    })
}

fn users(api: &ApiDetail, form: &ApiForm) -> Option<AnyView> {
    if api.id == MY_ACCOUNT_ID {
        let code = snippets::my_account_token(api);
        return Some(
            view! {
                <Section
                    title="For a user"
                    text="An application with “My Account API” in its settings exchanges its user's refresh token."
                >
                    <Code title="Get a token" text=code/>
                </Section>
            }
            .into_any(),
        );
    }
    (!api.system && form.user_access != UserAccess::Nobody).then(|| {
        let code = snippets::authorize(api, form);
        view! {
            <Section
                title="For a user"
                text="An application names the API when it signs its user in, and gets a token for it with the code. Any \
                      OpenID Connect library does this; the address, without its line breaks, is:"
            >
                <Code title="Ask the user" text=code/>
            </Section>
        }
        .into_any()
    })
}

fn server(api: &ApiDetail, form: &ApiForm) -> Option<AnyView> {
    (!api.system).then(|| {
        let code = snippets::verify(api, form);
        view! {
            <Section
                title="In the API"
                text="Tokens are signed (RFC 9068): the API checks signature, issuer, audience and time without asking \
                      Coffer."
            >
                <Code title="Check a token" text=code/>
            </Section>
        }
        .into_any()
    })
}

/// MCP clients find their way from here.
fn metadata(api: &ApiDetail, form: &ApiForm) -> Option<AnyView> {
    let address = snippets::metadata_address(&api.identifier).filter(|_| !api.system)?;
    let (challenge, document) = (snippets::challenge(&address), snippets::metadata(api, form));
    Some(
        view! {
            <Section
                title="Let clients find Coffer"
                text="For clients that know the API's address alone, such as those of MCP servers (RFC 9728)."
            >
                <Code title="Answer without a good token" text=challenge/>
                <p class="text-sm break-all">"Serve this as JSON at " <code>{address}</code></p>
                <Code title="Metadata document" text=document/>
            </Section>
        }
        .into_any(),
    )
}
