//! Forgetting what is over.

use crate::Store;
use crate::error::StoreError;

/// A used code is known for so long beyond its end: whoever brings it again is told apart from a guess.
const KEPT_CODES_SECS: i64 = 600;

impl Store {
    /// Drops what no living token or assertion can be touched by; tells how much.
    pub async fn forget_expired(&self, now: i64) -> Result<u64, StoreError> {
        self.write(move |session| {
            let mut forgotten = 0;
            for (sql, until) in [
                ("DELETE FROM revocations WHERE expires <= $1", now),
                ("DELETE FROM assertions WHERE expires <= $1", now),
                ("DELETE FROM initial_access WHERE expires <= $1", now),
                ("DELETE FROM sessions WHERE expires <= $1", now),
                ("DELETE FROM pushed_requests WHERE expires <= $1", now),
                (
                    "DELETE FROM device_codes WHERE expires <= $1",
                    now.saturating_sub(KEPT_CODES_SECS),
                ),
                ("DELETE FROM codes WHERE expires <= $1", now.saturating_sub(KEPT_CODES_SECS)),
                ("DELETE FROM families WHERE expires <= $1", now),
                ("DELETE FROM participants WHERE expires <= $1", now),
                ("DELETE FROM status_entries WHERE expires <= $1", now),
                ("DELETE FROM status_lists WHERE expires <= $1 AND used > 0", now),
            ] {
                forgotten += session.connection.prepare_cached(sql)?.execute([until])?;
            }
            Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
        })
        .await
    }
}
