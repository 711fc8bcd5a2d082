//! Who may change things: witnesses, of which each use case asks for the one that it needs. There is no way
//! to one but through the role that stands in the database at the time of the call.

use std::ops::Deref;

use coffer_contract::{ApiError, administrator::Role};
use coffer_core::audit::Actor;

use crate::{Call, Signed};

/// Somebody who may change connections, applications, APIs, users and webhooks.
#[derive(Clone, Debug)]
pub struct Editor(Signed);

/// Somebody who may decide who administers, and how administrators sign in.
#[derive(Clone, Debug)]
pub struct Owner(Editor);

impl Deref for Editor {
    type Target = Signed;

    fn deref(&self) -> &Signed {
        &self.0
    }
}

impl Deref for Owner {
    type Target = Editor;

    fn deref(&self) -> &Editor {
        &self.0
    }
}

impl Signed {
    /// The use cases that change things, for those who may.
    pub fn editor(self) -> Result<Editor, ApiError> {
        if self.role >= Role::Editor { Ok(Editor(self)) } else { Err(refusal(self.role, Role::Editor)) }
    }

    /// The use cases about administrators, for owners.
    pub fn owner(self) -> Result<Owner, ApiError> {
        if self.role >= Role::Owner { Ok(Owner(Editor(self))) } else { Err(refusal(self.role, Role::Owner)) }
    }
}

impl Editor {
    /// The same in another call.
    pub(crate) fn within(&self, visit: Call) -> Self {
        Self(Signed { visit, actor: self.actor.clone(), role: self.role })
    }
}

impl Call {
    /// The use cases in the name of `actor`, whose right the caller has checked: a client whose access
    /// token has the scope.
    pub fn acting(self, actor: Actor) -> Editor {
        Editor(Signed { visit: self, actor, role: Role::Editor })
    }

    /// All use cases, in the name of the operator at the command line, or of a file that they apply there.
    pub fn operating(self) -> Owner {
        Owner(Editor(Signed { visit: self, actor: Actor::System, role: Role::Owner }))
    }
}

fn refusal(role: Role, needed: Role) -> ApiError {
    let (role, needed) = (role.with_article(), needed.with_article());
    ApiError::Forbidden { message: format!("You are {role}. This takes {needed}: ask an owner to do it.") }
}
