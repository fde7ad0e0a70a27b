//! What people have allowed applications, and took back.

use rusqlite::{OptionalExtension as _, params};

use crate::error::StoreError;
use crate::{LONGEST_PAGE, Store};

/// What somebody has allowed an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The client.
    pub client: String,
    /// The API; empty where only the identity.
    pub resource: String,
    /// What was allowed, separated by spaces.
    pub scope: String,
    /// When. Unix seconds.
    pub at: i64,
}

impl Store {
    /// What a person has allowed, by client; of very much the first.
    pub async fn list_consents(&self, sub: &str) -> Result<Vec<Consent>, StoreError> {
        let sub = sub.to_owned();
        self.read(move |connection| {
            let sql = "SELECT client, resource, scope, at FROM consents WHERE sub = $1 \
                       ORDER BY client, resource LIMIT $2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![sub, LONGEST_PAGE], |row| {
                Ok(Consent {
                    client: row.get(0)?,
                    resource: row.get(1)?,
                    scope: row.get(2)?,
                    at: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Forgets what a person has allowed a client, and names the grants that it holds of them.
    pub async fn withdraw_consent(
        &self,
        sub: &str,
        client: &str,
    ) -> Result<Vec<String>, StoreError> {
        let (sub, client) = (sub.to_owned(), client.to_owned());
        self.write(move |session| {
            let sql = "DELETE FROM consents WHERE sub = $1 AND client = $2";
            session.connection.prepare_cached(sql)?.execute([&sub, &client])?;
            // Codes that were given out and not redeemed yet would make another grant.
            let sql = "DELETE FROM codes WHERE used_at IS NULL \
                       AND record ->> '$.sub' = $1 AND record ->> '$.client_id' = $2";
            session.connection.prepare_cached(sql)?.execute([&sub, &client])?;
            let sql = "SELECT id FROM families WHERE sub = $1 AND client = $2 \
                       AND record ->> '$.ended' IS NULL";
            let mut statement = session.connection.prepare_cached(sql)?;
            let rows = statement.query_map([&sub, &client], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The scope that somebody has granted a client for an API; empty where none.
    pub async fn consented(
        &self,
        sub: &str,
        client: &str,
        resource: &str,
    ) -> Result<String, StoreError> {
        let (sub, client, resource) = (sub.to_owned(), client.to_owned(), resource.to_owned());
        self.read(move |connection| {
            let sql = "SELECT scope FROM consents WHERE sub = $1 AND client = $2 AND resource = $3";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![sub, client, resource], |row| row.get(0));
            Ok(found.optional()?.unwrap_or_default())
        })
        .await
    }

    /// Whether somebody has granted a client something for an API since then.
    pub async fn consented_since(
        &self,
        sub: &str,
        client: &str,
        resource: &str,
        since: i64,
    ) -> Result<bool, StoreError> {
        let (sub, client, resource) = (sub.to_owned(), client.to_owned(), resource.to_owned());
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM consents \
                       WHERE sub = $1 AND client = $2 AND resource = $3 AND at >= $4";
            let mut statement = connection.prepare_cached(sql)?;
            let count: i64 =
                statement.query_row(params![sub, client, resource, since], |row| row.get(0))?;
            Ok(count > 0)
        })
        .await
    }

    /// Remembers a consent, over an earlier one.
    pub async fn consent(
        &self,
        sub: &str,
        client: &str,
        resource: &str,
        scope: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let values = [sub, client, resource, scope].map(str::to_owned);
        self.write(move |session| {
            let sql = "INSERT INTO consents (sub, client, resource, scope, at) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sub, client, resource) \
                       DO UPDATE SET scope = excluded.scope, at = excluded.at";
            let [sub, client, resource, scope] = values;
            let values = params![sub, client, resource, scope, now];
            session.connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        })
        .await
    }
}
