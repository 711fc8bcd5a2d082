//! A sign-in that is not complete: the password, or a linked account, was right, and a second factor is asked for, or
//! must be added. Nobody is signed in meanwhile: this stands under a name of its own in the session, and no use case
//! but those here knows it.

use coffer_contract::{
    ApiError, Timestamp,
    second_factor::{FactorAnswer, FactorKind, HalfWayView, RecoveryCodes, SignInStep},
};
use coffer_core::{
    administrator::Administrator,
    audit::EventCode,
    ids::{AdministratorId, FactorId},
};
use coffer_crypto::Secret;
use serde::{Deserialize, Serialize};

use crate::{Visit, authenticators, recovery, throttle::Attempt, visit::actor};

/// So long after the password a second factor is accepted, in seconds: ten minutes.
pub const HALF_WAY_SECONDS: i64 = 10 * 60;

const HALF_WAY_KEY: &str = "half_way";

/// The first factor that everybody has, in words.
pub(crate) const PASSWORD: &str = "a password";

/// What is asked of somebody whose password was right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Asked {
    /// A factor that they have.
    Factor,
    /// To add this one, since they have none and everybody needs one.
    Enrolment(FactorId),
}

/// What the session remembers of it.
#[derive(Debug, Serialize, Deserialize)]
struct HalfWay {
    administrator: AdministratorId,
    /// When that was.
    at: Timestamp,
    /// Of the administrator's sessions: where theirs is a later one, this password is not it any more.
    generation: i64,
    asked: Asked,
    /// What was right, in words.
    #[serde(default = "by_password")]
    by: String,
}

fn by_password() -> String {
    PASSWORD.to_owned()
}

impl HalfWay {
    /// Whether it still goes on for this administrator, as they are at `now`.
    fn goes_on(&self, known: &Administrator, now: Timestamp) -> bool {
        self.generation == known.session_generation && now < self.at.plus_seconds(HALF_WAY_SECONDS)
    }

    /// On to the end with a factor, if that is what was asked for. Says by what they came.
    fn proving(self) -> Result<String, ApiError> {
        match self.asked {
            Asked::Factor => Ok(self.by),
            Asked::Enrolment(_) => Err(ApiError::Unauthenticated),
        }
    }

    /// On to the end by adding a factor, if that is what was asked for.
    fn enrolling(self) -> Result<(FactorId, String), ApiError> {
        match self.asked {
            Asked::Enrolment(id) => Ok((id, self.by)),
            Asked::Factor => Err(ApiError::Unauthenticated),
        }
    }
}

impl Visit {
    /// Goes on after the first factor, `by` in words: a second one is asked for where there is one, or must be added
    /// where everybody needs one.
    pub(crate) async fn enter(&self, administrator: Administrator, by: &str) -> Result<SignInStep, ApiError> {
        let has = self.admin.store.second_factors().count(&administrator.id).await;
        if has.map_err(|e| self.store_failed(e))? > 0 {
            self.go_half_way(&administrator, Asked::Factor, by).await?;
            return Ok(SignInStep::Factor);
        }
        if self.factor_rule().await?.0.required {
            let kind = FactorKind::Authenticator;
            let factor = self.factor(&administrator, kind, kind.label());
            let id = self.begin_authenticator(&administrator, factor).await?.id;
            self.go_half_way(&administrator, Asked::Enrolment(FactorId::from_text(id)), by).await?;
            return Ok(SignInStep::Enrolment);
        }
        self.begin_session(administrator, by).await.map(SignInStep::Done)
    }

    /// The session forgets what it was, and gets a new id.
    async fn go_half_way(
        &self,
        administrator: &Administrator,
        asked: Asked,
        by: &str,
    ) -> Result<(), ApiError> {
        let half_way = HalfWay {
            administrator: administrator.id.clone(),
            at: self.now(),
            generation: administrator.session_generation,
            asked,
            by: by.to_owned(),
        };
        self.session.clear().await;
        self.session.cycle_id().await.map_err(|e| self.failed(e))?;
        self.session.insert(HALF_WAY_KEY, half_way).await.map_err(|e| self.failed(e))
    }

    /// Where the sign-in stands, if it goes on.
    async fn half_way(&self) -> Result<(HalfWay, Administrator), ApiError> {
        let found: Option<HalfWay> = self.session.get(HALF_WAY_KEY).await.map_err(|e| self.failed(e))?;
        let half_way = found.ok_or(ApiError::Unauthenticated)?;
        let known = self.admin.store.administrators().get(&half_way.administrator).await;
        match known.map_err(|e| self.store_failed(e))?.filter(|known| half_way.goes_on(known, self.now())) {
            Some(known) => Ok((half_way, known)),
            None => {
                self.session.flush().await.map_err(|e| self.failed(e))?;
                Err(ApiError::Unauthenticated)
            }
        }
    }

