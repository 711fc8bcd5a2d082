//! What owners decide about second factors: that everybody needs one, and that somebody begins anew.

use coffer_contract::{ApiError, second_factor::SecondFactorRule};
use coffer_core::audit::{Actor, EventCode};

use crate::{Owner, admin::normal_email, factors::RULE};

impl Owner {
    /// Says whether every administrator needs a second factor. Whoever has none is signed out by it, and adds one at
    /// the next sign-in; an owner who asks for it has one already.
    pub async fn require_second_factor(&self, required: bool) -> Result<(), ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let (rule, version) = self.visit.factor_rule().await?;
        if rule.required == required {
            return Ok(());
        }
        if let (true, Actor::Administrator(id, _)) = (required, &self.actor)
            && self.store().second_factors().count(id).await.map_err(failed)? == 0
        {
            let message = "Add a second factor of your own first, on Your account.".to_owned();
            return Err(ApiError::Conflict { message });
        }
        let text = match required {
            true => "Every administrator needs a second factor from now on.",
            false => "Administrators need no second factor any more.",
        };
        let event = self.event(EventCode::AdminFactorRequired, text.to_owned());
        let together = self.store().together().await.map_err(failed)?;
        let within = together.store();
        let rule = SecondFactorRule { required };
        within.settings().put(RULE, &rule, version, self.visit.now(), event).await.map_err(failed)?;
        if required {
            within.second_factors().end_sessions_without().await.map_err(failed)?;
        }
        together.commit().await.map_err(failed)
    }

    /// Removes the second factors, recovery codes and linked accounts of somebody else who lost them, if `confirm` is
    /// their e-mail address. They are signed out everywhere.
    pub async fn reset_factors(&self, id: &str, confirm: &str) -> Result<(), ApiError> {
        let known = self.find_administrator(id).await?;
        if matches!(&self.actor, Actor::Administrator(me, _) if *me == known.id) {
            // It asks for no password: who finds an open session must not get rid of what protects it.
            let message = "These are your own: remove them on Your account.".to_owned();
            return Err(ApiError::Conflict { message });
        }
        if normal_email(confirm) != known.email {
            let text = format!(
                "Type the administrator's e-mail address, {}, to reset their second factors.",
                known.email
            );
            return Err(ApiError::field("confirm_name", text));
        }
        let text = format!("The second factors and linked accounts of {} were reset.", known.email);
        let event = self.event(EventCode::AdminFactorsReset, text);
        let reset = self.store().second_factors().reset(&known.id, event).await;
        reset.map_err(|e| self.visit.store_failed(e))
    }
}
