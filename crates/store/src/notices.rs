//! Log-outs that applications are still to be told of: a queue that outlives the process.
//!
//! Decides who is told of the end of a log-in: the clients that got tokens in it and want to know. Sends nothing.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::Store;
use crate::error::{Failure, StoreError};

/// A log-out that a client is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its place in the queue.
    pub id: i64,
    /// The client.
    pub client_id: String,
    /// The person, by their own `sub`.
    pub sub: String,
    /// The log-in that ended.
    pub sid: String,
    /// How often it was sent in vain.
    pub attempts: u32,
}

impl Store {
    /// Up to `limit` notices that are due, the longest waiting first.
    pub async fn due_notices(&self, now: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT id, client, sub, sid, attempts FROM logout_notices WHERE due <= $1 \
                       ORDER BY due, id LIMIT $2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![now, limit], |row| {
                Ok(Notice {
                    id: row.get(0)?,
                    client_id: row.get(1)?,
                    sub: row.get(2)?,
                    sid: row.get(3)?,
                    attempts: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// A notice was taken, or is given up.
    pub async fn drop_notice(&self, id: i64) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "DELETE FROM logout_notices WHERE id = $1";
            session.connection.prepare_cached(sql)?.execute([id])?;
            Ok(())
        })
        .await
    }

    /// A notice was not taken: it is due again at an instant.
    pub async fn postpone_notice(&self, id: i64, due: i64) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "UPDATE logout_notices SET due = $1, attempts = attempts + 1 WHERE id = $2";
            session.connection.prepare_cached(sql)?.execute([due, id])?;
            Ok(())
        })
        .await
    }
}

/// Remembers that a client got tokens in a log-in, for as long as that lasts.
pub(crate) fn take_part(connection: &Connection, sid: &str, client: &str) -> Result<(), Failure> {
    let sql = "INSERT INTO participants (client, sid, expires) \
               SELECT $1, sid, expires FROM sessions WHERE sid = $2 ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute([client, sid])?;
    Ok(())
}

/// Queues notices for the log-ins of a condition on `sessions`, before they are forgotten.
pub(crate) fn queue(
    connection: &Connection,
    condition: &str,
    values: &[Value],
    now: i64,
) -> Result<(), Failure> {
    let sql = format!(
        "INSERT INTO logout_notices (client, sub, sid, due, attempts) \
         SELECT participants.client, sub, sid, {now}, 0 \
         FROM sessions JOIN participants USING (sid) JOIN clients ON clients.id = participants.client \
         WHERE clients.record ->> '$.backchannel_logout_uri' IS NOT NULL AND {condition}"
    );
    connection.prepare(&sql)?.execute(params_from_iter(values))?;
    let sql = format!(
        "DELETE FROM participants WHERE sid IN (SELECT sid FROM sessions WHERE {condition})"
    );
    connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}
