//! The form of a connection: the same for a new one and for Settings.

use coffer_contract::{
    Timestamp,
    administrator::Role,
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField},
    connection::{CALLBACK_PATH, Purpose, callback_path},
};
use leptos::prelude::*;

use super::{
    draft::{Draft, PRIVATE_KEY_JWT},
    options::Options,
    scopes::Scopes,
};
use crate::ui::{
    Errors,
    access::May,
    copy::CopyField,
    errors::Problem,
    field::{Field, TextArea},
    form::{Submit, SubmitForm},
    layout::Section,
    time::Time,
    toggle::{RadioCard, Toggle},
};

/// What the form shows besides the draft.
#[derive(Clone)]
pub(super) struct Facts {
    pub entry: CatalogueEntry,
    pub callback_url: String,
    /// Whether the connection is about to be created; its steps are numbered then.
    pub creating: bool,
    /// What changing it takes.
    pub role: Role,
}

/// All controls, Advanced last.
#[component]
pub(super) fn ConnectionFields(
    facts: Facts,
    draft: Draft,
    errors: Errors,
    pending: RwSignal<bool>,
    /// When the secret was last replaced, if there is one.
    secret_replaced_at: RwSignal<Option<Timestamp>>,
    on_submit: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let Facts { entry, callback_url, creating, role } = facts;
    let step = move |number: &str, title: &str| {
        if creating { format!("{number}. {title}") } else { title.to_owned() }
    };
    let provider = entry.name.clone();
    let scopes = entry.scopes.clone();
    let options = entry.clone();
    let untried = (!entry.tested && entry.fields.iter().all(|f| *f != OptionField::AuthorizationUrl)).then(|| {
        view! {
            <p class="hint">
                "These facts follow the provider's documentation; nobody has tried them against a server yet."
            </p>
        }
    });
    let enterprise = entry.group == ConnectionGroup::Enterprise;
    let note = entry.note.clone().map(|note| view! { <p class="alert alert-note">{note}</p> });
    let naming = creating.then(|| {
        view! {
            <Field
                label="Name"
                name="name"
                value=draft.name
                errors=errors
                mono=true
                required=true
                hint="Your applications send it as the connection parameter. It cannot change later."
            />
        }
    });
    let authentication = draft.options.client_authentication;
    let secretless = Signal::derive(move || authentication.with(|method| method == PRIVATE_KEY_JWT));
    let base = callback_url.split(CALLBACK_PATH).next().unwrap_or_default().to_owned();
    let key_set_url = format!("{base}.well-known/jwks.json");
    let (name, own_callback) = (draft.name, draft.options.own_callback);
    // Follows the switch below: what is shown is what is to be registered once the form is saved.
    let callback_url = Signal::derive(move || {
        let path = name.with(|name| callback_path(own_callback.get().then_some(name)));
        format!("{base}{path}")
    });
    let label = if creating { "Create connection" } else { "Save changes" };
    view! {
        <SubmitForm role=role on_submit=on_submit>
            <Section
                title=step("1", "Register Coffer at the provider")
                text="Create a client at the provider, and enter this callback URL there as its redirect URI."
            >
                <CopyField label="Callback URL" id="callback-url" value=callback_url/>
                <Links entry=entry/>
                {note}
                {untried}
            </Section>
            <Section
                title=step("2", "Client id and secret")
                text=format!("From the client that you registered. They identify Coffer to {provider}.")
            >
                {naming}
                <Field
                    label="Display name"
                    name="display_name"
                    value=draft.display_name
                    errors=errors
                    placeholder=provider.clone()
                    hint="Users see it on the sign-in button."
                />
                <Field
                    label="Client ID"
                    name="client_id"
                    value=draft.client_id
                    errors=errors
                    mono=true
                    required=true
                />
                <div hidden=move || secretless.get()>
                    <Secret value=draft.client_secret errors=errors replaced_at=secret_replaced_at/>
                </div>
                <div hidden=move || !secretless.get()>
                    <CopyField
                        label="Key set URL"
                        id="key-set-url"
                        value=key_set_url
                        hint="Register it at the provider: it finds there the key that signs the assertions."
                    />
                </div>
                <Options entry=options draft=draft.options errors=errors/>
            </Section>
            <Scopes title=step("3", "Scopes") scopes=scopes draft=draft errors=errors/>
            <Section title="Purpose">
                <fieldset>
                    <legend class="sr-only">"Purpose"</legend>
                    <div class="grid gap-3 lg:grid-cols-3">
                        <RadioCard
                            name="purpose"
                            label="Sign-in and connected accounts"
                            hint="Users sign in with it, and can connect it to an account they have."
                            item=Purpose::Both
                            value=draft.purpose
                        />
                        <RadioCard
                            name="purpose"
                            label="Sign-in only"
                            hint="Users sign in with it."
                            item=Purpose::SignIn
                            value=draft.purpose
                        />
                        <RadioCard
                            name="purpose"
                            label="Connected accounts only"
                            hint="Users who are signed in connect it. The sign-in page does not offer it."
                            item=Purpose::ConnectedAccounts
                            value=draft.purpose
                        />
                    </div>
                </fieldset>
            </Section>
            {enterprise.then(|| view! {
                <Section
                    title="Home realm"
                    text="Users whose e-mail address has one of these domains sign in here: the sign-in page asks for the \
                          address, and this connection has no button of its own."
                >
                    <TextArea
                        label="Domains"
                        name="options.domain_aliases"
                        value=draft.options.domain_aliases
                        errors=errors
                        mono=true
                        rows=2
                        hint="What stands after the @, one on each line, such as example.com."
                    />
                </Section>
            })}
            <Section title=step("4", "Advanced")>
                <Toggle
                    label="Enable Token Vault"
                    name="vault_enabled"
                    value=draft.vault_enabled
                    hint="Keep the provider's tokens, sealed, so that your applications can call its API on the \
                          user's behalf. Coffer refreshes them."
                />
                <Toggle
                    label="Callback URL of its own"
                    name="options.own_callback"
                    value=draft.options.own_callback
                    hint="Switch it on where the people who run this provider are not trusted with the sign-ins through \
                          the others, such as a customer's. The callback URL above changes: register the new one there."
                />
                {enterprise.then(|| view! {
                    <May role=Role::Owner>
                        <Toggle
                            label="Administrators sign in through it"
                            name="options.administrator_sign_in"
                            value=draft.options.administrator_sign_in
                            hint="Each links an account there on Your account first. Whoever runs this provider can sign in \
                                  as any of them then, and only owners change this connection. Switched off, the linked \
                                  accounts are kept, and nobody signs in with them."
                        />
                    </May>
                })}
            </Section>
            <Problem errors=errors/>
            <div class="flex flex-wrap items-center gap-3">
                <Submit label=label pending=pending/>
                {creating.then(|| view! { <p class="hint">"Next: choose the applications that may use it."</p> })}
            </div>
        </SubmitForm>
    }
    .into_any()
}

