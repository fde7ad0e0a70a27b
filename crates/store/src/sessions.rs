//! Log-ins: which browser is whose, what was consented to, and which grants hang on it.

use rusqlite::{OptionalExtension as _, params};

use crate::Store;
use crate::error::StoreError;

/// A log-in that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSession {
    /// Its id, the `sid` of tokens.
    pub sid: String,
    /// Whose it is.
    pub sub: String,
    /// When they proved who they are. Unix seconds.
    pub auth_time: i64,
    /// Unix seconds.
    pub expires: i64,
}

impl Store {
    /// Writes a new session under the digest of the browser's cookie.
    pub async fn create_session(
        &self,
        cookie: [u8; 32],
        session: LoginSession,
    ) -> Result<(), StoreError> {
        self.write(move |at| {
            let sql = "INSERT INTO sessions (sid, cookie, sub, auth_time, expires) \
                       VALUES ($1, $2, $3, $4, $5)";
            let LoginSession { sid, sub, auth_time, expires } = session;
            let values = params![sid, cookie, sub, auth_time, expires];
            at.connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        })
        .await
    }

    /// The living session of a browser.
    pub async fn find_session(
        &self,
        cookie: [u8; 32],
        now: i64,
    ) -> Result<Option<LoginSession>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT sid, sub, auth_time, expires FROM sessions \
                       WHERE cookie = $1 AND expires > $2";
            let found = connection.prepare_cached(sql)?.query_row(params![cookie, now], |row| {
                Ok(LoginSession {
                    sid: row.get(0)?,
                    sub: row.get(1)?,
                    auth_time: row.get(2)?,
                    expires: row.get(3)?,
                })
            });
            Ok(found.optional()?)
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
