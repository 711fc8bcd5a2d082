//! Passkeys: adding one's own, and signing in with one, after a password or in its place. The authenticator
//! checks who holds it (a fingerprint, a PIN), so a passkey is two factors in itself.

use coffer_contract::{
    ApiError, Timestamp,
    administrator::AdministratorView,
    second_factor::{FactorKind, RecoveryCodes},
};
use coffer_core::{
    administrator::Administrator,
    audit::{Actor, EventCode},
};
use coffer_crypto::Secret;
use coffer_store::StoredPasskey;
use serde::{Deserialize, Serialize};

use crate::{
    Visit, recovery,
    throttle::Attempt,
    visit::actor,
    webauthn::{Asked, Assertion, KnownCredential, Refused, RelyingParty},
};

/// Somebody has this long to answer, in seconds: five minutes, as the browser is told, too.
const CEREMONY_SECONDS: i64 = 5 * 60;

const CEREMONY_KEY: &str = "passkey";

#[derive(Serialize, Deserialize)]
struct Pending {
    at: Timestamp,
    asked: Asked,
}

impl Visit {
    pub(crate) fn relying_party(&self) -> Option<RelyingParty> {
        RelyingParty::at(&self.admin.issuer)
    }

    fn needs_name(&self) -> Result<RelyingParty, ApiError> {
        self.relying_party().ok_or_else(|| ApiError::Conflict {
            message: "Passkeys need a server whose address is a name, not a number.".to_owned(),
        })
    }

    /// Begins to add a passkey, for who knows the password. The answer is for the browser's authenticator.
    pub async fn add_passkey(&self, current: Secret, name: &str) -> Result<String, ApiError> {
        let me = self.myself().await?;
        let party = self.needs_name()?;
        let name = self.new_factor(&me, FactorKind::Passkey, name, current).await?.name;
        let mine = self.admin.store.second_factors().passkeys(&me.id).await;
        let mine = mine.map_err(|e| self.store_failed(e))?;
        let handle = mine.first().map(|passkey| passkey.user_handle.as_slice());
        let known: Vec<_> =
            mine.iter().map(|known| (known.credential_id.clone(), known.transports)).collect();
        let begun = party.ask_to_register(&me.email, handle, &known).map_err(|e| self.failed(e))?;
        self.remember(Asked::Register { administrator: me.id, name, state: begun.state }).await?;
        Ok(begun.options)
    }

    /// Adds the passkey that the authenticator made. Recovery codes, if it is the first factor.
    pub async fn confirm_passkey(&self, answer: &str) -> Result<Option<RecoveryCodes>, ApiError> {
        let me = self.myself().await?;
        self.register_passkey(&me, answer, false).await
    }

    /// Begins to add a passkey at a sign-in that has to bring a first factor. The answer is for the browser's
    /// authenticator.
    pub async fn enrol_passkey(&self) -> Result<String, ApiError> {
        let (known, _) = self.enrolling().await?;
        let begun =
            self.needs_name()?.ask_to_register(&known.email, None, &[]).map_err(|e| self.failed(e))?;
        let name = FactorKind::Passkey.label().to_owned();
        self.remember(Asked::Register { administrator: known.id, name, state: begun.state }).await?;
        Ok(begun.options)
    }

    /// Ends the sign-in by adding it. Refused to who has a factor by now: a password alone must not bring in another.
    pub async fn complete_passkey_enrolment(&self, answer: &str) -> Result<RecoveryCodes, ApiError> {
        let (known, by) = self.enrolling().await?;
        let codes = self.register_passkey(&known, answer, true).await?;
        // Nothing but the first factor comes here, so there are codes.
        let codes = codes.ok_or(ApiError::Unauthenticated)?;
        self.begin_session(known, &format!("{by}, and added a passkey")).await?;
        Ok(codes)
    }

    async fn register_passkey(
        &self,
        me: &Administrator,
        answer: &str,
        must_be_first: bool,
    ) -> Result<Option<RecoveryCodes>, ApiError> {
        let party = self.needs_name()?;
        let Some(Asked::Register { administrator, name, state }) = self.recall().await? else {
            return Err(too_late());
        };
        if administrator != me.id {
            return Err(too_late());
        }
        let new = party.register(&state, answer).map_err(|e| self.not_accepted(&e))?;
        let passkey = StoredPasskey {
            factor: self.factor(me, FactorKind::Passkey, &name),
            user_handle: new.user_handle,
            credential_id: new.credential_id,
            transports: new.transports,
            public_state: new.public_state,
            changing_state: new.changing_state,
        };
        let (codes, hashes) = recovery::generate(self.admin.rng.as_ref(), &me.id);
        let text = format!("{} added the passkey “{}”.", me.email, passkey.factor.name);
        let event = self.event(EventCode::AdminFactorAdded, actor(me), text);
        let factors = self.admin.store.second_factors();
        let first = factors.add_passkey(&passkey, &hashes, must_be_first, event).await;
        Ok(first.map_err(|e| self.store_failed(e))?.then_some(codes))
    }