#[component]
fn Links(entry: CatalogueEntry) -> impl IntoView {
    let link = |href: Option<String>, text: String| {
        href.map(|href| {
            view! {
                <a class="link" href=href target="_blank" rel="noopener noreferrer">
                    {text} <span class="sr-only">" (opens in a new tab)"</span>
                </a>
            }
        })
    };
    (entry.console_url.is_some() || entry.guide_url.is_some()).then(|| {
        view! {
            <p class="flex flex-wrap gap-x-5 gap-y-1 text-sm">
                {link(entry.console_url, format!("Open the {} console", entry.name))}
                {link(entry.guide_url, "Read the provider's guide".to_owned())}
            </p>
        }
    })
}

/// The client secret: written, never read back.
#[component]
fn Secret(
    value: RwSignal<String>,
    errors: Errors,
    replaced_at: RwSignal<Option<Timestamp>>,
) -> impl IntoView {
    errors.claim("client_secret");
    let replacing = RwSignal::new(false);
    // A refused one is entered in the field, which may be closed.
    let refused = errors.of("client_secret");
    Effect::new(move |_| {
        if refused.with(Option::is_some) {
            replacing.set(true);
            crate::browser::focus("#field-client-secret");
        }
    });
    // A saved secret closes the field again.
    Effect::new(move |before: Option<Option<Timestamp>>| {
        let now = replaced_at.get();
        if before.is_some_and(|before| before != now) {
            replacing.set(false);
        }
        now
    });
    move || match replaced_at.get().filter(|_| !replacing.get()) {
        Some(at) => view! {
            <div>
                <p class="label">"Client Secret"</p>
                <div class="mt-1.5 flex flex-wrap items-center gap-3">
                    <p class="hint">"Last replaced on " <Time at=at/></p>
                    <button
                        type="button"
                        class="btn btn-small"
                        on:click=move |_| {
                            replacing.set(true);
                            crate::browser::focus("#field-client-secret");
                        }
                    >
                        "Replace secret"
                    </button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <Field
                label="Client Secret"
                name="client_secret"
                value=value
                errors=errors
                kind="password"
                autocomplete="new-password"
                mono=true
                required=true
                hint="Stored sealed, and never shown again."
            />
        }
        .into_any(),
    }
}
