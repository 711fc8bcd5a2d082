//! Initial access tokens: made, shown once, ended.

use coffer_contract::{
    administrator::Role,
    registration::{InitialTokenView, NewInitialToken, RegistrationPage},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    server_fns::registration::{create_initial_token, delete_initial_token},
    ui::{
        Errors, Toasts,
        access::allows,
        copy::CopyField,
        dialog::Confirm,
        errors::Problem,
        field::Field,
        form::{Submit, SubmitForm, send},
        layout::Section,
        load::Fetched,
        table::table,
        time::Time,
    },
};

type Page = Fetched<RegistrationPage>;

/// A token in the only moment in which it can be seen. Outlives the list's being fetched again.
#[derive(Clone, Copy)]
struct Fresh(RwSignal<Option<String>>);

/// The tokens there are, and the form for a new one.
#[component]
pub(super) fn Tokens(tokens: Vec<InitialTokenView>, page: Page) -> impl IntoView {
    let fresh = Fresh(RwSignal::new(None));
    let allowed = allows(Role::Editor);
    let shown = RwSignal::new(tokens);
    let list = move || {
        let tokens = shown.get();
        if tokens.is_empty() {
            return view! { <p class="text-sm text-muted">"There is none. Make one for each system that registers applications."</p> }
                .into_any();
        }
        let rows = tokens.into_iter().map(|token| view! { <Row token=token shown=shown/> }).collect_view();
        table("Initial access tokens", &["For", "Created", "Ends", "Registrations", ""], rows)
    };
    view! {
        <Section
            title="Initial access tokens"
            text="Needed where registration is on for holders of a token. Coffer keeps a hash alone, so a token is shown \
                  once."
        >
            {list}
            <div class="grid gap-4" hidden=move || !allowed.get()><New fresh=fresh shown=shown page=page/></div>
        </Section>
    }
    .into_any()
}

#[component]
fn Row(token: InitialTokenView, shown: RwSignal<Vec<InitialTokenView>>) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let id = token.id.clone();
    let dialog = format!("end-{}", token.id);
    let end = Callback::new(move |_: String| {
        let id = id.clone();
        send(errors, pending, delete_initial_token(id.clone()), move |()| {
            toasts.done("The token is ended.");
            shown.update(|tokens| tokens.retain(|token| token.id != id));
        });
    });
    view! {
        <tr>
            <td class="font-semibold break-words">{token.name.clone()}</td>
            <td data-label="Created"><Time at=token.created_at/></td>
            <td data-label="Ends"><Time at=token.expires_at/></td>
            <td data-label="Registrations">{token.uses}</td>
            <td>
                <Confirm
                    id=dialog
                    button="End"
                    title=format!("End the token for {}?", token.name)
                    text="Nobody can register with it any more. Applications that did stay."
                    action="End"
                    class="btn btn-danger btn-small"
                    errors=errors
                    pending=pending.into()
                    confirm=end
                />
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn New(fresh: Fresh, shown: RwSignal<Vec<InitialTokenView>>, page: Page) -> impl IntoView {
    let toasts = Toasts::of_page();
    let errors = Errors::new();
    let pending = RwSignal::new(false);
    let (name, days) = (RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    let create = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        errors.clear();
        let new = NewInitialToken {
            name: name.get_untracked().trim().to_owned(),
            days: days.read_untracked().trim().parse().unwrap_or(0),
        };
        spawn_local(async move {
            match create_initial_token(new).await {
                Ok(issued) => {
                    fresh.0.set(Some(issued.token));
                    name.set(String::new());
                    toasts.done("The token is created.");
                    if let Ok(now) = crate::server_fns::registration::registration().await {
                        shown.set(now.tokens);
                    } else {
                        page.refetch();
                    }
                }
                Err(failure) => errors.show(failure),
            }
            pending.set(false);
        });
    };
    let issued = move || {
        fresh.0.get().map(|token| {
            view! {
                <div class="grid gap-4">
                    <p class="alert alert-warn" role="status">
                        "Copy the token now and keep it safe. It is not shown again after you leave this page."
                    </p>
                    <CopyField label="Initial access token" id="initial-token" value=token/>
                </div>
            }
        })
    };
    view! {
        {issued}
        <SubmitForm class="grid gap-4" on_submit=create>
            <div class="grid gap-5 lg:grid-cols-2">
                <Field label="For" name="name" value=name errors=errors required=true hint="Whom or what the token is for."/>
                <Field label="Days" name="days" value=days errors=errors required=true hint="For how many days it works."/>
            </div>
            <Problem errors=errors/>
            <div><Submit label="Create token" pending=pending class="btn"/></div>
        </SubmitForm>
    }
    .into_any()
}
