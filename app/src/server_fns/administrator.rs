//! Administrators: who there is, who is invited, and what they may do.

use coffer_contract::{
    administrator::{AdministratorsPage, InvitationState, IssuedInvitation, Role},
    second_factor::SignInStep,
};
use leptos::prelude::*;

use super::Failure;

/// Everybody, and who is invited.
#[server(prefix = "/console/api", endpoint = "list_administrators")]
pub async fn list_administrators() -> Result<AdministratorsPage, Failure> {
    super::visit::signed_in().await?.list_administrators().await.map_err(super::visit::refuse)
}

/// Invites somebody; the only answer that has the link.
#[server(prefix = "/console/api", endpoint = "invite_administrator")]
pub async fn invite_administrator(email: String, role: Role) -> Result<IssuedInvitation, Failure> {
    super::visit::owner().await?.invite_administrator(&email, role).await.map_err(super::visit::refuse)
}

/// Withdraws an invitation.
#[server(prefix = "/console/api", endpoint = "withdraw_invitation")]
pub async fn withdraw_invitation(id: String) -> Result<(), Failure> {
    super::visit::owner().await?.withdraw_invitation(&id).await.map_err(super::visit::refuse)
}

/// Gives an administrator another role.
#[server(prefix = "/console/api", endpoint = "set_administrator_role")]
pub async fn set_administrator_role(id: String, role: Role) -> Result<(), Failure> {
    super::visit::owner().await?.set_administrator_role(&id, role).await.map_err(super::visit::refuse)
}

/// Removes an administrator whose e-mail address was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "remove_administrator")]
pub async fn remove_administrator(id: String, confirm: String) -> Result<(), Failure> {
    super::visit::owner().await?.remove_administrator(&id, &confirm).await.map_err(super::visit::refuse)
}

/// What an invitation's link is for.
#[server(prefix = "/console/api", endpoint = "invitation_state", name = ReadInvitationState)]
pub async fn invitation_state(token: String) -> Result<InvitationState, Failure> {
    super::visit::visit()?.invitation_state(&token).await.map_err(super::visit::refuse)
}

/// Makes the invited person an administrator and signs them in.
#[server(prefix = "/console/api", endpoint = "accept_invitation")]
pub async fn accept_invitation(token: String, password: String) -> Result<SignInStep, Failure> {
    let password = coffer_crypto::Secret::new(password);
    let visit = super::visit::visit()?;
    let step = visit.accept_invitation(&token, password).await.map_err(super::visit::refuse)?;
    super::visit::go_on(&step, crate::address::HOME);
    Ok(step)
}

/// Says whether every administrator needs a second factor.
#[server(prefix = "/console/api", endpoint = "require_second_factor")]
pub async fn require_second_factor(required: bool) -> Result<(), Failure> {
    super::visit::owner().await?.require_second_factor(required).await.map_err(super::visit::refuse)
}

/// Removes the second factors of an administrator whose e-mail address was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "reset_factors")]
pub async fn reset_factors(id: String, confirm: String) -> Result<(), Failure> {
    super::visit::owner().await?.reset_factors(&id, &confirm).await.map_err(super::visit::refuse)
}
