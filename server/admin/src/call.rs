//! One call of a use case, whatever door it came through.

use std::{collections::BTreeSet, sync::Arc};

use coffer_contract::{ApiError, Timestamp};
use coffer_core::audit::{Actor, AuditEvent, EventCode};
use coffer_store::StoreError;

use crate::{Admin, failure};

/// Where a call came from, and its number in the log.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) admin: Arc<Admin>,
    pub(crate) ip: Option<String>,
    pub(crate) request_id: String,
    /// Ends each event's description.
    pub(crate) remark: Option<String>,
    /// Discovery documents that were fetched and found good.
    pub(crate) discovered: BTreeSet<String>,
}

impl Call {
    /// The call `request_id` from `ip`.
    pub fn new(admin: Arc<Admin>, ip: Option<String>, request_id: String) -> Self {
        Self { admin, ip, request_id, remark: None, discovered: BTreeSet::new() }
    }

    /// The same, whose events say this, too.
    #[must_use]
    pub fn remarking(self, remark: impl Into<String>) -> Self {
        Self { remark: Some(remark.into()), ..self }
    }

    /// The same, for which these discovery documents were checked already ([`crate::Editor::check_discovery`]).
    #[must_use]
    pub fn having_discovered(self, discovered: BTreeSet<String>) -> Self {
        Self { discovered, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.admin.clock.now()
    }

    pub(crate) fn event(&self, code: EventCode, actor: Actor, description: String) -> AuditEvent {
        let description = match &self.remark {
            Some(remark) => format!("{description} ({remark})"),
            None => description,
        };
        AuditEvent::new(self.now(), code, actor, description).from_ip(self.ip.as_deref())
    }

    pub(crate) fn store_failed(&self, error: StoreError) -> ApiError {
        failure::of_store(&self.request_id, error)
    }

    pub(crate) fn failed(&self, error: impl std::fmt::Display) -> ApiError {
        failure::internal(&self.request_id, error)
    }
}
