//! Releases of a provider's token that repeat an earlier one: their event is written only where all that the earlier
//! one rested on still stands, which is asked in the same transaction.

use std::collections::HashMap;

use coffer_core::audit::AuditEvent;
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait,
    sea_query::{Expr, ExprTrait as _, IntoTableRef, Query, SelectStatement},
};

use crate::{
    Store, StoreError, audit,
    batch::padded,
    entity::{clients, connections, enablements, refresh_tokens, token_families, token_sets},
    group::{Told, tell, tell_each},
};

/// Releases of one transaction at most.
const MOST: usize = 128;
/// The column that triggers set.
const REVISION: &str = "revision";

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
        Ok(done) => tell_each(told, done),
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
        // Without an enablement there is nothing to release.
        let Some(enablement) = row.try_get_by_index(4)? else { continue };
        let basis = found.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_insert(Basis {
            client: row.try_get_by_index(2)?,
            connection: row.try_get_by_index(3)?,
            enablement,
            accounts: vec![],
        });
        basis.accounts.push((row.try_get_by_index(5)?, row.try_get_by_index(6)?));
    }
    for basis in found.values_mut() {
        basis.accounts.sort_unstable();
    }
    Ok(found)
}

/// A row for each account of the tokens' users, anywhere. Everything is found by its key, whatever a planner knows or
/// does not know of the tables: what could be reached another way is a query of its own for each row.
fn statement(keys: &[Key]) -> SelectStatement {
    use clients::{Column as Client, Entity as Clients};
    use connections::{Column as Connection, Entity as Connections};
    use enablements::{Column as Enablement, Entity as Enablements};
    use refresh_tokens::{Column as Token, Entity as Tokens};
    use token_families::{Column as Family, Entity as Families};
    use token_sets::{Column as Set, Entity as Sets};

    let of_client = Expr::col((Clients, Client::Id)).equals((Families, Family::ClientId));
    let of_connection = || Expr::col((Connections, Connection::Id)).equals((Sets, Set::ConnectionId));
    let of_both = Expr::col((Enablements, Enablement::ClientId))
        .equals((Families, Family::ClientId))
        .and(Expr::col((Enablements, Enablement::ConnectionId)).equals((Sets, Set::ConnectionId)));
    let name = Query::select().column(Connection::Name).from(Connections).and_where(of_connection()).take();
    Query::select()
        .column((Tokens, Token::TokenHash))
        .expr(name)
        .expr(revision(Clients, of_client))
        .expr(revision(Connections, of_connection()))
        .expr(revision(Enablements, of_both))
        .column((Sets, Set::Id))
        .column((Sets, REVISION))
        .from(Tokens)
        .inner_join(Families, Expr::col((Families, Family::Id)).equals((Tokens, Token::FamilyId)))
        .inner_join(Sets, Expr::col((Sets, Set::UserId)).equals((Families, Family::UserId)))
        .and_where(Token::TokenHash.is_in(keys.iter().map(|(token, _)| token.clone())))
        .and_where(Token::RotatedAt.is_null())
        .and_where(Family::RevokedAt.is_null())
        .take()
}

/// The revision of the one row of `table` that is meant.
fn revision(table: impl IntoTableRef, meant: Expr) -> SelectStatement {
    Query::select().column(REVISION).from(table).and_where(meant).take()
}
