//! From what there is and what the file says to a plan.

use coffer_admin::Editor;
use coffer_contract::ApiError;

use crate::{
    change::{Change, changes, creation, enablements, grants},
    model::{Api, Application, Connection, Enablement, Grant},
    plan::{Action, Doing, Kind, Links, NewSecret, Plan, Step, Update},
    present::{Present, There},
    problem::BlueprintError,
    settle::{Notes, Target, Wanted},
};

impl Plan {
    /// Compares.
    pub(crate) async fn make(
        target: &Target,
        present: &Present,
        prune: bool,
        signed: &Editor,
        notes: &mut Notes<'_>,
    ) -> Result<Self, BlueprintError> {
        let mut plan = Self::default();
        let mut deletions = Vec::new();
        for wanted in target.apis.iter().flatten() {
            plan.steps.extend(api(wanted, present));
        }
        for wanted in target.connections.iter().flatten() {
            plan.steps.extend(connection(wanted, present, signed, notes).await?);
        }
        let mut claimed = Vec::new();
        for wanted in target.applications.iter().flatten() {
            let there = find(wanted, target, present, notes);
            claimed.extend(there.map(|there| there.id.clone()));
            plan.steps.extend(application(wanted, there, signed, notes).await?);
        }
        known_connections(target, present, prune, notes);

        let applications = present.applications.iter().filter(|there| !claimed.contains(&there.id));
        for there in applications {
            let name = &there.model.name;
            let title = format!("{} (client id {})", Kind::Application.title(name), there.id);
            let gone = Gone { kind: Kind::Application, title, key: &there.id, id: &there.id, name };
            plan.absent(gone, prune && target.applications.is_some(), &mut deletions);
        }
        for there in &present.connections {
            let name = &there.model.name;
            if !target.connections.iter().flatten().any(|wanted| wanted.model.name == *name) {
                let title = Kind::Connection.title(name);
                let gone = Gone { kind: Kind::Connection, title, key: name, id: &there.id, name };
                plan.absent(gone, prune && target.connections.is_some(), &mut deletions);
            }
        }
        for there in &present.apis {
            let Api { identifier, name, .. } = &there.model;
            if !target.apis.iter().flatten().any(|wanted| wanted.model.identifier == *identifier) {
                let title = Kind::Api.title(identifier);
                let gone = Gone { kind: Kind::Api, title, key: identifier, id: &there.id, name };
                plan.absent(gone, prune && target.apis.is_some(), &mut deletions);
            }
        }
        plan.steps.extend(deletions);
        Ok(plan)
    }

    fn absent(&mut self, gone: Gone<'_>, delete: bool, deletions: &mut Vec<Step>) {
        if !delete {
            self.unmanaged.push((gone.kind, gone.title));
            return;
        }
        deletions.push(Step {
            action: Action::Delete,
            kind: gone.kind,
            key: Some(gone.key.to_owned()),
            title: gone.title,
            changes: vec![],
            doing: Doing::Delete { id: gone.id.to_owned(), name: gone.name.to_owned() },
        });
    }
}

/// What the file does not have.
struct Gone<'a> {
    kind: Kind,
    title: String,
    key: &'a str,
    id: &'a str,
    name: &'a str,
}

fn api(wanted: &Wanted<Api>, present: &Present) -> Option<Step> {
    let identifier = &wanted.model.identifier;
    let there = present.apis.iter().find(|there| there.model.identifier == *identifier);
    let after = wanted.model.fields();
    let changes = match there {
        Some(there) => changes(&there.model.fields(), &after),
        None => creation(&Api::blank().map(|blank| blank.fields()).unwrap_or_default(), &after),
    };
    if there.is_some() && changes.is_empty() {
        return None;
    }
    Some(Step {
        action: if there.is_some() { Action::Change } else { Action::Create },
        kind: Kind::Api,
        key: Some(identifier.clone()),
        title: Kind::Api.title(identifier),
        changes,
        doing: match there {
            Some(there) => Doing::UpdateApi(wanted.clone(), there.clone()),
            None => Doing::CreateApi(wanted.clone()),
        },
    })
}

async fn connection(
    wanted: &Wanted<Connection>,
    present: &Present,
    signed: &Editor,
    notes: &mut Notes<'_>,
) -> Result<Option<Step>, ApiError> {
    let name = &wanted.model.name;
    let title = Kind::Connection.title(name);
    let at = (Kind::Connection, wanted.index);
    let there = present.connections.iter().find(|there| there.model.name == *name);
    if let Some(there) = there.filter(|there| there.model.strategy != wanted.model.strategy) {
        let message =
            format!("it is a {} and stays one; take another name for a new connection", there.model.strategy);
        notes.add(at, &title, "strategy", message);
        return Ok(None);
    }
    if present.strangers.contains(name) {
        let message = "a connection of a kind that this server's catalogue does not have has this name";
        notes.add(at, &title, "name", message);
        return Ok(None);
    }
    let after = wanted.model.fields();
    let mut changes = match there {
        Some(there) => changes(&there.model.fields(), &after),
        None => creation(&Connection::blank().map(|blank| blank.fields()).unwrap_or_default(), &after),
    };
    let new_secret = match (&wanted.secret, there) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(secret), Some(there)) => !signed.connection_secret_is(&there.id, secret).await?,
    };
    // With other addresses, the use case wants to be told the secret again.
    let again = changes.iter().any(|change| change.field.starts_with("options."));
    if new_secret {
        changes.push(Change::secret());
    }
    if there.is_some() && changes.is_empty() {
        return Ok(None);
    }
    let secret = wanted.secret.clone().filter(|_| new_secret || again);
    let wanted = Wanted { secret, ..wanted.clone() };
    Ok(Some(Step {
        action: if there.is_some() { Action::Change } else { Action::Create },
        kind: Kind::Connection,
        key: Some(name.clone()),
        title,
        changes,
        doing: match there {
            Some(there) => Doing::UpdateConnection(wanted, there.clone()),
            None => Doing::CreateConnection(wanted),
        },
    }))
}

