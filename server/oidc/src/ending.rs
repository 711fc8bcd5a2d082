//! How a request ends: with a code for the client, an answer for the device, or an error for either.

use coffer_core::{
    authorization::{
        AnswerTo, AuthorizationRequest, CODE_SECONDS, CodeGrant, Interaction, Redirect, SignIn, Stage,
    },
    client::Client,
    ids::FamilyId,
    rng,
};
use coffer_crypto::TokenHash;

use crate::{
    Browser, Oidc,
    authorize::{AuthorizationResponse, Next},
    error::PageError,
};

impl Oidc {
    /// The interaction behind a handle, if it is this browser's, and its client.
    pub(crate) async fn interaction(
        &self,
        handle: &str,
        browser: &Browser,
    ) -> Result<(Interaction, Client), PageError> {
        let found = self.store.interactions().get(&TokenHash::of(handle), self.clock.now()).await?;
        let interaction = found
            .filter(|i| TokenHash::from_bytes(i.browser_hash) == browser.hash && i.stage != Stage::Done)
            .ok_or(PageError::Gone)?;
        let client =
            self.store.clients().get(&interaction.request.client_id).await?.ok_or(PageError::Gone)?;
        Ok((interaction, client))
    }

    /// Closes an interaction. False when it was closed, or moved on, meanwhile.
    pub(crate) async fn close(
        &self,
        handle: &str,
        interaction: &Interaction,
        done: &Stage,
    ) -> Result<bool, PageError> {
        Ok(self.store.interactions().advance(&TokenHash::of(handle), &interaction.stage, done).await?)
    }

    /// Closes an interaction and answers it; a second attempt finds it closed.
    pub(crate) async fn finish(
        &self,
        handle: &str,
        interaction: &Interaction,
        client: &Client,
        (done, sign_in): (Stage, SignIn),
        browser: &Browser,
    ) -> Result<Next, PageError> {
        if !self.close(handle, interaction, &done).await? {
            return Err(PageError::Gone);
        }
        match &interaction.request.answer {
            AnswerTo::Client(to) => {
                self.issue_code(&interaction.request, to, sign_in).await.map(Next::Client)
            }
            AnswerTo::Device { id } => self.allow_device(id, client, sign_in, browser).await,
        }
    }

    /// A code for the client.
    pub(crate) async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        to: &Redirect,
        sign_in: SignIn,
    ) -> Result<AuthorizationResponse, PageError> {
        // Signed out everywhere meanwhile, in another browser.
        if self.present_user(&sign_in).await?.is_none() {
            return Err(PageError::Gone);
        }
        let code = rng::token(self.rng.as_ref());
        let grant = CodeGrant {
            client_id: request.client_id.clone(),
            redirect_uri: to.redirect_uri.clone(),
            scopes: request.scopes.clone(),
            nonce: to.nonce.clone(),
            code_challenge: to.code_challenge.clone(),
            audience: request.audience.clone(),
            jkt: request.jkt.clone(),
            sign_in,
            family_id: FamilyId::generate(self.rng.as_ref()),
            expires_at: self.clock.now().plus_seconds(CODE_SECONDS),
        };
        self.store.codes().create(&TokenHash::of(&code), &grant).await?;
        Ok(AuthorizationResponse::success(self.issuer(), to, code))
    }

    /// The request is refused: the client, or the device, is told.
    pub(crate) async fn refused(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        code: &'static str,
        description: &str,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        match &request.answer {
            AnswerTo::Client(to) => {
                Ok(Next::Client(AuthorizationResponse::error(self.issuer(), to, code, description)))
            }
            AnswerTo::Device { id } => self.refuse_device(id, client, browser).await,
        }
    }
}
