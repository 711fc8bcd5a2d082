//! Where blueprints are written, read and carried out.

use std::{collections::BTreeSet, io, sync::Arc};

use coffer_admin::{Admin, Call, Editor};
use coffer_contract::ApiError;
use coffer_crypto::Secret;
use coffer_store::Store;

use crate::{
    lines::Lines,
    perform::Run,
    plan::{Kind, Plan},
    present::Present,
    problem::BlueprintError,
    read::read,
    secret::Sources,
    settle::{Notes, Target, settle},
    write::{References, write},
};

/// The use cases and the store under them.
pub struct Desk {
    admin: Arc<Admin>,
    store: Store,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// A blueprint, and what it would change.
#[derive(Debug)]
pub struct Draft {
    plan: Plan,
    target: Target,
    lines: Lines,
    file: String,
    prune: bool,
    discovered: BTreeSet<String>,
}

impl Draft {
    /// What it would change.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// An application that was made, or a secret.
#[derive(Debug)]
pub struct Issued {
    /// Its client id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Whether it was made.
    pub new: bool,
    /// Whether the file has its client id.
    pub named: bool,
    /// The secret that was made for it. Not kept anywhere in clear.
    pub secret: Option<Secret>,
}

/// What was done.
#[derive(Debug)]
pub struct Outcome {
    /// Applications and secrets that were made.
    pub issued: Vec<Issued>,
}

impl Desk {
    /// Over these.
    pub fn new(admin: Arc<Admin>, store: Store) -> Self {
        Self { admin, store }
    }

    /// A blueprint of what there is.
    pub async fn export(&self, references: References) -> Result<String, BlueprintError> {
        let signed = self.signed(self.admin.clone(), "", BTreeSet::new());
        let present = self.present(&self.store, &signed).await?;
        Ok(write(&present, references))
    }

    /// Reads a blueprint, finds out what it would change, and tries that in a transaction that is rolled back.
    /// `file` is its name.
    pub async fn draft(
        &self,
        file: &str,
        text: &str,
        sources: &dyn Sources,
        prune: bool,
    ) -> Result<Draft, BlueprintError> {
        let signed = self.signed(self.admin.clone(), file, BTreeSet::new());
        let (blueprint, lines) = read(text).map_err(BlueprintError::Refused)?;
        let target = settle(blueprint, &lines, &signed, self.admin.issuer().as_str(), sources)
            .map_err(BlueprintError::Refused)?;
        let mut notes = Notes::new(&lines);
        let present = self.present(&self.store, &signed).await?;
        let plan = Plan::make(&target, &present, prune, &signed, &mut notes).await?;
        notes.finish().map_err(BlueprintError::Refused)?;

        // Providers are asked before there is a transaction.
        let mut discovered = BTreeSet::new();
        let mut notes = Notes::new(&lines);
        for (wanted, url) in plan.to_discover() {
            let title = Kind::Connection.title(&wanted.model.name);
            match signed.check_discovery(url).await {
                Ok(_) => _ = discovered.insert(url.to_owned()),
                Err(ApiError::Invalid { fields }) => {
                    for field in fields {
                        notes.add((Kind::Connection, wanted.index), &title, &field.field, field.message);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        notes.finish().map_err(BlueprintError::Refused)?;

        let draft = Draft { plan, target, lines, file: file.to_owned(), prune, discovered };
        if !draft.plan.is_empty() {
            let together = self.store.together().await?;
            let tried = self.perform(together.store(), &draft, &draft.plan, true).await;
            together.rollback().await?;
            tried?;
        }
        Ok(draft)
    }

    /// Makes a draft's changes, all or none; refuses when they are not what they were. What was made is handed
    /// to `place` before it counts: if that fails, nothing was changed.
    pub async fn apply(
        &self,
        draft: &Draft,
        place: impl FnOnce(&[Issued]) -> io::Result<()>,
    ) -> Result<Outcome, BlueprintError> {
        let together = self.store.together().await?;
        let store = together.store();
        let signed =
            self.signed(Arc::new(self.admin.over(store.clone())), &draft.file, draft.discovered.clone());
        let present = self.present(store, &signed).await?;
        let mut notes = Notes::new(&draft.lines);
        let plan = Plan::make(&draft.target, &present, draft.prune, &signed, &mut notes).await?;
        if !notes.is_empty() || plan != draft.plan {
            together.rollback().await?;
            return Err(BlueprintError::Moved);
        }
        let done = match self.perform(store, draft, &plan, false).await {
            Ok(issued) => place(&issued).map_err(BlueprintError::Place).map(|()| issued),
            Err(error) => Err(error),
        };
        match done {
            Ok(issued) => {
                together.commit().await?;
                Ok(Outcome { issued })
            }
            Err(error) => {
                together.rollback().await?;
                Err(error)
            }
        }
    }

    async fn perform(
        &self,
        store: &Store,
        draft: &Draft,
        plan: &Plan,
        rehearsal: bool,
    ) -> Result<Vec<Issued>, BlueprintError> {
        let admin = Arc::new(self.admin.over(store.clone()));
        let signed = self.signed(admin, &draft.file, draft.discovered.clone());
        let mut notes = Notes::new(&draft.lines);
        let issuer = self.admin.issuer().as_str();
        let mut run = Run { signed: &signed, store, issuer, rehearsal, notes: &mut notes };
        let issued = run.all(plan).await?;
        notes.finish().map_err(BlueprintError::Refused)?;
        Ok(issued)
    }

    async fn present(&self, store: &Store, signed: &Editor) -> Result<Present, BlueprintError> {
        let known = |strategy: &str| signed.catalogue_entry(strategy).is_ok();
        Ok(Present::read(store, self.admin.issuer().as_str(), known).await?)
    }

    /// The use cases, in the name of whoever is at the command line.
    fn signed(&self, admin: Arc<Admin>, file: &str, discovered: BTreeSet<String>) -> Editor {
        let operator = Call::new(admin, None, "command line".to_owned())
            .remarking(format!("from {file}, at the command line"))
            .having_discovered(discovered)
            .operating();
        Editor::clone(&operator)
    }
}
