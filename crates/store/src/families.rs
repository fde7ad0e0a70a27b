//! Grants: a code is redeemed once, a family of refresh tokens moves on by compare-and-set. A grant that cannot be
//! refreshed is a family whose first token was given to nobody.

use claviger_protocol::{CodeGrant, Family, Redemption};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Deserialize;

use crate::Store;
use crate::error::{Failure, StoreError};
use crate::notices;

/// A family with the answer that was given last, sealed.
#[derive(Clone)]
pub struct HeldFamily {
    /// The record.
    pub family: Family,
    /// The last answer, as the caller sealed it.
    pub replay: Option<Vec<u8>>,
    /// Whether its owner is there and may log in.
    pub owner_may: bool,
}

/// What of a person's record decides on their grants. Each refresh reads it: the rest is not made into values.
#[derive(Deserialize)]
struct Standing {
    #[serde(default)]
    disabled: bool,
}

impl std::fmt::Debug for HeldFamily {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HeldFamily").field("family", &self.family.id).finish_non_exhaustive()
    }
}

/// What a redemption came to.
#[derive(Debug)]
pub enum Redeemed {
    /// Nobody gave out such a code.
    Unknown,
    /// The rule's own decision, with what the code stands for and the grant that its first redemption gave.
    Decided(Box<CodeGrant>, Redemption, Option<String>),
}

impl Store {
    /// Writes a code under its digest.
    pub async fn create_code(&self, hash: [u8; 32], grant: CodeGrant) -> Result<(), StoreError> {
        self.write(move |session| create_code(session.connection, hash, &grant)).await
    }

    /// Lets `rule` decide on a code, given whether it was used before, and does what it decides, all in one
    /// transaction: of many at once one takes it. What it gives is known as `grant_id`; with the code the
    /// `family` of that id is made.
    pub async fn redeem_code<F>(
        &self,
        hash: [u8; 32],
        now: i64,
        grant_id: String,
        family: impl FnOnce(&CodeGrant) -> Option<Family> + Send + 'static,
        rule: F,
    ) -> Result<Redeemed, StoreError>
    where
        F: FnOnce(&CodeGrant, bool) -> Redemption + Send + 'static,
    {
        self.write(move |session| {
            let connection = session.connection;
            let sql = "SELECT record, used_at, family FROM codes WHERE hash = $1";
            let found: Option<(String, Option<i64>, Option<String>)> = connection
                .prepare_cached(sql)?
                .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((record, used_at, gave)) = found else {
                return Ok(Redeemed::Unknown);
            };
            let grant: CodeGrant = serde_json::from_str(&record)?;
            let decision = rule(&grant, used_at.is_some());
            let gave = match &decision {
                Redemption::Take => {
                    let family = family(&grant);
                    if let Some(family) = &family {
                        create(connection, family)?;
                    }
                    let sql = "UPDATE codes SET used_at = $1, family = $2 WHERE hash = $3";
                    connection.prepare_cached(sql)?.execute(params![now, grant_id, hash])?;
                    notices::take_part(connection, &grant.sid, &grant.client_id)?;
                    Some(grant_id)
                }
                // The caller ends what the first one gave.
                Redemption::Leaked(_) => gave,
                Redemption::Leave(_) => None,
            };
            Ok(Redeemed::Decided(Box::new(grant), decision, gave))
        })
        .await
    }

    /// A family, and how its owner stands.
    pub async fn find_family(&self, id: &str) -> Result<Option<HeldFamily>, StoreError> {
        let id = id.to_owned();
        self.look_up(move |connection| {
            let sql = "SELECT families.record, families.replay, users.record FROM families \
                       LEFT JOIN users ON users.id = families.sub WHERE families.id = $1";
            let row =
                |row: &Row<'_>| -> rusqlite::Result<(String, Option<Vec<u8>>, Option<String>)> {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                };
            let found = connection.prepare_cached(sql)?.query_row([id], row).optional()?;
            let Some((record, replay, owner)) = found else { return Ok(None) };
            let standing: Option<Standing> =
                owner.map(|owner| serde_json::from_str(&owner)).transpose()?;
            Ok(Some(HeldFamily {
                family: serde_json::from_str(&record)?,
                replay,
                owner_may: standing.is_some_and(|standing| !standing.disabled),
            }))
        })
        .await
    }

    /// Writes a family over the one of the generation that was read; false where somebody was faster.
    pub async fn move_family(
        &self,
        from: u32,
        family: Family,
        replay: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        self.write(move |session| {
            // An end is never written over, and a family of another generation is another one by now.
            let sql = "UPDATE families SET replay = CASE WHEN generation = $1 THEN replay ELSE $2 END, \
                       generation = $1, record = $3 \
                       WHERE id = $4 AND generation = $5 AND record ->> '$.ended' IS NULL";
            let record = serde_json::to_string(&family)?;
            let values = params![family.generation, replay, record, family.id, from];
            Ok(session.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }
}

pub(crate) fn create_code(
    connection: &Connection,
    hash: [u8; 32],
    grant: &CodeGrant,
) -> Result<(), Failure> {
    let sql = "INSERT INTO codes (hash, record, expires) VALUES ($1, $2, $3)";
    let record = serde_json::to_string(grant)?;
    connection.prepare_cached(sql)?.execute(params![hash, record, grant.expires_at])?;
    Ok(())
}

pub(crate) fn create(connection: &Connection, family: &Family) -> Result<(), Failure> {
    let sql = "INSERT INTO families (id, generation, sub, sid, client, record, expires) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let Family { id, generation, sub, sid, client_id, expires_at, .. } = family;
    let record = serde_json::to_string(family)?;
    let values = params![id, generation, sub, sid, client_id, record, expires_at];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
