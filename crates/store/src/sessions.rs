//! Log-ins: which browser is whose, what was consented to, and which grants hang on it.

use rusqlite::{OptionalExtension as _, Row, params};

use crate::error::StoreError;
use crate::{LONGEST_PAGE, Store};

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
    /// By what they proved it, as `amr` names it; separated by spaces.
    pub amr: String,
    /// When it began. Unix seconds.
    pub started: i64,
    /// In what browser, in words for its owner.
    pub browser: String,
}

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

const COLUMNS: &str = "sid, sub, auth_time, expires, amr, started, browser";

fn session(row: &Row<'_>) -> rusqlite::Result<LoginSession> {
    Ok(LoginSession {
        sid: row.get(0)?,
        sub: row.get(1)?,
        auth_time: row.get(2)?,
        expires: row.get(3)?,
        amr: row.get(4)?,
        started: row.get(5)?,
        browser: row.get(6)?,
    })
}

impl Store {
    /// Writes a new session under the digest of the browser's cookie.
    pub async fn create_session(
        &self,
        cookie: [u8; 32],
        session: LoginSession,
    ) -> Result<(), StoreError> {
        self.write(move |at| {
            let sql = "INSERT INTO sessions \
                       (sid, cookie, sub, auth_time, expires, amr, started, browser) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let LoginSession { sid, sub, auth_time, expires, amr, started, browser } = session;
            let values = params![sid, cookie, sub, auth_time, expires, amr, started, browser];
            at.connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        })
        .await
    }

    /// Goes on with a session whose owner proved again who they are: under another cookie, so that whoever knew
    /// the old one has nothing. False where it ended meanwhile.
    pub async fn renew_session(
        &self,
        cookie: [u8; 32],
        session: LoginSession,
    ) -> Result<bool, StoreError> {
        self.write(move |at| {
            let sql = "UPDATE sessions SET cookie = $1, auth_time = $2, expires = $3, amr = $4, \
                       browser = $5 WHERE sid = $6 AND sub = $7";
            let LoginSession { sid, sub, auth_time, expires, amr, browser, .. } = session;
            let values = params![cookie, auth_time, expires, amr, browser, sid, sub];
            Ok(at.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    /// The living session of a browser.
    pub async fn find_session(
        &self,
        cookie: [u8; 32],
        now: i64,
    ) -> Result<Option<LoginSession>, StoreError> {
        self.look_up(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM sessions WHERE cookie = $1 AND expires > $2");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![cookie, now], session).optional()?)
        })
        .await
    }

    /// The living session of this id.
    pub async fn find_session_by_id(
        &self,
        sid: &str,
        now: i64,
    ) -> Result<Option<LoginSession>, StoreError> {
        let sid = sid.to_owned();
        self.look_up(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM sessions WHERE sid = $1 AND expires > $2");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![sid, now], session).optional()?)
        })
        .await
    }

    /// The living sessions of a person, newest first; of very many the newest.
    pub async fn list_sessions(
        &self,
        sub: &str,
        now: i64,
    ) -> Result<Vec<LoginSession>, StoreError> {
        let sub = sub.to_owned();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM sessions WHERE sub = $1 AND expires > $2 \
                 ORDER BY auth_time DESC, sid LIMIT $3"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![sub, now, LONGEST_PAGE], session)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

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
