//! The Settings form of an API.

use coffer_contract::{
    api::{ApiDetail, ApiForm, UserAccess},
    application::SigningAlgorithm,
};
use leptos::prelude::*;

use super::draft::{Draft, SCOPE_WORDS};
use crate::{
    address,
    server_fns::api::{delete_api, update_api},
    ui::{
        Errors, Toasts,
        copy::CopyField,
        danger::DangerZone,
        errors::Problem,
        field::{Field, Select},
        form::{Submit, SubmitForm, send},
        layout::Section,
        pairs::Pairs,
        toggle::{RadioCard, Toggle},
    },
};

/// Everything about the API but its identifier. What was saved goes to the other tabs.
#[component]
pub(super) fn Settings(
    detail: ApiDetail,
    title: RwSignal<String>,
    saved: RwSignal<ApiForm>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let draft = Draft::edit(&detail.form);
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let version = RwSignal::new(detail.version);
    let id = detail.id.clone();
    let save = move || {
        let id = id.clone();
        send(errors, pending, update_api(id, draft.form(), version.get_untracked()), move |now| {
            version.set(now.version);
            title.set(now.form.name.clone());
            saved.set(now.form);
            toasts.done("Changes saved.");
        });
    };
    view! {
        <SubmitForm on_submit=save>
            <Section title="Basic information">
                <Field label="Name" name="name" value=draft.name errors=errors required=true hint="Users see it when they consent."/>
                <CopyField
                    label="Identifier"
                    id="api-identifier"
                    value=detail.identifier.clone()
                    hint="What applications ask for (audience or resource) and tokens carry (aud)."
                />
            </Section>
            <Section
                title="Scopes"
                text="What applications can ask for, and what users read when they are asked. Applications lose a scope \
                      that you remove."
            >
                <Pairs list=draft.scopes name="scopes." words=SCOPE_WORDS errors=errors/>
            </Section>
            <Tokens draft=draft errors=errors/>
            <Users draft=draft/>
            <Problem errors=errors/>
            <div><Submit label="Save changes" pending=pending/></div>
        </SubmitForm>
        <DangerZone
            warning="Deleting an API ends what applications may do there: nobody gets a token for it any more."
            what="API"
            text="Applications lose it at once. Tokens that are out already end by themselves."
            typed=Signal::from(title)
            done="The API is deleted."
            list=address::APIS
            delete=move |entered| delete_api(detail.id.clone(), entered)
        />
    }
    .into_any()
}

#[component]
fn Tokens(draft: Draft, errors: Errors) -> impl IntoView {
    let algorithms = SigningAlgorithm::ALL
        .into_iter()
        .map(|alg| (alg.code().to_owned(), alg.code().to_owned()))
        .collect::<Vec<_>>();
    view! {
        <Section title="Access tokens" text="Signed, so that the API can check them by itself (RFC 9068).">
            <div class="grid gap-5 lg:grid-cols-2">
                <Field
                    label="Lifetime in seconds"
                    name="token_seconds"
                    value=draft.token_seconds
                    errors=errors
                    kind="number"
                    required=true
                    hint="A token cannot be taken back from an API that checks it by itself: keep it short."
                />
                <Select
                    label="Signing algorithm"
                    name="signing_alg"
                    value=draft.signing_alg
                    options=algorithms
                    errors=errors
                    hint="RS256 is what every library takes by default."
                />
            </div>
            <Toggle
                label="Allow offline access"
                name="offline_access"
                value=draft.offline_access
                hint="Applications that ask for offline_access get a refresh token, too."
            />
        </Section>
    }
    .into_any()
}

#[component]
fn Users(draft: Draft) -> impl IntoView {
    let choices = UserAccess::ALL
        .into_iter()
        .map(|access| {
            view! {
                <RadioCard name="user_access" label=access.label() hint=hint(access) item=access value=draft.user_access/>
            }
        })
        .collect_view();
    view! {
        <Section title="Access for users">
            <fieldset>
                <legend class="label">"Which applications may ask users for access?"</legend>
                <div class="mt-2 grid gap-3">{choices}</div>
            </fieldset>
            <Toggle
                label="Skip the consent page for first-party applications"
                name="skip_consent"
                value=draft.skip_consent
                hint="Applications that skip the consent page get access to this API without it as well."
            />
        </Section>
    }
    .into_any()
}

fn hint(access: UserAccess) -> &'static str {
    match access {
        UserAccess::Any => {
            "For any of the API's scopes. What the user agrees to is what the application gets."
        }
        UserAccess::Granted => "For the scopes that you choose for each of them, under Applications.",
        UserAccess::Nobody => "The API is for applications that act for themselves.",
    }
}
