//! The file as it is meant: defaults filled in, forms tidied as the dashboard tidies them, secrets looked up.

use std::collections::BTreeSet;

use coffer_admin::{Editor, WholeApplication, tidy};
use coffer_contract::{
    api::{ApiForm, NewApi},
    application::{ApplicationForm, TokenEndpointAuthMethod},
    catalogue::ConnectionGroup,
    connection::{ConnectionForm, ConnectionOptions},
};
use coffer_crypto::Secret;

use crate::{
    lines::Lines,
    model::{Api, Application, Blueprint, Connection, Enablement, Grant},
    plan::Kind,
    present::PUBLIC_URL,
    problem::Problem,
    secret::{SecretRef, Sources},
};

/// An object of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted<T> {
    /// Its place among those of its kind.
    pub index: usize,
    /// What it is to be.
    pub model: T,
    /// Its client secret, where the file says where that is.
    pub secret: Option<Secret>,
}

/// Everything that the file has; `None` for kinds that it does not mention.
#[derive(Clone, Debug)]
pub struct Target {
    pub apis: Option<Vec<Wanted<Api>>>,
    pub connections: Option<Vec<Wanted<Connection>>>,
    pub applications: Option<Vec<Wanted<Application>>>,
}

/// Collects what is wrong, with its place.
pub struct Notes<'a> {
    lines: &'a Lines,
    problems: Vec<Problem>,
}

impl<'a> Notes<'a> {
    pub fn new(lines: &'a Lines) -> Self {
        Self { lines, problems: vec![] }
    }

