//! Administrators: list, change the role, remove.

use coffer_contract::{
    ApiError,
    administrator::{AdministratorSummary, AdministratorsPage, InvitationView, Role},
};
use coffer_core::{
    administrator::Administrator,
    audit::{Actor, EventCode},
    ids::AdministratorId,
};

use crate::{Owner, Signed, admin::normal_email, failure};

impl Signed {
    /// Everybody, and who is invited.
    pub async fn list_administrators(&self) -> Result<AdministratorsPage, ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let administrators = self.store().administrators().all().await.map_err(failed)?;
        let invitations = self.store().invitations().all(self.visit.now()).await.map_err(failed)?;
        let holders = self.store().second_factors().holders().await.map_err(failed)?;
        let linked = self.store().linked_accounts().holders().await.map_err(failed)?;
        let second_factor_required = self.visit.factor_rule().await?.0.required;
        let name_of = |id: &AdministratorId| {
            let found = administrators.iter().find(|known| known.id == *id);
            found.map(|known| known.email.clone()).unwrap_or_default()
        };
        let invitations = invitations
            .into_iter()
            .map(|invitation| InvitationView {
                id: invitation.id.to_string(),
                invited_by: name_of(&invitation.invited_by),
                email: invitation.email,
                role: invitation.role,
                expires_at: invitation.expires_at,
            })
            .collect();
        let summary = |known: Administrator| {
            let (second_factor, linked_account) = (holders.contains(&known.id), linked.contains(&known.id));
            self.summary(known, second_factor, linked_account)
        };
        let administrators = administrators.into_iter().map(summary).collect();
        Ok(AdministratorsPage { administrators, invitations, second_factor_required })
    }

    fn summary(
        &self,
        known: Administrator,
        second_factor: bool,
        linked_account: bool,
    ) -> AdministratorSummary {
        AdministratorSummary {
            you: matches!(&self.actor, Actor::Administrator(id, _) if *id == known.id),
            id: known.id.to_string(),
            email: known.email,
            role: known.role,
            created_at: known.created_at,
            last_sign_in_at: known.last_sign_in_at,
            second_factor,
            linked_account,
        }
    }
}

impl Owner {
    /// Gives an administrator another role. Who loses rights by it is signed out everywhere.
    pub async fn set_administrator_role(&self, id: &str, role: Role) -> Result<(), ApiError> {
        let known = self.find_administrator(id).await?;
        if known.role == role {
            return Ok(());
        }
        let text =
            format!("{} is {} now, and was {}.", known.email, role.with_article(), known.role.with_article());
        let event = self.event(EventCode::AdminRoleChanged, text);
        let changed = self.store().administrators().set_role(&known.id, role, event).await;
        changed.map_err(|e| self.visit.store_failed(e))
    }

    /// Removes an administrator, if `confirm` is their e-mail address. Their sessions and invitations end.
    pub async fn remove_administrator(&self, id: &str, confirm: &str) -> Result<(), ApiError> {
        let known = self.find_administrator(id).await?;
        if normal_email(confirm) != known.email {
            let text = format!("Type the administrator's e-mail address, {}, to remove them.", known.email);
            return Err(ApiError::field("confirm_name", text));
        }
        let text = format!("{}, {}, was removed.", known.email, known.role.with_article());
        let event = self.event(EventCode::AdminRemoved, text);
        let removed = self.store().administrators().remove(&known.id, event).await;
        removed.map_err(|e| self.visit.store_failed(e))
    }

    /// The administrator with this e-mail address, in the list's words.
    pub async fn administrator_by_email(&self, email: &str) -> Result<AdministratorSummary, ApiError> {
        let found = self.store().administrators().by_email(&normal_email(email)).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        let (known, _) = found.ok_or_else(|| failure::not_found("administrator"))?;
        let factors = self.store().second_factors().count(&known.id).await;
        let factors = factors.map_err(|e| self.visit.store_failed(e))?;
        let linked = self.store().linked_accounts().of(&known.id).await;
        let linked = linked.map_err(|e| self.visit.store_failed(e))?;
        Ok(self.summary(known, factors > 0, !linked.is_empty()))
    }

    pub(crate) async fn find_administrator(&self, id: &str) -> Result<Administrator, ApiError> {
        let found = self.store().administrators().get(&AdministratorId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("administrator"))
    }
}
