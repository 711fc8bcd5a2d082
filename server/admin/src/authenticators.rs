//! Authenticator apps: made, confirmed by a code, and proven with one.

use coffer_contract::{
    ApiError,
    second_factor::{NewAuthenticator, RecoveryCodes},
};
use coffer_core::{
    administrator::Administrator,
    audit::EventCode,
    factor::Factor,
    ids::{AdministratorId, FactorId},
};
use coffer_crypto::{Context, Secret, TotpSecret};
use coffer_store::StoredAuthenticator;

use crate::{Visit, qr, recovery, visit::actor};

/// Length of a code.
const DIGITS: usize = 6;

impl Visit {
    /// Makes a secret, which is no factor until a code of it came.
    pub(crate) async fn begin_authenticator(
        &self,
        owner: &Administrator,
        factor: Factor,
    ) -> Result<NewAuthenticator, ApiError> {
        let rng = self.admin.rng.as_ref();
        let secret = TotpSecret::generate(rng);
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
    let mut digits = String::with_capacity(DIGITS);
    for letter in code.reveal().chars().filter(|letter| !letter.is_whitespace()) {
        if !letter.is_ascii_digit() {
            return None;
        }
        digits.push(letter);
    }
    (digits.len() == DIGITS).then(|| Secret::new(digits))
}

fn context(id: &FactorId) -> Context<'_> {
    Context { table: "authenticator_apps", row: id.as_str(), column: "secret" }
}
