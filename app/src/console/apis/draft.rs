//! What stands in an API's form while somebody edits it.

use coffer_contract::{
    api::{ApiForm, ApiScope, UserAccess},
    application::SigningAlgorithm,
};
use leptos::prelude::*;

use crate::ui::pairs::{PairList, Words};

/// What the editor of scopes says.
pub(super) const SCOPE_WORDS: Words = Words {
    left: "Scope",
    right: "What it lets an application do",
    add: "Add scope",
    none: "No scopes yet. Without any, applications get tokens that say only who calls.",
};

/// One signal for each control.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub name: RwSignal<String>,
    pub scopes: PairList,
    /// JOSE `alg`.
    pub signing_alg: RwSignal<String>,
    pub token_seconds: RwSignal<String>,
    pub offline_access: RwSignal<bool>,
    pub skip_consent: RwSignal<bool>,
    pub user_access: RwSignal<UserAccess>,
}

impl Draft {
    /// The API as it is.
    pub fn edit(form: &ApiForm) -> Self {
        let scopes = form.scopes.iter().map(|scope| (scope.value.clone(), scope.description.clone()));
        Self {
            name: RwSignal::new(form.name.clone()),
            scopes: PairList::new(scopes),
            signing_alg: RwSignal::new(form.signing_alg.code().to_owned()),
            token_seconds: RwSignal::new(form.token_seconds.to_string()),
            offline_access: RwSignal::new(form.offline_access),
            skip_consent: RwSignal::new(form.skip_consent),
            user_access: RwSignal::new(form.user_access),
        }
    }

    /// What is sent. What is no number is refused as one that is too small.
    pub fn form(self) -> ApiForm {
        ApiForm {
            name: self.name.get_untracked().trim().to_owned(),
            scopes: self
                .scopes
                .take()
                .into_iter()
                .map(|(value, description)| ApiScope { value, description })
                .collect(),
            signing_alg: SigningAlgorithm::from_code(&self.signing_alg.read_untracked()).unwrap_or_default(),
            token_seconds: self.token_seconds.read_untracked().trim().parse().unwrap_or_default(),
            offline_access: self.offline_access.get_untracked(),
            skip_consent: self.skip_consent.get_untracked(),
            user_access: self.user_access.get_untracked(),
        }
    }
}
