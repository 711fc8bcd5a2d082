//! Releases of a provider's token that repeat an earlier one: their event is written only where all that the earlier
//! one rested on still stands, which is asked in the same transaction.

use std::collections::HashMap;

use coffer_core::audit::AuditEvent;
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait,
    sea_query::{Expr, ExprTrait as _, Query, SelectStatement},
};

use crate::{
    Store, StoreError, audit,
    batch::padded,
    entity::{clients, connections, enablements, refresh_tokens, token_families, token_sets},
    group::{Told, tell},
};

/// Releases of one transaction at most.
const MOST: usize = 128;

/// Releases of providers' tokens to applications.
#[derive(Clone, Debug)]
pub struct Releases(pub(crate) Store);

/// A refresh token's hash, and a connection's name.
pub(crate) type Key = (Vec<u8>, String);

/// What a release to the application of a refresh token, through one connection, rests on: the token, neither rotated
/// nor revoked, and the revisions of the application, the connection, its enablement and every account of the user
/// there. Two that are equal were read with nothing changed between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    client: i64,
    connection: i64,
    enablement: i64,
    accounts: Vec<(String, i64)>,
}

/// A release that is to be made again.
#[derive(Debug)]
pub struct Again {
    key: Key,
    basis: Basis,
    event: AuditEvent,
}

impl Again {
    /// A release for this refresh token, through the connection with this name.
    pub fn new(token: &TokenHash, connection: &str, basis: Basis, event: AuditEvent) -> Self {
        Self { key: key(token, connection), basis, event }
    }
}

fn key(token: &TokenHash, connection: &str) -> Key {
    (token.as_bytes().to_vec(), connection.to_owned())
}

impl Releases {
    /// What a release for this refresh token, through the connection with this name, would rest on; `None` where there
    /// can be none. Read together with others.
    pub async fn basis(&self, token: &TokenHash, connection: &str) -> Result<Option<Basis>, StoreError> {
        let read = |keys: Vec<Key>| async move { bases(self.0.read(), &keys).await };
        self.0.batches().bases.read(key(token, connection), read).await
    }

    /// Writes the release's event, together with those of others. False, and nothing written, where its basis does not
    /// stand any more.
    pub async fn again(&self, release: Again) -> Result<bool, StoreError> {
        let store = self.0.clone();
        self.0.groups().releases.join(release, MOST, move |group| write_group(store.clone(), group)).await
    }
}

async fn write_group(store: Store, group: Vec<(Again, Told<bool>)>) {
    let (releases, told): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    match write(&store, releases).await {
        // A caller that went away does not need the answer.
        Ok(done) => told.into_iter().zip(done).for_each(|(told, done)| drop(told.send(Ok(done)))),
        Err(error) => tell(told, Err(error)),
    }
}

async fn write(store: &Store, releases: Vec<Again>) -> Result<Vec<bool>, StoreError> {
    let tx = store.begin().await?;
    let keys = padded(releases.iter().map(|release| release.key.clone()));
    let present = bases(&tx, &keys).await?;
    let (mut done, mut events) = (Vec::with_capacity(releases.len()), vec![]);
    for Again { key, basis, event } in releases {
        let stands = present.get(&key) == Some(&basis);
        done.push(stands);
        events.extend(stands.then_some(event));
    }
    if events.is_empty() {
        tx.rollback().await?;
    } else {
        audit::write(&tx, &events).await?;
        tx.commit().await?;
    }
    Ok(done)
}

async fn bases<C: ConnectionTrait>(db: &C, keys: &[Key]) -> Result<HashMap<Key, Basis>, StoreError> {
    let mut found: HashMap<Key, Basis> = HashMap::new();
    for row in db.query_all(&statement(keys)).await? {
        let basis = found.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_insert(Basis {
            client: row.try_get_by_index(2)?,
            connection: row.try_get_by_index(3)?,
            enablement: row.try_get_by_index(4)?,
            accounts: vec![],
        });
        basis.accounts.push((row.try_get_by_index(5)?, row.try_get_by_index(6)?));
    }
    for basis in found.values_mut() {
        basis.accounts.sort_unstable();
    }
    Ok(found)
}

/// A row for each account of the tokens' users at these connections.
fn statement(keys: &[Key]) -> SelectStatement {
    use clients::Entity as Clients;
    use connections::Entity as Connections;
    use enablements::Entity as Enablements;
    use refresh_tokens::Entity as Tokens;
    use token_families::{Column as Family, Entity as Families};
    use token_sets::{Column as Set, Entity as Sets};

    let of_family = |column: Family| Expr::col((Families, column));
    let of_set = |column: Set| Expr::col((Sets, column));
    let mut enabled =
        Expr::col((Enablements, enablements::Column::ClientId)).equals((Families, Family::ClientId));
    enabled = enabled
        .and(Expr::col((Enablements, enablements::Column::ConnectionId)).equals((Sets, Set::ConnectionId)));
    Query::select()
        .column((Tokens, refresh_tokens::Column::TokenHash))
        .column((Connections, connections::Column::Name))
        .column((Clients, "revision"))
        .column((Connections, "revision"))
        .column((Enablements, "revision"))
        .column((Sets, Set::Id))
        .column((Sets, "revision"))
        .from(Tokens)
        .inner_join(Families, of_family(Family::Id).equals((Tokens, refresh_tokens::Column::FamilyId)))
        .inner_join(Clients, Expr::col((Clients, clients::Column::Id)).equals((Families, Family::ClientId)))
        .inner_join(Sets, of_set(Set::UserId).equals((Families, Family::UserId)))
        .inner_join(
            Connections,
            Expr::col((Connections, connections::Column::Id)).equals((Sets, Set::ConnectionId)),
        )
        .inner_join(Enablements, enabled)
        .and_where(refresh_tokens::Column::TokenHash.is_in(keys.iter().map(|(token, _)| token.clone())))
        .and_where(connections::Column::Name.is_in(keys.iter().map(|(_, name)| name.as_str())))
        .and_where(refresh_tokens::Column::RotatedAt.is_null())
        .and_where(token_families::Column::RevokedAt.is_null())
        .take()
}
