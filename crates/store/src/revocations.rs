//! What was revoked, as one sequence: its numbers follow the order of commits and are never given
//! out twice.

use claviger_token::revocation::{Entry, Hash, Kind, hash};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::{Failure, StoreError};
use crate::{LONGEST_PAGE, Session, Store, count, from_stored, statuses, to_stored};

/// So many entries are read at a time.
const PIECE: u32 = 4096;
const COLUMNS: &str = "seq, kind, hash, until, expires, value";

/// A revocation that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevocation {
    /// What is revoked.
    pub kind: Kind,
    /// Which one: `jti`, `grant_id`, `sid`, `sub`, `client_id` or `kid`.
    pub value: String,
    /// Tokens issued up to then; none: all. Unix seconds.
    pub until: Option<i64>,
    /// When it can be forgotten. Unix seconds.
    pub expires: i64,
}

/// A revocation with the value that the feed does not tell; for the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// As the feed has it.
    pub entry: Entry,
    /// Which one.
    pub value: String,
}

impl Store {
    /// Revokes, and tells the entry. Where an entry stands that touches all that and as long, it is
    /// told instead: saying it twice changes nothing.
    pub async fn revoke(
        &self,
        kind: Kind,
        value: &str,
        until: Option<i64>,
        expires: i64,
    ) -> Result<Entry, StoreError> {
        let new = NewRevocation { kind, value: value.to_owned(), until, expires };
        self.write(move |session| append(session, &new)).await
    }

    /// Revokes several, all or none.
    pub async fn revoke_all(&self, all: Vec<NewRevocation>) -> Result<Vec<Entry>, StoreError> {
        self.write(move |session| all.iter().map(|new| append(session, new)).collect()).await
    }

    /// The entries beyond `seq`, in order; up to 4096, so ask again from the last until there are none.
    pub async fn revocations_since(&self, seq: u64) -> Result<Vec<Entry>, StoreError> {
        let listed = self.after(seq, PIECE).await?;
        Ok(listed.into_iter().map(|revoked| revoked.entry).collect())
    }

    /// Up to `limit` entries beyond `after`, with their values.
    pub async fn list_revocations(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Revoked>, StoreError> {
        self.after(after, limit.min(LONGEST_PAGE)).await
    }

    async fn after(&self, seq: u64, limit: u32) -> Result<Vec<Revoked>, StoreError> {
        self.read(move |connection| {
            let sql =
                format!("SELECT {COLUMNS} FROM revocations WHERE seq > $1 ORDER BY seq LIMIT $2");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![to_stored(seq), limit])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(revoked(row)?);
            }
            Ok(all)
        })
        .await
    }

    /// The number of the last entry ever made, whether it is still there or forgotten; 0: none.
    pub async fn latest_revocation(&self) -> Result<u64, StoreError> {
        self.read(latest).await
    }
}

pub(crate) fn latest(connection: &Connection) -> Result<u64, Failure> {
    let sql = "SELECT value FROM counters WHERE name = 'revocation'";
    let seq = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(from_stored(seq))
}

pub(crate) fn append(session: &Session<'_>, new: &NewRevocation) -> Result<Entry, Failure> {
    let NewRevocation { kind, value, until, expires } = new;
    if let Some(standing) = standing(session.connection, new)? {
        return Ok(standing);
    }
    let seq = count(session.connection, "revocation")?;
    let hash = hash(*kind, value);
    let sql = "INSERT INTO revocations (seq, kind, value, hash, until, expires) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    session.connection.prepare_cached(sql)?.execute(params![
        seq,
        kind.as_str(),
        value,
        hash,
        until,
        expires
    ])?;
    statuses::mark(session.connection, *kind, value, *until)?;
    let seq = from_stored(seq);
    session.latest.set(seq);
    Ok(Entry { seq, kind: *kind, hash, until: *until, expires: *expires })
}

/// An entry that touches all that `new` would, and stays as long.
fn standing(connection: &Connection, new: &NewRevocation) -> Result<Option<Entry>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM revocations WHERE kind = $1 AND value = $2 AND expires >= $3 \
         AND (until IS NULL OR until >= $4) ORDER BY seq DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    // Compared with NULL nothing is true: then only an entry for all of them will do.
    let values = params![new.kind.as_str(), new.value, new.expires, new.until];
    let found = statement.query_row(values, |row| Ok(revoked(row))).optional()?;
    Ok(found.transpose()?.map(|revoked| revoked.entry))
}

fn revoked(row: &Row<'_>) -> Result<Revoked, Failure> {
    let kind: String = row.get(1)?;
    let kind = Kind::from_name(&kind)
        .ok_or_else(|| Failure::Record(format!("a revocation has the kind `{kind}`")))?;
    let hash: Hash = row.get(2)?;
    let seq = from_stored(row.get(0)?);
    let entry = Entry { seq, kind, hash, until: row.get(3)?, expires: row.get(4)? };
    Ok(Revoked { entry, value: row.get(5)? })
}
