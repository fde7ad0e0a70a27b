//! Log-ins: which browser is whose.

use rusqlite::{OptionalExtension as _, Row, ToSql, params};

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
        self.living_session("cookie", cookie, now).await
    }

    /// The living session of this id.
    pub async fn find_session_by_id(
        &self,
        sid: &str,
        now: i64,
    ) -> Result<Option<LoginSession>, StoreError> {
        self.living_session("sid", sid.to_owned(), now).await
    }

    async fn living_session(
        &self,
        column: &str,
        value: impl ToSql + Send + 'static,
        now: i64,
    ) -> Result<Option<LoginSession>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM sessions WHERE {column} = $1 AND expires > $2");
        self.look_up(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![value, now], session).optional()?)
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
}
