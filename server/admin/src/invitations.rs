//! Inviting administrators: a link that works once, for some days.

use coffer_contract::{
    ApiError,
    administrator::{
        AdministratorView, InvitationState, IssuedInvitation, Role, validate_email, validate_password,
    },
    second_factor::SignInStep,
};
use coffer_core::{
    administrator::Invitation,
    audit::{Actor, EventCode},
    ids::InvitationId,
    rng::token,
};
use coffer_crypto::{Secret, TokenHash};

use crate::{Owner, Visit, admin::normal_email, failure, half_way::PASSWORD, visit::actor};

/// How long an invitation works, in seconds: three days.
pub const INVITATION_SECONDS: i64 = 3 * 24 * 3600;

impl Owner {
    /// Invites somebody. The answer is the only one that has the link.
    pub async fn invite_administrator(&self, email: &str, role: Role) -> Result<IssuedInvitation, ApiError> {
        let email = normal_email(email);
        if let Some(field) = validate_email(&email) {
            return Err(ApiError::Invalid { fields: vec![field] });
        }
        let Actor::Administrator(invited_by, _) = self.actor.clone() else {
            let message = "Only a signed-in owner can invite. Here, create the administrator.".to_owned();
            return Err(ApiError::Forbidden { message });
        };
        let rng = self.admin().rng.as_ref();
        let (now, secret) = (self.visit.now(), token(rng));
        let invitation = Invitation {
            id: InvitationId::generate(rng),
            email,
            role,
            invited_by,
            created_at: now,
            expires_at: now.plus_seconds(INVITATION_SECONDS),
        };
        let text = format!("{} was invited to be {}.", invitation.email, role.with_article());
        let event = self.event(EventCode::AdminInvited, text);
        let made = self.store().invitations().create(&invitation, &TokenHash::of(&secret), event).await;
        made.map_err(|e| self.visit.store_failed(e))?;
        let link = format!("{}console/invitation?token={secret}", self.admin().issuer);
        Ok(IssuedInvitation { email: invitation.email, link })
    }

    /// Withdraws an invitation: its link stops working.
    pub async fn withdraw_invitation(&self, id: &str) -> Result<(), ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let all = self.store().invitations().all(self.visit.now()).await.map_err(failed)?;
        let found = all.into_iter().find(|invitation| invitation.id.as_str() == id);
        let invitation = found.ok_or_else(|| failure::not_found("invitation"))?;
        let text = format!("The invitation of {} was withdrawn.", invitation.email);
        let event = self.event(EventCode::AdminInvitationWithdrawn, text);
        let gone = self.store().invitations().delete(&invitation.id, event).await.map_err(failed)?;
        if gone { Ok(()) } else { Err(failure::not_found("invitation")) }
    }
}

impl Visit {
    /// What an invitation's link is for.
    pub async fn invitation_state(&self, token: &str) -> Result<InvitationState, ApiError> {
        let invited = self.invitation(token).await?;
        let invited = invited.map(|i| AdministratorView { email: i.email, role: i.role });
        Ok(InvitationState { invited })
    }

    /// Makes the invited person an administrator and signs them in. The link works once.
    pub async fn accept_invitation(&self, token: &str, password: Secret) -> Result<SignInStep, ApiError> {
        // The link first: without it nobody gets the server to hash anything.
        let invitation = self.invitation(token).await?.ok_or_else(invitation_invalid)?;
        if let Some(field) = validate_password("password", &invitation.email, password.reveal()) {
            return Err(ApiError::Invalid { fields: vec![field] });
        }
        let administrator = self.admin.new_administrator(invitation.email, invitation.role);
        let hash = self.admin.hash(password).await.map_err(|e| self.failed(e))?;
        let event = self.event(
            EventCode::AdminCreated,
            actor(&administrator),
            format!(
                "{}, who was invited, is {} now.",
                administrator.email,
                administrator.role.with_article()
            ),
        );
        let accepted = self
            .admin
            .store
            .invitations()
            .accept(&invitation.id, &administrator, &hash, self.now(), event)
            .await
            .map_err(|e| self.store_failed(e))?;
        if !accepted {
            return Err(invitation_invalid());
        }
        self.enter(administrator, PASSWORD).await
    }

    async fn invitation(&self, token: &str) -> Result<Option<Invitation>, ApiError> {
        let found = self.admin.store.invitations().by_token(&TokenHash::of(token), self.now()).await;
        found.map_err(|e| self.store_failed(e))
    }
}

fn invitation_invalid() -> ApiError {
    ApiError::Forbidden {
        message: "This invitation is not valid any more. Ask whoever sent it for a new one.".to_owned(),
    }
}