    /// Something is wrong with `field` (empty: as a whole) of the object that is called `title`.
    pub fn add(&mut self, at: (Kind, usize), title: &str, field: &str, message: impl Into<String>) {
        let path = format!("{}.{}", at.0.table(), at.1);
        let line = self.lines.at(&if field.is_empty() { path } else { format!("{path}.{field}") });
        // Places within lists are for finding the line.
        let field =
            field.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
        self.problems.push(Problem { line, object: title.to_owned(), field, message: message.into() });
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// All of it, in the file's order.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        self.problems.sort_by_key(|problem| problem.line);
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}

/// Settles a blueprint, or says all that is wrong with it by itself.
pub fn settle(
    blueprint: Blueprint,
    lines: &Lines,
    signed: &Editor,
    issuer: &str,
    sources: &dyn Sources,
) -> Result<Target, Vec<Problem>> {
    let mut notes = Notes::new(lines);
    let Blueprint { api, connection, application } = blueprint;
    let apis =
        api.map(|list| list.into_iter().enumerate().map(|(index, api)| self::api(index, api)).collect());
    let connections = connection.map(|list| {
        let each = list.into_iter().enumerate();
        each.map(|(index, one)| self::connection(index, one, signed, sources, &mut notes)).collect()
    });
    let applications = application.map(|list| {
        let each = list.into_iter().enumerate();
        each.map(|(index, one)| self::application(index, one, issuer, sources, &mut notes)).collect()
    });
    let target = Target { apis, connections, applications };
    twice(&target, &mut notes);
    notes.finish()?;
    Ok(target)
}

fn api(index: usize, api: Api) -> Wanted<Api> {
    let NewApi { identifier, form } = api.new_api();
    let ApiForm { name, scopes, signing_alg, token_seconds, offline_access, skip_consent, user_access } =
        tidy::api(form);
    let model = Api {
        identifier: identifier.trim().to_owned(),
        name,
        scopes: scopes.into_iter().map(Into::into).collect(),
        signing_alg,
        token_seconds,
        offline_access,
        skip_consent,
        user_access,
    };
    Wanted { index, model, secret: None }
}

fn connection(
    index: usize,
    mut connection: Connection,
    signed: &Editor,
    sources: &dyn Sources,
    notes: &mut Notes<'_>,
) -> Wanted<Connection> {
    let at = (Kind::Connection, index);
    let title = Kind::Connection.title(&connection.name);
    let secret = resolve(connection.client_secret.as_ref(), at, &title, sources, notes);
    let Ok(entry) = signed.catalogue_entry(&connection.strategy) else {
        let message = no_kind(&connection.strategy, signed);
        notes.add(at, &title, "strategy", message);
        return Wanted { index, model: connection, secret };
    };
    connection.scopes.get_or_insert_with(|| entry.default_scopes.clone());
    let given = connection.fields();
    let ConnectionForm {
        name,
        display_name,
        client_id,
        client_secret: _,
        scopes,
        purpose,
        vault_enabled,
        options,
    } = tidy::connection(connection.form(None), &entry);
    let model = Connection {
        name,
        strategy: connection.strategy,
        display_name,
        client_id,
        client_secret: connection.client_secret,
        scopes: Some(scopes),
        purpose,
        vault_enabled,
        options,
        metadata: connection.metadata,
    };
    let long = |text: &String| text.len() > 255;
    if model.metadata.iter().any(|(name, value)| name.is_empty() || long(name) || long(value)) {
        notes.add(at, &title, "metadata", "names and values have at most 255 characters");
    }
    // What tidying put back to its default, this kind of connection does not have.
    let blank = Connection { options: ConnectionOptions::default(), ..model.clone() }.fields();
    let kept = model.fields();
    for (field, value) in given.iter().filter(|(field, _)| field.starts_with("options.")) {
        if blank.get(field) != Some(value) && kept.get(field) == blank.get(field) {
            let message =
                format!("a connection of the kind {} has no such setting; leave it out", entry.strategy);
            notes.add(at, &title, field, message);
        }
    }
    Wanted { index, model, secret }
}

/// The kind that there is not, and those whose names begin like it.
fn no_kind(strategy: &str, signed: &Editor) -> String {
    const ALIKE: usize = 3;
    let groups = [ConnectionGroup::Social, ConnectionGroup::Enterprise];
    let kinds = groups.into_iter().flat_map(|group| signed.catalogue(group)).map(|entry| entry.strategy);
    let alike =
        |kind: &String| kind.bytes().zip(strategy.bytes()).take_while(|(a, b)| a == b).count() >= ALIKE;
    let alike: Vec<String> = kinds.filter(alike).collect();
    let hint = match alike.as_slice() {
        [] => "take the name of a file in the catalogue, such as github, google-oauth2 or oidc".to_owned(),
        alike => format!("there is {}", alike.join(", ")),
    };
    format!("there is no kind of connection “{strategy}”; {hint}")
}

fn application(
    index: usize,
    mut application: Application,
    issuer: &str,
    sources: &dyn Sources,
    notes: &mut Notes<'_>,
) -> Wanted<Application> {
    let at = (Kind::Application, index);
    let title = Kind::Application.title(&application.name);
    let secret = resolve(application.client_secret.as_ref(), at, &title, sources, notes);
    let app_type = application.app_type;
    application.grants.get_or_insert_with(|| app_type.default_grants());
    application.auth_method.get_or_insert(if app_type.confidential() {
        TokenEndpointAuthMethod::ClientSecretPost
    } else {
        TokenEndpointAuthMethod::None
    });
    let ApplicationForm {
        name,
        description,
        callbacks,
        logout_urls,
        backchannel_logout_uri,
        web_origins,
        grants,
        auth_method,
        id_token_alg,
        require_par,
        first_party,
        connect_accounts,
    } = tidy::application(application.whole().form);
    for grant in application.apis.iter_mut().flatten() {
        if let Some(rest) = grant.identifier.strip_prefix(issuer) {
            grant.identifier = format!("{PUBLIC_URL}{rest}");
        }
    }
    let model = Application {
        name,
        description,
        callbacks,
        logout_urls,
        backchannel_logout_uri,
        web_origins,
        grants: Some(grants),
        auth_method: Some(auth_method),
        id_token_alg,
        require_par,
        first_party,
        connect_accounts,
        ..application
    };
    for (place, one) in model.connections.iter().flatten().enumerate() {
        let before = &model.connections.as_deref().unwrap_or_default()[..place];
        if before.iter().any(|other: &Enablement| other.name == one.name) {
            notes.add(at, &title, &format!("connections.{place}"), format!("“{}” is there twice", one.name));
        }
    }
    for (place, one) in model.apis.iter().flatten().enumerate() {
        let before = &model.apis.as_deref().unwrap_or_default()[..place];
        let same = |other: &Grant| (&other.identifier, other.subject) == (&one.identifier, one.subject);
        if before.iter().any(same) {
            let message = format!("“{}” is there twice for {}", one.identifier, one.subject.code());
            notes.add(at, &title, &format!("apis.{place}"), message);
        }
    }
    Wanted { index, model, secret }
}

fn resolve(
    reference: Option<&SecretRef>,
    at: (Kind, usize),
    title: &str,
    sources: &dyn Sources,
    notes: &mut Notes<'_>,
) -> Option<Secret> {
    match reference?.resolve(sources) {
        Ok(secret) => Some(secret),
        Err(message) => {
            notes.add(at, title, "client_secret", message);
            None
        }
    }
}

/// Two objects that are one.
fn twice(target: &Target, notes: &mut Notes<'_>) {
    let mut seen = BTreeSet::new();
    for api in target.apis.iter().flatten() {
        if !seen.insert(&api.model.identifier) {
            let title = Kind::Api.title(&api.model.identifier);
            notes.add((Kind::Api, api.index), &title, "identifier", "another [[api]] has this identifier");
        }
    }
    let mut seen = BTreeSet::new();
    for connection in target.connections.iter().flatten() {
        if !seen.insert(&connection.model.name) {
            let title = Kind::Connection.title(&connection.model.name);
            notes.add(
                (Kind::Connection, connection.index),
                &title,
                "name",
                "another [[connection]] has this name",
            );
        }
    }
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for application in target.applications.iter().flatten() {
        let at = (Kind::Application, application.index);
        let title = Kind::Application.title(&application.model.name);
        match &application.model.client_id {
            Some(id) if !ids.insert(id) => {
                notes.add(at, &title, "client_id", "another [[application]] has this client id");
            }
            None if !names.insert(&application.model.name) => {
                let message =
                    "another [[application]] without a client_id has this name; give both a client_id";
                notes.add(at, &title, "name", message);
            }
            _ => {}
        }
    }
}

impl Api {
    /// As the use cases take it.
    pub fn new_api(&self) -> NewApi {
        let api = self.clone();
        NewApi {
            identifier: api.identifier,
            form: ApiForm {
                name: api.name,
                scopes: api.scopes.into_iter().map(Into::into).collect(),
                signing_alg: api.signing_alg,
                token_seconds: api.token_seconds,
                offline_access: api.offline_access,
                skip_consent: api.skip_consent,
                user_access: api.user_access,
            },
        }
    }
}

impl Connection {
    /// As the use cases take it.
    pub fn form(&self, secret: Option<&Secret>) -> ConnectionForm {
        let connection = self.clone();
        ConnectionForm {
            name: connection.name,
            display_name: connection.display_name,
            client_id: connection.client_id,
            client_secret: secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
            scopes: connection.scopes.unwrap_or_default(),
            purpose: connection.purpose,
            vault_enabled: connection.vault_enabled,
            options: connection.options,
        }
    }
}

impl Application {
    /// As the use cases take it.
    pub fn whole(&self) -> WholeApplication {
        let application = self.clone();
        WholeApplication {
            form: ApplicationForm {
                name: application.name,
                description: application.description,
                callbacks: application.callbacks,
                logout_urls: application.logout_urls,
                backchannel_logout_uri: application.backchannel_logout_uri,
                web_origins: application.web_origins,
                grants: application.grants.unwrap_or_default(),
                auth_method: application.auth_method.unwrap_or(TokenEndpointAuthMethod::None),
                id_token_alg: application.id_token_alg,
                require_par: application.require_par,
                first_party: application.first_party,
                connect_accounts: application.connect_accounts,
            },
            resource_server: application.resource_server,
            refresh_policies: application.refresh_policies.into_iter().map(Into::into).collect(),
            jwks: application.jwks,
            jwks_uri: application.jwks_uri,
            logo_uri: application.logo_uri,
            metadata: application.metadata,
        }
    }
}