/// The application that is meant: by its client id, or else by its name, which then only one may have.
fn find<'a>(
    wanted: &Wanted<Application>,
    target: &Target,
    present: &'a Present,
    notes: &mut Notes<'_>,
) -> Option<&'a There<Application>> {
    if let Some(id) = &wanted.model.client_id {
        return present.applications.iter().find(|there| there.id == *id);
    }
    let meant =
        |id: &str| target.applications.iter().flatten().any(|w| w.model.client_id.as_deref() == Some(id));
    let named = present.applications.iter().filter(|there| there.model.name == wanted.model.name);
    let named: Vec<_> = named.filter(|there| !meant(&there.id)).collect();
    if named.len() > 1 {
        let ids: Vec<&str> = named.iter().map(|there| there.id.as_str()).collect();
        let message =
            format!("several applications have this name; add the client_id of one: {}", ids.join(", "));
        notes.add(
            (Kind::Application, wanted.index),
            &Kind::Application.title(&wanted.model.name),
            "name",
            message,
        );
    }
    named.first().copied()
}

async fn application(
    wanted: &Wanted<Application>,
    there: Option<&There<Application>>,
    signed: &Editor,
    notes: &mut Notes<'_>,
) -> Result<Option<Step>, ApiError> {
    let model = &wanted.model;
    let title = Kind::Application.title(&model.name);
    let at = (Kind::Application, wanted.index);
    if let Some(there) = there.filter(|there| there.model.app_type != model.app_type) {
        let message = format!(
            "it is “{}” and stays so; take another client_id for a new application",
            there.model.app_type.label()
        );
        notes.add(at, &title, "type", message);
        return Ok(None);
    }
    let after = model.fields();
    let mut changes = match there {
        Some(there) => changes(&there.model.fields(), &after),
        None => creation(&Application::blank().map(|blank| blank.fields()).unwrap_or_default(), &after),
    };
    let settings = !changes.is_empty();
    let needs_secret = model.auth_method.is_some_and(|method| method.has_secret());
    let secret = match (&wanted.secret, there) {
        (Some(secret), Some(there)) => {
            (!signed.client_secret_is(&there.id, secret).await?).then(|| NewSecret::This(secret.clone()))
        }
        (Some(secret), None) => Some(NewSecret::This(secret.clone())),
        (None, Some(there)) => (needs_secret && !there.has_secret).then_some(NewSecret::Made),
        (None, None) => needs_secret.then_some(NewSecret::Made),
    };
    if secret.is_some() {
        changes.push(Change::secret());
    }
    let empty = (vec![], vec![]);
    let (connections, apis) = there.map_or(empty, |there| {
        (there.model.connections.clone().unwrap_or_default(), there.model.apis.clone().unwrap_or_default())
    });
    let mut links = Links::default();
    if let Some(list) = &model.connections {
        let (before, after) = (enablements(&connections), enablements(list));
        let same = |one: &Enablement| {
            let field = format!("connections.{}", one.name);
            before.get(&field) == after.get(&field)
        };
        links.enable = list.iter().cloned().enumerate().filter(|(_, one)| !same(one)).collect();
        let gone = connections.iter().filter(|one| !list.iter().any(|other| other.name == one.name));
        links.disable = gone.map(|one| one.name.clone()).collect();
        changes.extend(self::changes(&before, &after));
    }
    if let Some(list) = &model.apis {
        let (before, after) = (grants(&apis), grants(list));
        let field = |one: &Grant| format!("apis.{}.{}", one.identifier, one.subject.code());
        let same = |one: &Grant| before.get(&field(one)) == after.get(&field(one));
        links.grant = list.iter().cloned().enumerate().filter(|(_, one)| !same(one)).collect();
        links.revoke = apis.iter().filter(|one| !after.contains_key(&field(one))).cloned().collect();
        changes.extend(self::changes(&before, &after));
    }
    if there.is_some() && changes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Step {
        action: if there.is_some() { Action::Change } else { Action::Create },
        kind: Kind::Application,
        key: there.map(|there| there.id.clone()).or_else(|| model.client_id.clone()),
        title: match there {
            Some(there) => format!("{title} (client id {})", there.id),
            None => title,
        },
        changes,
        doing: match there {
            Some(there) => {
                Doing::UpdateApplication(wanted.clone(), there.clone(), Update { settings, secret }, links)
            }
            None => Doing::CreateApplication(wanted.clone(), links),
        },
    }))
}

/// Each connection that an application names has to be there when all is done.
fn known_connections(target: &Target, present: &Present, prune: bool, notes: &mut Notes<'_>) {
    let in_file = |name: &str| target.connections.iter().flatten().any(|wanted| wanted.model.name == name);
    let there = |name: &str| present.connections.iter().any(|there| there.model.name == name);
    let pruned = prune && target.connections.is_some();
    for wanted in target.applications.iter().flatten() {
        let at = (Kind::Application, wanted.index);
        let title = Kind::Application.title(&wanted.model.name);
        for (place, Enablement { name, .. }) in wanted.model.connections.iter().flatten().enumerate() {
            let field = format!("connections.{place}.name");
            if !in_file(name) && !there(name) {
                let message = format!("there is no connection “{name}”; add a [[connection]] with this name");
                notes.add(at, &title, &field, message);
            } else if !in_file(name) && pruned {
                let message = format!("connection “{name}” is not in the file, so --prune would delete it");
                notes.add(at, &title, &field, message);
            }
        }
    }
}
