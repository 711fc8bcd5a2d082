//! One's own second factors.

use coffer_contract::{
    ApiError,
    second_factor::{
        FACTORS_MAX, FactorKind, FactorView, NewAuthenticator, RecoveryCodes, SecondFactorRule,
        SecondFactors, validate_factor_name,
    },
};
use coffer_core::{administrator::Administrator, audit::EventCode, factor::Factor, ids::FactorId};
use coffer_crypto::Secret;
use coffer_store::StoreError;

use crate::{Call, Visit, failure, recovery, visit::actor};

/// The setting's name.
pub(crate) const RULE: &str = "second_factor";

impl Call {
    /// Whether everybody needs a second factor, and how often that was changed.
    pub(crate) async fn factor_rule(&self) -> Result<(SecondFactorRule, i64), ApiError> {
        self.admin.store.settings().get(RULE).await.map_err(|e| self.store_failed(e))
    }
}

impl Visit {
    /// One's own second factors.
    pub async fn second_factors(&self) -> Result<SecondFactors, ApiError> {
        let me = self.myself().await?;
        let store = self.admin.store.second_factors();
        let factors = store.of(&me.id).await.map_err(|e| self.store_failed(e))?;
        let left = store.recovery_codes(&me.id).await.map_err(|e| self.store_failed(e))?;
        Ok(SecondFactors {
            factors: factors.into_iter().map(shown).collect(),
            recovery_codes_left: left,
            required: self.factor_rule().await?.0.required,
            passkeys: self.relying_party().is_some(),
        })
    }

    /// Begins to add an authenticator app, for who knows the password. The answer has its secret.
    pub async fn add_authenticator(&self, current: Secret, name: &str) -> Result<NewAuthenticator, ApiError> {
        let me = self.myself().await?;
        let factor = self.new_factor(&me, FactorKind::Authenticator, name, current).await?;
        self.begin_authenticator(&me, factor).await
    }

    /// Makes the authenticator app a factor, if `code` is what it shows now. Recovery codes, if it is the first one.
    pub async fn confirm_authenticator(
        &self,
        id: &str,
        code: Secret,
    ) -> Result<Option<RecoveryCodes>, ApiError> {
        let me = self.myself().await?;
        self.confirm_app(&me, &FactorId::from_text(id), &code, false).await
    }

    /// Removes one of one's own factors. Not the last one while everybody needs one.
    pub async fn remove_factor(&self, id: &str, current: Secret) -> Result<(), ApiError> {
        let me = self.myself().await?;
        self.check_password(&me.email, current).await?;
        let store = self.admin.store.second_factors();
        let mine = store.of(&me.id).await.map_err(|e| self.store_failed(e))?;
        let found = mine.into_iter().find(|factor| factor.id.as_str() == id);
        let factor = found.ok_or_else(|| failure::not_found("second factor"))?;
        let text = format!("{} removed the second factor “{}”.", me.email, factor.name);
        let event = self.event(EventCode::AdminFactorRemoved, actor(&me), text);
        let required = self.factor_rule().await?.0.required;
        let removed = store.remove(&factor, required, event).await.map_err(|e| self.store_failed(e))?;
        if removed { Ok(()) } else { Err(failure::not_found("second factor")) }
    }

    /// Makes new recovery codes; the old ones are worth nothing any more.
    pub async fn make_recovery_codes(&self, current: Secret) -> Result<RecoveryCodes, ApiError> {
        let me = self.myself().await?;
        self.check_password(&me.email, current).await?;
        let (codes, hashes) = recovery::generate(self.admin.rng.as_ref(), &me.id);
        let text = format!("{} made new recovery codes.", me.email);
        let event = self.event(EventCode::AdminRecoveryCodesMade, actor(&me), text);
        let store = self.admin.store.second_factors();
        let replaced = store.replace_recovery_codes(&me.id, &hashes, self.now(), event).await;
        replaced.map_err(|e| self.store_failed(e))?;
        Ok(codes)
    }

    /// A factor that `owner`, who knows their password, may add and calls `name`.
    pub(crate) async fn new_factor(
        &self,
        owner: &Administrator,
        kind: FactorKind,
        name: &str,
        current: Secret,
    ) -> Result<Factor, ApiError> {
        let name = name.trim();
        if let Some(field) = validate_factor_name(name) {
            return Err(ApiError::Invalid { fields: vec![field] });
        }
        self.check_password(&owner.email, current).await?;
        let has = self.admin.store.second_factors().count(&owner.id).await;
        if has.map_err(|e| self.store_failed(e))? >= FACTORS_MAX as u64 {
            let message = format!("You have {FACTORS_MAX} second factors. Remove one first.");
            return Err(ApiError::Conflict { message });
        }
        Ok(self.factor(owner, kind, if name.is_empty() { kind.label() } else { name }))
    }

    /// A factor of `owner`, from now on.
    pub(crate) fn factor(&self, owner: &Administrator, kind: FactorKind, name: &str) -> Factor {
        Factor {
            id: FactorId::generate(self.admin.rng.as_ref()),
            administrator: owner.id.clone(),
            kind,
            name: name.to_owned(),
            created_at: self.now(),
            last_used_at: None,
        }
    }

    /// Who is signed in, as they are stored.
    pub(crate) async fn myself(&self) -> Result<Administrator, ApiError> {
        let email = self.signed_in().await?.me().email;
        let known = self.admin.store.administrators().by_email(&email).await;
        Ok(known.map_err(|e| self.store_failed(e))?.ok_or(ApiError::Unauthenticated)?.0)
    }
}

fn shown(factor: Factor) -> FactorView {
    FactorView {
        id: factor.id.to_string(),
        kind: factor.kind,
        name: factor.name,
        created_at: factor.created_at,
        last_used_at: factor.last_used_at,
    }
}

/// Why the store refused, where it is about second factors.
pub(crate) fn refusal(error: &StoreError) -> Option<ApiError> {
    let message = match error {
        StoreError::Conflict { what: "second factor" } => {
            "A second factor was added meanwhile, elsewhere. Sign in anew, with that one."
        }
        StoreError::Conflict { what: "passkey" } => "This passkey is known here already.",
        StoreError::Conflict { what: "last factor" } => {
            "Every administrator needs a second factor, and this is your last one. Add another first."
        }
        StoreError::Conflict { what: "no factor" } => {
            "Recovery codes take the place of a second factor, and you have none. Add one first."
        }
        _ => return None,
    };
    Some(ApiError::Conflict { message: message.to_owned() })
}
