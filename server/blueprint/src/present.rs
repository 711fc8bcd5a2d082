//! What there is, in the file's terms.

use std::collections::BTreeMap;

use coffer_contract::application::Origin;
use coffer_core::{
    api::{Api as CoreApi, ClientGrant},
    client::Client,
    connection::{Connection as CoreConnection, Enabled},
    ids::ApiId,
};
use coffer_store::{ClientGrantFilter, Store, StoreError};

use crate::model::{Api, Application, Connection, Enablement, Grant};

/// Rows that are read at once.
const AT_ONCE: u64 = 500;
/// Stands for the server's own address in the identifiers of its own APIs.
pub const PUBLIC_URL: &str = "{public_url}";

/// An object with what the database alone knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct There<T> {
    /// Its identifier in the database.
    pub id: String,
    /// Number of changes so far.
    pub version: i64,
    /// Whether it has a client secret.
    pub has_secret: bool,
    /// In the file's terms.
    pub model: T,
}

/// Everything that a blueprint can be about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Present {
    /// By identifier.
    pub apis: Vec<There<Api>>,
    /// By name.
    pub connections: Vec<There<Connection>>,
    /// By name and client id.
    pub applications: Vec<There<Application>>,
    /// Connections of kinds that are not in the catalogue: the sandbox's.
    pub strangers: Vec<String>,
    /// How many applications registered themselves.
    pub registered: usize,
}

impl Present {
    /// Reads it. `known` says whether the catalogue has a strategy; `issuer` is the server's address.
    pub async fn read(store: &Store, issuer: &str, known: impl Fn(&str) -> bool) -> Result<Self, StoreError> {
        let mut present = Self::default();
        let apis = every(async |after| store.apis().list("", after, AT_ONCE).await).await?;
        let identifiers: Vec<(ApiId, String)> =
            apis.iter().map(|api| (api.id.clone(), api.identifier.clone())).collect();
        present.apis = apis.into_iter().map(There::<Api>::of).collect();
        present.apis.sort_by(|a, b| a.model.identifier.cmp(&b.model.identifier));
        let connections = store.connections().all().await?;
        let ids: Vec<_> = connections.iter().map(|connection| connection.id.clone()).collect();
        let mut metadata = store.connections().metadata(&ids).await?;
        for connection in connections {
            if known(&connection.strategy) {
                let metadata = metadata.remove(&connection.id).unwrap_or_default();
                present.connections.push(There::<Connection>::of(connection, metadata));
            } else {
                present.strangers.push(connection.name);
            }
        }
        let clients = every(async |after| store.clients().list("", after, AT_ONCE).await).await?;
        for (client, _) in clients {
            // They come and go on their own.
            if client.origin != Origin::Dashboard {
                present.registered += 1;
                continue;
            }
            let enabled = store.connections().of_client(&client.id).await?;
            let enabled = enabled.into_iter().filter_map(|(connection, how)| {
                (!present.strangers.contains(&connection.name)).then_some((connection.name, how?))
            });
            let enabled: Vec<_> = enabled.collect();
            let filter =
                ClientGrantFilter { client_id: Some(client.id.clone()), ..ClientGrantFilter::default() };
            let grants =
                every(async |after| store.client_grants().list(&filter, after, AT_ONCE).await).await?;
            let resource_server = client.resource_server.as_ref().and_then(|id| {
                identifiers.iter().find(|(other, _)| other == id).map(|(_, identifier)| identifier.clone())
            });
            present.applications.push(There::<Application>::of(
                client,
                resource_server,
                enabled,
                grants,
                issuer,
            ));
        }
        present.applications.sort_by(|a, b| (&a.model.name, &a.id).cmp(&(&b.model.name, &b.id)));
        Ok(present)
    }
}

/// All pages of a list.
async fn every<T>(
    list: impl AsyncFn(Option<&str>) -> Result<coffer_contract::Page<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = list(after.as_deref()).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

// No `..` below: what is new in the domain has to be thought of here.

impl There<Api> {
    fn of(api: CoreApi) -> Self {
        let CoreApi {
            id,
            identifier,
            name,
            scopes,
            signing_alg,
            token_seconds,
            offline_access,
            skip_consent,
            user_access,
            created_at: _,
            updated_at: _,
            version,
        } = api;
        let scopes = scopes.into_iter().map(Into::into).collect();
        let model = Api {
            identifier,
            name,
            scopes,
            signing_alg,
            token_seconds,
            offline_access,
            skip_consent,
            user_access,
        };
        Self { id: id.to_string(), version, has_secret: false, model }
    }
}

impl There<Connection> {
    fn of(connection: CoreConnection, metadata: BTreeMap<String, String>) -> Self {
        let CoreConnection {
            id,
            name,
            strategy,
            display_name,
            client_id,
            client_secret_replaced_at,
            scopes,
            purpose,
            vault_enabled,
            options,
            created_at: _,
            updated_at: _,
            version,
        } = connection;
        let model = Connection {
            name,
            strategy,
            display_name,
            client_id,
            client_secret: None,
            scopes: Some(scopes.to_vec()),
            purpose,
            vault_enabled,
            options,
            metadata,
        };
        Self { id: id.to_string(), version, has_secret: client_secret_replaced_at.is_some(), model }
    }
}

impl There<Application> {
    fn of(
        client: Client,
        resource_server: Option<String>,
        enabled: Vec<(String, Enabled)>,
        grants: Vec<ClientGrant>,
        issuer: &str,
    ) -> Self {
        let Client {
            id,
            name,
            description,
            app_type,
            callbacks,
            logout_urls,
            web_origins,
            grants: grant_types,
            auth_method,
            id_token_alg,
            first_party,
            connect_accounts,
            resource_server: _,
            refresh_policies,
            jwks,
            jwks_uri,
            backchannel_logout_uri,
            require_par,
            logo_uri,
            origin: _,
            metadata,
            secret_replaced_at,
            created_at: _,
            updated_at: _,
            version,
        } = client;
        let mut apis: Vec<Grant> = grants.into_iter().map(|grant| granted(grant, issuer)).collect();
        apis.sort_by(|a, b| (&a.identifier, a.subject.code()).cmp(&(&b.identifier, b.subject.code())));
        let model = Application {
            client_id: Some(id.to_string()),
            client_secret: None,
            name,
            app_type,
            description,
            callbacks,
            logout_urls,
            web_origins,
            grants: Some(grant_types),
            auth_method: Some(auth_method),
            id_token_alg,
            first_party,
            connect_accounts,
            resource_server,
            refresh_policies: refresh_policies.into_iter().map(Into::into).collect(),
            jwks,
            jwks_uri,
            backchannel_logout_uri,
            require_par,
            logo_uri,
            metadata,
            connections: Some(enabled.into_iter().map(enablement).collect()),
            apis: Some(apis),
        };
        Self { id: id.to_string(), version, has_secret: secret_replaced_at.is_some(), model }
    }
}

fn enablement((name, how): (String, Enabled)) -> Enablement {
    let Enabled { scope_ceiling } = how;
    Enablement { name, scope_ceiling: scope_ceiling.map(|scopes| scopes.to_vec()) }
}

fn granted(grant: ClientGrant, issuer: &str) -> Grant {
    let ClientGrant { id: _, client_id: _, audience, subject, scopes, created_at: _, updated_at: _ } = grant;
    let identifier = match audience.strip_prefix(issuer) {
        Some(rest) => format!("{PUBLIC_URL}{rest}"),
        None => audience,
    };
    Grant { identifier, subject, scopes: scopes.to_vec() }
}
