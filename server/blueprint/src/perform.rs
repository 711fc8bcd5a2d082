//! Makes a plan's changes, through the dashboard's use cases.

use std::collections::BTreeMap;

use coffer_admin::{Editor, NewWholeApplication};
use coffer_contract::{ApiError, client_grant::NewClientGrant};
use coffer_core::ids::ClientId;
use coffer_crypto::Secret;
use coffer_store::Store;

use crate::{
    desk::Issued,
    model::{Application, Grant},
    plan::{Doing, Kind, Links, NewSecret, Plan},
    present::PUBLIC_URL,
    problem::BlueprintError,
    settle::{Notes, Wanted},
};

/// One run, within a transaction.
pub struct Run<'a, 'l> {
    /// The use cases.
    pub signed: &'a Editor,
    /// The store in that transaction.
    pub store: &'a Store,
    /// The server's address.
    pub issuer: &'a str,
    /// Whether this is only to see what would be refused: deleting never is.
    pub rehearsal: bool,
    /// What is refused.
    pub notes: &'a mut Notes<'l>,
}

impl Run<'_, '_> {
    /// Makes them in their order. Stops before what builds on something that was refused.
    pub async fn all(&mut self, plan: &Plan) -> Result<Vec<Issued>, BlueprintError> {
        let mut issued = Vec::new();
        // Client ids of the applications, by their place in the file.
        let mut ids = BTreeMap::new();
        for step in &plan.steps {
            match &step.doing {
                Doing::CreateApi(wanted) => {
                    let done = self.signed.create_api(wanted.model.new_api()).await;
                    self.note((Kind::Api, wanted.index), &step.title, done)?;
                }
                Doing::UpdateApi(wanted, there) => {
                    let form = wanted.model.new_api().form;
                    let done = self.signed.update_api(&there.id, form, there.version).await;
                    self.note((Kind::Api, wanted.index), &step.title, done)?;
                }
                Doing::CreateConnection(wanted) => {
                    let form = wanted.model.form(wanted.secret.as_ref());
                    let done = self.signed.create_connection(&wanted.model.strategy, form).await;
                    let done = done.map_err(|error| secret_by_reference(error, wanted.secret.is_none()));
                    let at = (Kind::Connection, wanted.index);
                    if let Some(made) = self.note(at, &step.title, done)? {
                        let done =
                            self.signed.set_connection_metadata(&made.id, &wanted.model.metadata).await;
                        self.note(at, &step.title, done)?;
                    }
                }
                Doing::UpdateConnection(wanted, there) => {
                    let at = (Kind::Connection, wanted.index);
                    // Metadata stands apart and has no version.
                    if step.changes.iter().any(|change| !change.field.starts_with("metadata.")) {
                        let form = wanted.model.form(wanted.secret.as_ref());
                        let done = self.signed.update_connection(&there.id, form, there.version).await;
                        let done = done.map_err(|error| secret_by_reference(error, wanted.secret.is_none()));
                        self.note(at, &step.title, done)?;
                    }
                    let done = self.signed.set_connection_metadata(&there.id, &wanted.model.metadata).await;
                    self.note(at, &step.title, done)?;
                }
                Doing::CreateApplication(wanted, _) => {
                    if let Some(one) = self.create(wanted, &step.title).await? {
                        ids.insert(wanted.index, one.client_id.clone());
                        issued.push(one);
                    }
                }
                Doing::UpdateApplication(wanted, there, update, _) => {
                    let at = (Kind::Application, wanted.index);
                    ids.insert(wanted.index, there.id.clone());
                    if update.settings {
                        let whole = wanted.model.whole();
                        let done =
                            self.signed.update_whole_application(&there.id, whole, there.version).await;
                        self.note(at, &step.title, done)?;
                    }
                    match &update.secret {
                        None => {}
                        Some(NewSecret::This(secret)) => {
                            let done = self.signed.set_client_secret(&there.id, secret).await;
                            self.note(at, &step.title, done)?;
                        }
                        Some(NewSecret::Made) => {
                            let done = self.signed.rotate_secret(&there.id).await;
                            let done = self.note(at, &step.title, done)?;
                            issued.extend(done.map(|done| Issued {
                                client_id: done.client_id,
                                name: wanted.model.name.clone(),
                                new: false,
                                named: true,
                                secret: done.client_secret.map(Secret::new),
                            }));
                        }
                    }
                }
                Doing::Delete { .. } => {}
            }
        }
        if !self.notes.is_empty() {
            return Ok(issued);
        }
        for step in &plan.steps {
            if let Doing::CreateApplication(wanted, links) | Doing::UpdateApplication(wanted, _, _, links) =
                &step.doing
                && let Some(client_id) = ids.get(&wanted.index)
            {
                self.link(wanted, client_id, links, &step.title).await?;
            }
        }
        if self.notes.is_empty() && !self.rehearsal {
            self.delete(plan).await?;
        }
        Ok(issued)
    }

