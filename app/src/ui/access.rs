//! What the role of whoever is signed in allows. Pages do not offer the rest; it is the server that refuses it.

use coffer_contract::administrator::Role;
use leptos::prelude::*;

use crate::browser;

/// The role, once it is known.
#[derive(Clone, Copy)]
pub(crate) struct Access(RwSignal<Option<Role>>);

impl Access {
    /// Puts it into the context: what the server says with the page, if it does.
    pub(crate) fn provide() -> Self {
        let known = use_context::<Role>().or_else(|| Role::from_code(&browser::take_role()?));
        let access = Self(RwSignal::new(known));
        provide_context(access);
        access
    }

    /// The server says it anew.
    pub(crate) fn learn(self, role: Role) {
        self.0.set(Some(role));
    }
}

/// Whether whoever is signed in may do what takes this role. Pages before the sign-in ask for none.
pub(crate) fn allows(needed: Role) -> Signal<bool> {
    match use_context::<Access>() {
        Some(Access(role)) => Signal::derive(move || role.get().is_some_and(|role| role >= needed)),
        None => Signal::stored(true),
    }
}

/// What only those see who may do it.
#[component]
pub(crate) fn May(#[prop(default = Role::Editor)] role: Role, children: ChildrenFn) -> impl IntoView {
    let allowed = allows(role);
    (move || allowed.get().then(|| children())).into_any()
}

/// Says to those who cannot change anything why there are no buttons.
#[component]
pub(crate) fn ReadingNote() -> impl IntoView {
    let Some(Access(role)) = use_context::<Access>() else { return ().into_any() };
    (move || {
        (role.get() == Some(Role::Viewer)).then(|| {
            view! {
                <p class="alert alert-note mb-6">
                    "You are a viewer: you can read everything here but secrets, and change nothing. Ask an owner if you \
                     need more."
                </p>
            }
        })
    })
    .into_any()
}
