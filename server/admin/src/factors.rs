//! One's own second factors.

use coffer_contract::{
    ApiError,
    second_factor::{
        FACTORS_MAX, FactorKind, FactorView, NewAuthenticator, RecoveryCodes, SecondFactorRule,
        SecondFactors, validate_factor_name,
    },
};
use coffer_core::{
    administrator::Administrator,
    audit::EventCode,
    factor::Factor,
    ids::{AdministratorId, FactorId},
};
use coffer_crypto::{Context, Secret, TotpSecret};
use coffer_store::{StoreError, StoredAuthenticator};

use crate::{Call, Visit, failure, qr, recovery, visit::actor};

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
        let name = name.trim();
        if let Some(field) = validate_factor_name(name) {
            return Err(ApiError::Invalid { fields: vec![field] });
        }
        self.check_password(&me.email, current).await?;
        self.room_for_factor(&me).await?;
        self.begin_authenticator(&me, name).await
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

    /// Whether one more factor may be added.
    pub(crate) async fn room_for_factor(&self, owner: &Administrator) -> Result<(), ApiError> {
        let has = self.admin.store.second_factors().count(&owner.id).await;
        if has.map_err(|e| self.store_failed(e))? < FACTORS_MAX as u64 {
            return Ok(());
        }
        let message = format!("You have {FACTORS_MAX} second factors. Remove one first.");
        Err(ApiError::Conflict { message })
    }

    /// Who is signed in, as they are stored.
    pub(crate) async fn myself(&self) -> Result<Administrator, ApiError> {
        let email = self.signed_in().await?.me().email;
        let known = self.admin.store.administrators().by_email(&email).await;
        Ok(known.map_err(|e| self.store_failed(e))?.ok_or(ApiError::Unauthenticated)?.0)
    }

    /// Makes a secret, which is no factor until a code of it came.
    pub(crate) async fn begin_authenticator(
        &self,
        owner: &Administrator,
        name: &str,
    ) -> Result<NewAuthenticator, ApiError> {
        let (rng, secret) = (self.admin.rng.as_ref(), TotpSecret::generate(self.admin.rng.as_ref()));
        let kind = FactorKind::Authenticator;
        let factor = Factor {
            id: FactorId::generate(rng),
            administrator: owner.id.clone(),
            kind,
            name: if name.is_empty() { kind.label() } else { name }.to_owned(),
            created_at: self.now(),
            last_used_at: None,
        };
        let shown = self.new_authenticator(owner, &factor.id, &secret)?;
        let sealed = self.admin.keyring.seal(rng, context(&factor.id), secret.as_bytes());
        let app = StoredAuthenticator { factor, secret: sealed };
        self.admin.store.second_factors().begin(&app).await.map_err(|e| self.store_failed(e))?;
        Ok(shown)
    }

    /// The authenticator app that waits to be confirmed, with its secret.
    pub(crate) async fn unconfirmed_authenticator(
        &self,
        owner: &Administrator,
        id: &FactorId,
    ) -> Result<NewAuthenticator, ApiError> {
        let app = self.unconfirmed(&owner.id, id).await?;
        let secret = self.open_secret(&app).await?;
        self.new_authenticator(owner, id, &secret)
    }

    /// Makes it a factor. Recovery codes, if it is the first one.
    pub(crate) async fn confirm_app(
        &self,
        owner: &Administrator,
        id: &FactorId,
        code: &Secret,
        must_be_first: bool,
    ) -> Result<Option<RecoveryCodes>, ApiError> {
        let app = self.unconfirmed(&owner.id, id).await?;
        let secret = self.open_secret(&app).await?;
        let digits = digits(code);
        let step = digits.and_then(|digits| secret.step_of(digits.reveal(), self.now().seconds()));
        let Some(step) = step else {
            let text = "This is not the code that the app shows now. Check your phone's clock, too.";
            return Err(ApiError::field("code", text));
        };
        let (codes, hashes) = recovery::generate(self.admin.rng.as_ref(), &owner.id);
        let text = format!("{} added the authenticator app “{}”.", owner.email, app.factor.name);
        let event = self.event(EventCode::AdminFactorAdded, actor(owner), text);
        let store = self.admin.store.second_factors();
        let confirmed = store.confirm(&app.factor, step, &hashes, must_be_first, self.now(), event).await;
        let first = confirmed.map_err(|e| self.store_failed(e))?;
        Ok(first.then_some(codes))
    }

    /// Whether these digits are a code of one of the apps that was not used yet. It is used now.
    pub(crate) async fn prove_with_app(
        &self,
        owner: &Administrator,
        digits: &Secret,
    ) -> Result<bool, ApiError> {
        let store = self.admin.store.second_factors();
        for app in store.authenticators(&owner.id).await.map_err(|e| self.store_failed(e))? {
            let secret = self.open_secret(&app).await?;
            if let Some(step) = secret.step_of(digits.reveal(), self.now().seconds())
                && store.use_step(&app.factor.id, step, self.now()).await.map_err(|e| self.store_failed(e))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn unconfirmed(
        &self,
        owner: &AdministratorId,
        id: &FactorId,
    ) -> Result<StoredAuthenticator, ApiError> {
        let found = self.admin.store.second_factors().unconfirmed(owner, id, self.now()).await;
        found.map_err(|e| self.store_failed(e))?.ok_or_else(|| ApiError::Conflict {
            message: "Too much time has passed, or you began anew elsewhere. Begin once more.".to_owned(),
        })
    }

    async fn open_secret(&self, app: &StoredAuthenticator) -> Result<TotpSecret, ApiError> {
        let opened = self.admin.keyring.open(context(&app.factor.id), &app.secret).await;
        opened.map(TotpSecret::from_bytes).map_err(|e| self.failed(e))
    }

    fn new_authenticator(
        &self,
        owner: &Administrator,
        id: &FactorId,
        secret: &TotpSecret,
    ) -> Result<NewAuthenticator, ApiError> {
        let host = self.admin.issuer.host_str().unwrap_or_default();
        // An app's label has a colon between the two names, so neither may have one.
        let (issuer, account) = (format!("Coffer {}", host.replace(':', ".")), owner.email.replace(':', "."));
        let refused = || self.failed("the names do not fit an authenticator app's address");
        let address = secret.address(&issuer, &account).ok_or_else(refused)?;
        let qr = qr::draw(address.reveal()).map_err(|e| self.failed(e))?;
        Ok(NewAuthenticator { id: id.to_string(), secret: secret.base32().reveal().to_owned(), qr })
    }
}

/// The digits of a code as apps show it, with a space in its middle or not; `None` when it cannot be one.
pub(crate) fn digits(code: &Secret) -> Option<Secret> {
    let digits = Secret::new(code.reveal().split_whitespace().collect::<String>());
    let six = digits.reveal().len() == 6 && digits.reveal().bytes().all(|byte| byte.is_ascii_digit());
    six.then_some(digits)
}

fn context(id: &FactorId) -> Context<'_> {
    Context { table: "authenticator_apps", row: id.as_str(), column: "secret" }
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
