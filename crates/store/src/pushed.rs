//! Authorization requests that were pushed (RFC 9126), under the digest of their names.

use claviger_protocol::{CodeGrant, PushedRequest};
use rusqlite::params;

use crate::error::StoreError;
use crate::{Store, families, record};

impl Store {
    /// Writes a request; false where its client has `most` that live.
    pub async fn push_request(
        &self,
        hash: [u8; 32],
        pushed: PushedRequest,
        most: u32,
        now: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |session| {
            let PushedRequest { client_id, expires_at, .. } = &pushed;
            let sql = "INSERT INTO pushed_requests (hash, client, record, expires) \
                       SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM pushed_requests \
                       WHERE client = $2 AND expires > $6) < $5";
            let record = serde_json::to_string(&pushed)?;
            let values = params![hash, client_id, record, expires_at, most, now];
            Ok(session.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    /// Lets `rule` open a request, and keeps what it makes of it.
    pub async fn open_request(
        &self,
        hash: [u8; 32],
        rule: impl FnOnce(&PushedRequest) -> Option<PushedRequest> + Send + 'static,
    ) -> Result<Option<PushedRequest>, StoreError> {
        self.write(move |session| {
            let sql = "SELECT record FROM pushed_requests WHERE hash = $1";
            let found = record::find(session.connection, sql, [hash])?;
            let Some(before) = found else { return Ok(None) };
            let after = rule(&before);
            if let Some(after) = after.as_ref().filter(|after| **after != before) {
                let sql = "UPDATE pushed_requests SET record = $1, expires = $2 WHERE hash = $3";
                let values = params![serde_json::to_string(after)?, after.expires_at, hash];
                session.connection.prepare_cached(sql)?.execute(values)?;
            }
            Ok(after)
        })
        .await
    }

    /// Writes a code in exchange for the request that it answers; false where that was answered before.
    pub async fn create_code_for(
        &self,
        request: [u8; 32],
        hash: [u8; 32],
        grant: CodeGrant,
    ) -> Result<bool, StoreError> {
        self.write(move |session| {
            let sql = "DELETE FROM pushed_requests WHERE hash = $1";
            if session.connection.prepare_cached(sql)?.execute([request])? == 0 {
                return Ok(false);
            }
            families::create_code(session.connection, hash, &grant)?;
            Ok(true)
        })
        .await
    }
}
