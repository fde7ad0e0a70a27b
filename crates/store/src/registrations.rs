//! Clients that register themselves, and the operator's leave for it: initial access tokens.

use claviger_protocol::{Client, InitialAccess};
use rusqlite::{Connection, params};

use crate::error::{Failure, StoreError};
use crate::{Store, clients, record};

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registering {
    /// The client is there.
    Done,
    /// The initial access token is unknown, expired or used up.
    TokenOver,
    /// There are as many registered clients as there may be.
    Full,
}

impl Store {
    /// Writes an initial access token under its digest.
    pub async fn create_initial_access(
        &self,
        digest: [u8; 32],
        token: InitialAccess,
    ) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "INSERT INTO initial_access (id, digest, record, expires) \
                       VALUES ($1, $2, $3, $4)";
            let record = serde_json::to_string(&token)?;
            let values = params![token.id, digest, record, token.expires_at];
            session.connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        })
        .await
    }

    /// The initial access token of a digest.
    pub async fn find_initial_access(
        &self,
        digest: [u8; 32],
    ) -> Result<Option<InitialAccess>, StoreError> {
        self.look_up(move |connection| initial_access(connection, digest)).await
    }

    /// Up to `limit` initial access tokens with ids beyond `after`.
    pub async fn list_initial_access(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<InitialAccess>, StoreError> {
        let sql = "SELECT record FROM initial_access WHERE id > $1 ORDER BY id LIMIT $2";
        self.page(sql, after, limit).await
    }

    /// Takes an initial access token away; tells whether there was one.
    pub async fn delete_initial_access(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |session| {
            let sql = "DELETE FROM initial_access WHERE id = $1";
            Ok(session.connection.prepare_cached(sql)?.execute([id])? > 0)
        })
        .await
    }

    /// Writes a client that registers itself, while there are fewer than `most`, and spends the initial access
    /// token of a digest, all or nothing: of many at once no more come in than the token has uses.
    pub async fn register_client(
        &self,
        client: Client,
        by: Option<[u8; 32]>,
        most: u32,
        now: i64,
    ) -> Result<Registering, StoreError> {
        self.write(move |session| {
            let connection = session.connection;
            let spent = match by {
                None => None,
                Some(digest) => {
                    let spent = initial_access(connection, digest)?.and_then(|it| it.spend(now));
                    let Some(spent) = spent else { return Ok(Registering::TokenOver) };
                    Some(spent)
                }
            };
            let sql = "SELECT count(*) FROM clients WHERE record ->> '$.registered' IS NOT NULL";
            let there: u32 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            if there >= most {
                return Ok(Registering::Full);
            }
            if let Some(spent) = spent {
                let sql = "UPDATE initial_access SET record = $1 WHERE id = $2";
                let record = serde_json::to_string(&spent)?;
                connection.prepare_cached(sql)?.execute(params![record, spent.id])?;
            }
            clients::create(connection, &client)?;
            Ok(Registering::Done)
        })
        .await
    }

    /// Forgets clients that registered themselves without anybody's leave before `before`, and that nobody has
    /// allowed anything since.
    pub async fn forget_unused_clients(&self, before: i64) -> Result<u64, StoreError> {
        self.write(move |session| {
            let sql = "DELETE FROM clients WHERE record ->> '$.registered' IS NOT NULL \
                       AND record ->> '$.registered.by' IS NULL \
                       AND CAST(record ->> '$.created_at' AS BIGINT) <= $1 \
                       AND NOT EXISTS (SELECT 1 FROM consents WHERE consents.client = clients.id) \
                       AND NOT EXISTS (SELECT 1 FROM families WHERE families.client = clients.id)";
            let gone = session.connection.prepare_cached(sql)?.execute([before])?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn initial_access(
    connection: &Connection,
    digest: [u8; 32],
) -> Result<Option<InitialAccess>, Failure> {
    record::find(connection, "SELECT record FROM initial_access WHERE digest = $1", [digest])
}
