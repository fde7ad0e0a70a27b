//! Which tokens stand in which status list, and which of them were revoked.
//!
//! Only tokens of clients that asked for it are written down here. Decides where a token stands and when a list is
//! over; never how one is published.

use claviger_token::revocation::Kind;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Failure, StoreError};
use crate::{Store, count};

/// A token is remembered for so long beyond its end, in seconds: clocks differ.
const KEPT_BEYOND: i64 = 300;

/// A token that is to stand in a list: all that it can be revoked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// Its `jti`.
    pub jti: String,
    /// Its `grant_id`.
    pub grant_id: Option<String>,
    /// Its `sid`.
    pub sid: Option<String>,
    /// Its `sub`.
    pub sub: String,
    /// Its `client_id`.
    pub client_id: String,
    /// The key that signs it.
    pub kid: String,
    /// Its `iat`. Unix seconds.
    pub iat: i64,
    /// Its `exp`. Unix seconds.
    pub exp: i64,
}

impl Store {
    /// Gives a token a place: the first free one of `candidates`, which the caller draws at random so that
    /// neighbours have nothing in common. A list takes `most` tokens, then the next one begins. None where all
    /// candidates were taken.
    pub async fn list_token(
        &self,
        token: ListedToken,
        candidates: Vec<u32>,
        most: u32,
    ) -> Result<Option<(u32, u32)>, StoreError> {
        self.write(move |session| {
            let connection = session.connection;
            let list = current(connection, most)?;
            let revoked = is_revoked(connection, &token)?;
            let sql = "INSERT INTO status_entries \
                       (list, idx, jti, grant_id, sid, sub, client, kid, iat, expires, revoked) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
            let mut statement = connection.prepare_cached(sql)?;
            let ListedToken { jti, grant_id, sid, sub, client_id, kid, iat, exp } = &token;
            let expires = exp.saturating_add(KEPT_BEYOND);
            for idx in candidates {
                let values = params![
                    list, idx, jti, grant_id, sid, sub, client_id, kid, iat, expires, revoked
                ];
                if statement.execute(values)? > 0 {
                    let sql = "UPDATE status_lists SET used = used + 1, \
                               expires = CASE WHEN expires < $1 THEN $1 ELSE expires END \
                               WHERE list = $2";
                    connection.prepare_cached(sql)?.execute(params![expires, list])?;
                    return Ok(Some((list, idx)));
                }
            }
            Ok(None)
        })
        .await
    }

    /// The revoked entries of a list; none where there is no such list, or no more.
    pub async fn status_list(&self, list: u32) -> Result<Option<Vec<u32>>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM status_lists WHERE list = $1";
            let there = connection.prepare_cached(sql)?.query_row([list], |_| Ok(())).optional()?;
            if there.is_none() {
                return Ok(None);
            }
            let sql = "SELECT idx FROM status_entries WHERE list = $1 AND revoked = 1";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([list], |row| row.get(0))?;
            Ok(Some(rows.collect::<Result<_, _>>()?))
        })
        .await
    }
}

/// The list that takes tokens now.
fn current(connection: &Connection, most: u32) -> Result<u32, Failure> {
    let sql = "SELECT list FROM status_lists WHERE used < $1 ORDER BY list DESC LIMIT 1";
    let found: Option<u32> =
        connection.prepare_cached(sql)?.query_row([most], |row| row.get(0)).optional()?;
    if let Some(list) = found {
        return Ok(list);
    }
    // Numbers are never given out twice: an address that once had a list must not get another one's.
    let list = count(connection, "status-list")?;
    let sql = "INSERT INTO status_lists (list, used, expires) VALUES ($1, 0, 0)";
    connection.prepare_cached(sql)?.execute([list])?;
    Ok(u32::try_from(list).unwrap_or(u32::MAX))
}

/// Whether what a token hangs on was revoked a moment ago, while it was being made.
fn is_revoked(connection: &Connection, token: &ListedToken) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM revocations WHERE kind = $1 AND value = $2 \
               AND (until IS NULL OR until >= $3) LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let values = [
        (Kind::Grant, token.grant_id.as_deref()),
        (Kind::Session, token.sid.as_deref()),
        (Kind::Subject, Some(token.sub.as_str())),
        (Kind::Client, Some(token.client_id.as_str())),
        (Kind::Key, Some(token.kid.as_str())),
        (Kind::All, Some(claviger_token::revocation::EVERYTHING)),
    ];
    for (kind, value) in values {
        let Some(value) = value else { continue };
        if statement.exists(params![kind.as_str(), value, token.iat])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Marks the tokens that a revocation touches.
pub(crate) fn mark(
    connection: &Connection,
    kind: Kind,
    value: &str,
    until: Option<i64>,
) -> Result<(), Failure> {
    let until = until.unwrap_or(i64::MAX);
    let column = match kind {
        Kind::Token => "jti",
        Kind::Grant => "grant_id",
        Kind::Session => "sid",
        Kind::Subject => "sub",
        Kind::Client => "client",
        Kind::Key => "kid",
        Kind::All => {
            let sql = "UPDATE status_entries SET revoked = 1 WHERE iat <= $1";
            connection.prepare_cached(sql)?.execute([until])?;
            return Ok(());
        }
    };
    let sql = format!("UPDATE status_entries SET revoked = 1 WHERE {column} = $1 AND iat <= $2");
    connection.prepare_cached(&sql)?.execute(params![value, until])?;
    Ok(())
}
