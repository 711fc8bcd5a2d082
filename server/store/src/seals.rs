//! Every sealed value, wherever it stands: for sealing them anew under another key.

use coffer_core::hex::{hex, unhex};
use coffer_crypto::Sealed;
use sea_orm::{
    ColumnTrait as _, EntityTrait, Iterable as _, PrimaryKeyToColumn as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Value, sea_query::Expr,
};

use crate::{
    Store, StoreError,
    entity::{
        audit_chain, authenticator_apps, clients, connect_sessions, connections, idempotent_answers,
        revocations, signing_keys, token_sets, upstream_logins, webhooks,
    },
};

/// A sealed value and its place. The place is what it was sealed for.
#[derive(Clone, Debug)]
pub struct SealedRow {
    /// Table.
    pub table: &'static str,
    /// Primary key; hexadecimal where it is a hash.
    pub row: String,
    /// Column.
    pub column: &'static str,
    /// The value.
    pub sealed: Sealed,
}

/// Every sealed value.
#[derive(Clone, Debug)]
pub struct Seals(pub(crate) Store);

/// The columns that hold sealed values, in the order of paging.
const PLACES: [(&str, &str); 11] = [
    ("audit_chain", "key"),
    ("authenticator_apps", "secret"),
    ("clients", "secret_sealed"),
    ("connect_sessions", "tokens"),
    ("connections", "client_secret"),
    ("idempotent_answers", "answer"),
    ("revocations", "request"),
    ("signing_keys", "private"),
    ("token_sets", "tokens"),
    ("upstream_logins", "secrets"),
    ("webhooks", "secrets"),
];

impl Seals {
    /// Up to `limit` sealed values, beginning after the place `(table, row)`.
    pub async fn page(&self, after: Option<(&str, &str)>, limit: u64) -> Result<Vec<SealedRow>, StoreError> {
        let mut rows = Vec::new();
        for (table, column) in PLACES {
            let after = match after {
                Some((at, _)) if table < at => continue,
                Some((at, row)) if table == at => Some(row),
                _ => None,
            };
            let left = limit.saturating_sub(rows.len() as u64);
            if left == 0 {
                break;
            }
            let found = match table {
                "audit_chain" => {
                    self.texts::<audit_chain::Entity>(audit_chain::Column::Key, after, left).await?
                }
                "authenticator_apps" => {
                    self.texts::<authenticator_apps::Entity>(authenticator_apps::Column::Secret, after, left)
                        .await?
                }
                "clients" => {
                    self.texts::<clients::Entity>(clients::Column::SecretSealed, after, left).await?
                }
                "connect_sessions" => {
                    self.texts::<connect_sessions::Entity>(connect_sessions::Column::Tokens, after, left)
                        .await?
                }
                "idempotent_answers" => {
                    self.texts::<idempotent_answers::Entity>(idempotent_answers::Column::Answer, after, left)
                        .await?
                }
                "revocations" => {
                    self.texts::<revocations::Entity>(revocations::Column::Request, after, left).await?
                }
                "connections" => {
                    self.texts::<connections::Entity>(connections::Column::ClientSecret, after, left).await?
                }
                "signing_keys" => {
                    self.texts::<signing_keys::Entity>(signing_keys::Column::Private, after, left).await?
                }
                "token_sets" => {
                    self.texts::<token_sets::Entity>(token_sets::Column::Tokens, after, left).await?
                }
                "webhooks" => self.texts::<webhooks::Entity>(webhooks::Column::Secrets, after, left).await?,
                _ => self.upstream_logins(after, left).await?,
            };
            rows.extend(found.into_iter().map(|(row, value)| SealedRow {
                table,
                row,
                column,
                sealed: Sealed::from_bytes(value),
            }));
        }
        Ok(rows)
    }