    async fn create(
        &mut self,
        wanted: &Wanted<Application>,
        title: &str,
    ) -> Result<Option<Issued>, BlueprintError> {
        let new = NewWholeApplication {
            client_id: wanted.model.client_id.clone(),
            app_type: wanted.model.app_type,
            client_secret: wanted.secret.clone(),
            whole: wanted.model.whole(),
        };
        let done = self.signed.create_whole_application(new).await;
        let done = self.note((Kind::Application, wanted.index), title, done)?;
        Ok(done.map(|done| Issued {
            client_id: done.client_id,
            name: wanted.model.name.clone(),
            new: true,
            named: wanted.model.client_id.is_some(),
            secret: done.client_secret.map(Secret::new),
        }))
    }

    async fn link(
        &mut self,
        wanted: &Wanted<Application>,
        client_id: &str,
        links: &Links,
        title: &str,
    ) -> Result<(), BlueprintError> {
        let at = (Kind::Application, wanted.index);
        for name in &links.disable {
            if let Some(connection) = self.store.connections().by_name(name).await? {
                let done = self.signed.set_enablement(connection.id.as_str(), client_id, false).await;
                self.note(at, title, done)?;
            }
        }
        for (place, one) in &links.enable {
            let field = format!("connections.{place}");
            let Some(connection) = self.store.connections().by_name(&one.name).await? else { continue };
            let id = connection.id.as_str();
            let done = self.signed.set_enablement(id, client_id, true).await;
            let Some(now) = self.note_at(at, title, &field, done)? else { continue };
            if now.scope_ceiling != one.scope_ceiling {
                let done = self.signed.set_scope_ceiling(id, client_id, one.scope_ceiling.clone()).await;
                self.note_at(at, title, &field, done)?;
            }
        }
        for grant in &links.revoke {
            if let Some(id) = self.grant(client_id, grant).await? {
                let done = self.signed.delete_client_grant(&id).await;
                self.note(at, title, done)?;
            }
        }
        for (place, grant) in &links.grant {
            let field = format!("apis.{place}");
            let done = match self.grant(client_id, grant).await? {
                Some(id) => self.signed.update_client_grant(&id, &grant.scopes).await,
                None => {
                    let new = NewClientGrant {
                        client_id: client_id.to_owned(),
                        audience: self.audience(grant),
                        subject: grant.subject,
                        scopes: grant.scopes.clone(),
                    };
                    self.signed.create_client_grant(new).await
                }
            };
            let done = done.map_err(|error| match error {
                ApiError::NotFound { .. } => ApiError::field(
                    "identifier",
                    format!("there is no API “{}”; add an [[api]] with this identifier", grant.identifier),
                ),
                error => error,
            });
            self.note_at(at, title, &field, done)?;
        }
        Ok(())
    }

    async fn delete(&mut self, plan: &Plan) -> Result<(), BlueprintError> {
        for step in &plan.steps {
            let Doing::Delete { id, name } = &step.doing else { continue };
            match step.kind {
                Kind::Application => self.signed.delete_application(id, name).await?,
                Kind::Connection => self.signed.delete_connection(id, name).await?,
                Kind::Api => self.signed.delete_api(id, name).await?,
            }
        }
        Ok(())
    }

    fn audience(&self, grant: &Grant) -> String {
        match grant.identifier.strip_prefix(PUBLIC_URL) {
            Some(rest) => format!("{}{rest}", self.issuer),
            None => grant.identifier.clone(),
        }
    }

    async fn grant(&self, client_id: &str, grant: &Grant) -> Result<Option<String>, BlueprintError> {
        let client = ClientId::from_text(client_id);
        let found = self.store.client_grants().find(&client, &self.audience(grant), grant.subject).await?;
        Ok(found.map(|found| found.id.to_string()))
    }

    fn note<T>(
        &mut self,
        at: (Kind, usize),
        title: &str,
        done: Result<T, ApiError>,
    ) -> Result<Option<T>, BlueprintError> {
        self.note_at(at, title, "", done)
    }

    /// What a use case refused, with the line of the field that it is about, below `within`.
    fn note_at<T>(
        &mut self,
        at: (Kind, usize),
        title: &str,
        within: &str,
        done: Result<T, ApiError>,
    ) -> Result<Option<T>, BlueprintError> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(ApiError::Invalid { fields }) => {
                for field in fields {
                    let whole =
                        if within.is_empty() { field.field } else { format!("{within}.{}", field.field) };
                    self.notes.add(at, title, &whole, field.message);
                }
                Ok(None)
            }
            Err(
                ApiError::Forbidden { message }
                | ApiError::NotFound { message }
                | ApiError::Conflict { message },
            ) => {
                self.notes.add(at, title, within, message);
                Ok(None)
            }
            Err(
                error @ (ApiError::Unauthenticated
                | ApiError::TooManyAttempts { .. }
                | ApiError::Unavailable { .. }
                | ApiError::Internal { .. }
                | ApiError::Transport { .. }),
            ) => Err(BlueprintError::Inside(error)),
        }
    }
}

/// The dashboard says to enter the secret. Here, a reference to it is what is missing.
fn secret_by_reference(error: ApiError, missing: bool) -> ApiError {
    match error {
        ApiError::Invalid { mut fields } => {
            for field in fields.iter_mut().filter(|field| missing && field.field == "client_secret") {
                field.message.push_str(" Here: client_secret = { env = \"NAME\" } or { file = \"PATH\" }.");
            }
            ApiError::Invalid { fields }
        }
        error => error,
    }
}