    /// Who is half way and asked for a factor that they have, if somebody is, and by what they came.
    pub(crate) async fn asked_for_factor(&self) -> Result<Option<(Administrator, String)>, ApiError> {
        match self.half_way().await {
            Ok((half_way, known)) => half_way.proving().map(|by| Some((known, by))),
            Err(ApiError::Unauthenticated) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Who is half way and has to add a first factor, and by what they came.
    pub(crate) async fn enrolling(&self) -> Result<(Administrator, String), ApiError> {
        let (half_way, known) = self.half_way().await?;
        Ok((known, half_way.enrolling()?.1))
    }

    /// What is asked.
    pub async fn half_way_view(&self) -> Result<HalfWayView, ApiError> {
        let (half_way, known) = self.half_way().await?;
        Ok(match half_way.asked {
            Asked::Factor => {
                let factors = self.admin.store.second_factors().of(&known.id).await;
                let mut kinds: Vec<FactorKind> = Vec::new();
                for factor in factors.map_err(|e| self.store_failed(e))? {
                    if !kinds.contains(&factor.kind) {
                        kinds.push(factor.kind);
                    }
                }
                HalfWayView::Factor { email: known.email, kinds }
            }
            Asked::Enrolment(id) => {
                let authenticator = self.unconfirmed_authenticator(&known, &id).await?;
                let passkeys = self.relying_party().is_some();
                HalfWayView::Enrolment { email: known.email, authenticator, passkeys }
            }
        })
    }

    /// Ends the sign-in with the code of an authenticator app, or with a recovery code. Too many that are wrong are
    /// refused for a while.
    pub async fn answer_factor(&self, code: Secret) -> Result<FactorAnswer, ApiError> {
        let (half_way, known) = self.half_way().await?;
        let by = half_way.proving()?;
        let digits = authenticators::digits(&code);
        let recovery = recovery::typed(&known.id, &code);
        if digits.is_none() && recovery.is_none() {
            let text = "Enter the six digits that your app shows now, or a recovery code.";
            return Err(ApiError::field("code", text));
        }
        let attempt =
            Attempt::with_factor(&self.admin.store, &known.id, self.ip.as_deref(), self.now()).await;
        let attempt = self.admitted(attempt)?;
        let by_app = match &digits {
            Some(digits) => self.prove_with_app(&known, digits).await?,
            None => false,
        };
        let by_recovery = match recovery {
            Some(hash) if !by_app => {
                let text = format!("{} used a recovery code.", known.email);
                let event = self.event(EventCode::AdminRecoveryCodeUsed, actor(&known), text);
                let used = self.admin.store.second_factors().use_recovery_code(&known.id, &hash, event).await;
                used.map_err(|e| self.store_failed(e))?
            }
            _ => false,
        };
        if !by_app && !by_recovery {
            let text = format!("{} came with {by}, and the second factor was wrong.", known.email);
            let event = self.event(EventCode::AdminFactorFailed, actor(&known), text);
            self.admin.store.audit().record(event).await.map_err(|e| self.store_failed(e))?;
            let text = "This code is wrong, or was used already. Wait for the next one, and check your phone's clock.";
            return Err(ApiError::field("code", text));
        }
        attempt.succeeded().await.map_err(|e| self.store_failed(e))?;
        let factor = if by_app { "an authenticator app" } else { "a recovery code" };
        let me = self.begin_session(known, &format!("{by} and {factor}")).await?;
        Ok(FactorAnswer { me, recovery_code_used: by_recovery })
    }

    /// Ends the sign-in by adding the authenticator app that was shown. Refused to who has a factor by now: a
    /// password alone must not bring in another.
    pub async fn complete_enrolment(&self, code: Secret) -> Result<RecoveryCodes, ApiError> {
        let (half_way, known) = self.half_way().await?;
        let (id, by) = half_way.enrolling()?;
        let codes = self.confirm_app(&known, &id, &code, true).await?;
        // Nothing but the first factor comes here, so there are codes.
        let codes = codes.ok_or(ApiError::Unauthenticated)?;
        self.begin_session(known, &format!("{by}, and added an authenticator app")).await?;
        Ok(codes)
    }
}