    /// Begins to sign in with a passkey, whether a password came before or not.
    pub async fn begin_passkey(&self) -> Result<String, ApiError> {
        let begun = self.needs_name()?.ask_to_prove().map_err(|e| self.failed(e))?;
        self.remember(Asked::Prove { state: begun.state }).await?;
        Ok(begun.options)
    }

    /// Signs in whoever's passkey signed the challenge of this browser. After a password it must be the same
    /// person's.
    pub async fn answer_passkey(&self, answer: &str) -> Result<AdministratorView, ApiError> {
        let party = self.needs_name()?;
        let Some(Asked::Prove { state }) = self.recall().await? else { return Err(too_late()) };
        let half_way = self.asked_for_factor().await?;
        let assertion = Assertion::read(answer).map_err(|e| self.not_accepted(&e))?;
        let attempt = Attempt::with_passkey(&self.admin.store, self.ip.as_deref(), self.now()).await;
        let attempt = self.admitted(attempt)?;
        let store = self.admin.store.second_factors();
        let found = store.passkey(assertion.credential_id()).await.map_err(|e| self.store_failed(e))?;
        let Some(passkey) = found else {
            let who = half_way.map_or_else(|| Actor::Anonymous("passkey".to_owned()), |(who, _)| actor(&who));
            return Err(self.passkey_failed(who, "It is not known here.").await);
        };
        let owner = self.admin.store.administrators().get(&passkey.factor.administrator).await;
        let owner = owner.map_err(|e| self.store_failed(e))?.ok_or(ApiError::Unauthenticated)?;
        if half_way.as_ref().is_some_and(|(known, _)| known.id != owner.id) {
            return Err(self.passkey_failed(actor(&owner), "Somebody else was half way signed in.").await);
        }
        let known = KnownCredential {
            user_handle: &passkey.user_handle,
            credential_id: &passkey.credential_id,
            public_state: &passkey.public_state,
            changing_state: &passkey.changing_state,
        };
        let said = match party.prove(&state, &assertion, &known) {
            Ok(said) => said,
            Err(refused) => {
                tracing::info!(request_id = %self.request_id, %refused, "a passkey was not accepted");
                return Err(self.passkey_failed(actor(&owner), "Its signature or counter was wrong.").await);
            }
        };
        if !store.use_passkey(&passkey, &said, self.now()).await.map_err(|e| self.store_failed(e))? {
            return Err(self.passkey_failed(actor(&owner), "It was used elsewhere at the same time.").await);
        }
        attempt.succeeded().await.map_err(|e| self.store_failed(e))?;
        let with = half_way.map_or_else(|| "a passkey".to_owned(), |(_, by)| format!("{by} and a passkey"));
        self.begin_session(owner, &with).await
    }

    async fn remember(&self, asked: Asked) -> Result<(), ApiError> {
        let pending = Pending { at: self.now(), asked };
        self.session.insert(CEREMONY_KEY, pending).await.map_err(|e| self.failed(e))
    }

    /// What was asked, once: the next answer finds nothing, whatever comes of this one.
    async fn recall(&self) -> Result<Option<Asked>, ApiError> {
        let found: Option<Pending> = self.session.remove(CEREMONY_KEY).await.map_err(|e| self.failed(e))?;
        self.session.save().await.map_err(|e| self.failed(e))?;
        let in_time = |pending: &Pending| self.now() < pending.at.plus_seconds(CEREMONY_SECONDS);
        Ok(found.filter(in_time).map(|pending| pending.asked))
    }

    async fn passkey_failed(&self, who: Actor, why: &str) -> ApiError {
        let event = self.event(EventCode::AdminFactorFailed, who, format!("A passkey was refused. {why}"));
        match self.admin.store.audit().record(event).await {
            Ok(()) => not_accepted(),
            Err(error) => self.store_failed(error),
        }
    }

    fn not_accepted(&self, refused: &Refused) -> ApiError {
        tracing::info!(request_id = %self.request_id, %refused, "a passkey was not accepted");
        not_accepted()
    }
}

fn not_accepted() -> ApiError {
    ApiError::Forbidden {
        message: "This passkey was not accepted. Try another, or sign in without.".to_owned(),
    }
}

fn too_late() -> ApiError {
    ApiError::Conflict {
        message: "Too much time has passed, or this was answered already. Begin anew.".to_owned(),
    }
}
