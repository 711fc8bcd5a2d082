//! Second factors: at the sign-in, and one's own.

use coffer_contract::administrator::AdministratorView;
use coffer_contract::second_factor::{
    FactorAnswer, HalfWayView, NewAuthenticator, RecoveryCodes, SecondFactors,
};
use leptos::prelude::*;

use super::Failure;

/// What a sign-in still asks for.
#[server(prefix = "/console/api", endpoint = "half_way", name = ReadHalfWay)]
pub async fn half_way() -> Result<HalfWayView, Failure> {
    super::visit::visit()?.half_way_view().await.map_err(super::visit::refuse)
}

/// Ends a sign-in with a code, and sends the administrator to `return_to`, if that is a page of the console.
#[server(prefix = "/console/api", endpoint = "answer_factor")]
pub async fn answer_factor(code: String, return_to: String) -> Result<FactorAnswer, Failure> {
    let code = coffer_crypto::Secret::new(code);
    let answer = super::visit::visit()?.answer_factor(code).await.map_err(super::visit::refuse)?;
    // Who used up a recovery code is told how many are left.
    let target = crate::address::inside(&return_to);
    super::visit::go_to(if answer.recovery_code_used { crate::address::RECOVERED } else { target });
    Ok(answer)
}

/// Ends a sign-in by adding the authenticator app that it showed; the only answer that has the recovery codes.
#[server(prefix = "/console/api", endpoint = "complete_enrolment")]
pub async fn complete_enrolment(code: String) -> Result<RecoveryCodes, Failure> {
    let code = coffer_crypto::Secret::new(code);
    let codes = super::visit::visit()?.complete_enrolment(code).await.map_err(super::visit::refuse)?;
    super::visit::go_without_scripts(crate::address::ACCOUNT);
    Ok(codes)
}

/// Begins to add a passkey in the place of that app; the answer is for the browser's authenticator.
#[server(prefix = "/console/api", endpoint = "enrol_passkey")]
pub async fn enrol_passkey() -> Result<String, Failure> {
    super::visit::visit()?.enrol_passkey().await.map_err(super::visit::refuse)
}

/// Ends a sign-in by adding it; the only answer that has the recovery codes.
#[server(prefix = "/console/api", endpoint = "complete_passkey_enrolment")]
pub async fn complete_passkey_enrolment(answer: String) -> Result<RecoveryCodes, Failure> {
    super::visit::visit()?.complete_passkey_enrolment(&answer).await.map_err(super::visit::refuse)
}

/// One's own second factors.
#[server(prefix = "/console/api", endpoint = "second_factors", name = ReadSecondFactors)]
pub async fn second_factors() -> Result<SecondFactors, Failure> {
    super::visit::visit()?.second_factors().await.map_err(super::visit::refuse)
}

/// Begins to add an authenticator app; the answer has its secret.
#[server(prefix = "/console/api", endpoint = "add_authenticator")]
pub async fn add_authenticator(current_password: String, name: String) -> Result<NewAuthenticator, Failure> {
    let current = coffer_crypto::Secret::new(current_password);
    super::visit::visit()?.add_authenticator(current, &name).await.map_err(super::visit::refuse)
}

/// Makes it a factor; the only answer that has the recovery codes, if there were none.
#[server(prefix = "/console/api", endpoint = "confirm_authenticator")]
pub async fn confirm_authenticator(id: String, code: String) -> Result<Option<RecoveryCodes>, Failure> {
    let code = coffer_crypto::Secret::new(code);
    super::visit::visit()?.confirm_authenticator(&id, code).await.map_err(super::visit::refuse)
}

/// Removes one of one's own factors.
#[server(prefix = "/console/api", endpoint = "remove_factor")]
pub async fn remove_factor(id: String, current_password: String) -> Result<(), Failure> {
    let current = coffer_crypto::Secret::new(current_password);
    super::visit::visit()?.remove_factor(&id, current).await.map_err(super::visit::refuse)
}

/// Makes new recovery codes; the only answer that has them.
#[server(prefix = "/console/api", endpoint = "make_recovery_codes")]
pub async fn make_recovery_codes(current_password: String) -> Result<RecoveryCodes, Failure> {
    let current = coffer_crypto::Secret::new(current_password);
    super::visit::visit()?.make_recovery_codes(current).await.map_err(super::visit::refuse)
}

/// Begins to add a passkey; the answer is for the browser's authenticator.
#[server(prefix = "/console/api", endpoint = "add_passkey")]
pub async fn add_passkey(current_password: String, name: String) -> Result<String, Failure> {
    let current = coffer_crypto::Secret::new(current_password);
    super::visit::visit()?.add_passkey(current, &name).await.map_err(super::visit::refuse)
}

/// Adds it; the only answer that has the recovery codes, if there were none.
#[server(prefix = "/console/api", endpoint = "confirm_passkey")]
pub async fn confirm_passkey(answer: String) -> Result<Option<RecoveryCodes>, Failure> {
    super::visit::visit()?.confirm_passkey(&answer).await.map_err(super::visit::refuse)
}

/// Begins to sign in with a passkey; the answer is for the browser's authenticator.
#[server(prefix = "/console/api", endpoint = "begin_passkey")]
pub async fn begin_passkey() -> Result<String, Failure> {
    super::visit::visit()?.begin_passkey().await.map_err(super::visit::refuse)
}

/// Signs in with it, and sends the administrator to `return_to`, if that is a page of the console.
#[server(prefix = "/console/api", endpoint = "answer_passkey")]
pub async fn answer_passkey(answer: String, return_to: String) -> Result<AdministratorView, Failure> {
    let me = super::visit::visit()?.answer_passkey(&answer).await.map_err(super::visit::refuse)?;
    super::visit::go_to(crate::address::inside(&return_to));
    Ok(me)
}
