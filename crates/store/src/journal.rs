//! Refusals by their diagnosis id, so that an operator can find out what the client was not told.
//!
//! Keeps the latest ones, up to a bound in number and in age. What stands in the evidence is the caller's matter; secrets
//! do not.

use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use crate::error::StoreError;
use crate::{Store, count};

/// How long a refusal is kept at most, in seconds: 30 days. It names clients and addresses, and who
/// asks about it asks soon.
pub const KEPT_REFUSALS_SECS: i64 = 30 * 86_400;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalRecord {
    /// The diagnosis id.
    pub id: String,
    /// When. Unix seconds.
    pub at: i64,
    /// Why.
    pub code: String,
    /// What was known.
    pub evidence: Value,
}

impl Store {
    /// Writes a refusal down, and drops the oldest beyond `bound`. Those too old go with
    /// [`Store::forget_expired`].
    pub async fn record_refusal(
        &self,
        id: &str,
        at: i64,
        code: &str,
        evidence: Value,
        bound: u32,
    ) -> Result<(), StoreError> {
        let (id, code) = (id.to_owned(), code.to_owned());
        self.write(move |session| {
            let place = count(session.connection, "refusal")?;
            let sql = "INSERT INTO refusals (id, place, at, code, evidence) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET \
                       place = excluded.place, at = excluded.at, code = excluded.code, \
                       evidence = excluded.evidence";
            let evidence = serde_json::to_string(&evidence)?;
            session
                .connection
                .prepare_cached(sql)?
                .execute(params![id, place, at, code, evidence])?;
            session
                .connection
                .prepare_cached("DELETE FROM refusals WHERE place <= $1")?
                .execute([place.saturating_sub(i64::from(bound))])?;
            Ok(())
        })
        .await
    }

    /// The refusal of this id, while it is remembered.
    pub async fn find_refusal(&self, id: &str) -> Result<Option<RefusalRecord>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            let sql = "SELECT at, code, evidence FROM refusals WHERE id = $1";
            let row = connection
                .prepare_cached(sql)?
                .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
                .optional()?;
            let Some((at, code, evidence)) = row else {
                return Ok(None);
            };
            let evidence = serde_json::from_str(&evidence)?;
            Ok(Some(RefusalRecord { id, at, code, evidence }))
        })
        .await
    }
}