    /// Replaces a sealed value, unless it is no longer `old`. False when it is not.
    pub async fn replace(
        &self,
        table: &str,
        row: &str,
        column: &str,
        old: &Sealed,
        new: &Sealed,
    ) -> Result<bool, StoreError> {
        let missing = StoreError::NotFound { what: "sealed column" };
        match (table, column) {
            ("audit_chain", "key") => {
                self.swap::<audit_chain::Entity>(audit_chain::Column::Key, row.into(), old, new).await
            }
            ("authenticator_apps", "secret") => {
                self.swap::<authenticator_apps::Entity>(
                    authenticator_apps::Column::Secret,
                    row.into(),
                    old,
                    new,
                )
                .await
            }
            ("clients", "secret_sealed") => {
                self.swap::<clients::Entity>(clients::Column::SecretSealed, row.into(), old, new).await
            }
            ("connect_sessions", "tokens") => {
                self.swap::<connect_sessions::Entity>(connect_sessions::Column::Tokens, row.into(), old, new)
                    .await
            }
            ("idempotent_answers", "answer") => {
                self.swap::<idempotent_answers::Entity>(
                    idempotent_answers::Column::Answer,
                    row.into(),
                    old,
                    new,
                )
                .await
            }
            ("revocations", "request") => {
                self.swap::<revocations::Entity>(revocations::Column::Request, row.into(), old, new).await
            }
            ("connections", "client_secret") => {
                self.swap::<connections::Entity>(connections::Column::ClientSecret, row.into(), old, new)
                    .await
            }
            ("signing_keys", "private") => {
                self.swap::<signing_keys::Entity>(signing_keys::Column::Private, row.into(), old, new).await
            }
            ("token_sets", "tokens") => {
                self.swap::<token_sets::Entity>(token_sets::Column::Tokens, row.into(), old, new).await
            }
            ("webhooks", "secrets") => {
                self.swap::<webhooks::Entity>(webhooks::Column::Secrets, row.into(), old, new).await
            }
            ("upstream_logins", "secrets") => {
                let Some(key) = unhex(row) else { return Err(missing) };
                self.swap::<upstream_logins::Entity>(upstream_logins::Column::Secrets, key.into(), old, new)
                    .await
            }
            _ => Err(missing),
        }
    }

    async fn texts<E: EntityTrait>(
        &self,
        column: E::Column,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let key = key::<E>();
        let mut query = E::find()
            .select_only()
            .columns([key, column])
            .filter(column.is_not_null())
            .order_by_asc(key)
            .limit(limit);
        if let Some(after) = after {
            query = query.filter(key.gt(after));
        }
        Ok(query.into_tuple().all(self.0.read()).await?)
    }

    async fn upstream_logins(
        &self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut query = upstream_logins::Entity::find()
            .select_only()
            .columns([upstream_logins::Column::StateHash, upstream_logins::Column::Secrets])
            .order_by_asc(upstream_logins::Column::StateHash)
            .limit(limit);
        if let Some(after) = after.and_then(unhex) {
            query = query.filter(upstream_logins::Column::StateHash.gt(after));
        }
        let rows: Vec<(Vec<u8>, Vec<u8>)> = query.into_tuple().all(self.0.read()).await?;
        Ok(rows.into_iter().map(|(key, value)| (hex(&key), value)).collect())
    }

    async fn swap<E: EntityTrait>(
        &self,
        column: E::Column,
        row: Value,
        old: &Sealed,
        new: &Sealed,
    ) -> Result<bool, StoreError> {
        let swapped = E::update_many()
            .col_expr(column, Expr::value(new.as_bytes().to_vec()))
            .filter(key::<E>().eq(row))
            .filter(column.eq(old.as_bytes().to_vec()))
            .exec(self.0.write())
            .await?;
        Ok(swapped.rows_affected > 0)
    }
}

/// The primary key of a table that has one column as its key, as all with sealed values do.
#[expect(clippy::expect_used, reason = "every entity has a primary key, or it would not compile")]
fn key<E: EntityTrait>() -> E::Column {
    E::PrimaryKey::iter().next().expect("a primary key").into_column()
}
