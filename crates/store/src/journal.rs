//! The journal: what happened, in order, by its id. It is added to and never changed, but for the count of an
//! entry that stands for many alike.
//!
//! Keeps the latest ones, up to a bound in number and in age. What stands in an entry is the caller's matter;
//! secrets do not.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use serde_json::Value;

use crate::error::{Failure, StoreError};
use crate::{LONGEST_PAGE, Store, count, from_stored, to_stored};

/// An entry. Subject and address are hashes by a key that the database does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// By what it is asked for.
    pub id: String,
    /// Its place; 0 where it has none yet.
    pub seq: u64,
    /// When it happened first. Unix seconds.
    pub at: i64,
    /// When it happened last.
    pub last_at: i64,
    /// How often.
    pub count: u64,
    /// Which kind of event.
    pub kind: String,
    /// What happened, or why something did not.
    pub code: String,
    /// Which client it is about.
    pub client: Option<String>,
    /// Whom it is about, hashed.
    pub subject: Option<String>,
    /// From where, hashed.
    pub address: Option<String>,
    /// What else is known.
    pub record: Value,
}

/// More of what an entry stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    /// Which entry.
    pub id: String,
    /// How often since.
    pub more: u64,
    /// When last.
    pub last_at: i64,
}

/// Which entries are asked for; none of a member: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFilter {
    /// Behind this place.
    pub after: Option<u64>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With this code.
    pub code: Option<String>,
    /// About this client.
    pub client: Option<String>,
    /// About whom, hashed.
    pub subject: Option<String>,
    /// From where, hashed.
    pub address: Option<String>,
    /// Not before this instant.
    pub since: Option<i64>,
    /// The newest of them, still in order, not the oldest.
    pub newest: bool,
}

/// Raises the count of an entry that its author told before; says whether there was one. It keeps its place: who
/// tells of a flood again and again must not push the others out.
fn told_anew(connection: &Connection, entry: &JournalEntry) -> Result<bool, Failure> {
    let Some(by) = entry.record.get("by").and_then(Value::as_str) else { return Ok(false) };
    let mut statement = connection.prepare_cached(
        "UPDATE journal SET count = max(count, $1), last_at = max(last_at, $2) WHERE id = $3 \
         AND kind = $4 AND code = $5 AND client IS $6 AND record ->> 'by' = $7",
    )?;
    let changed = statement.execute(params![
        to_stored(entry.count),
        entry.last_at,
        entry.id,
        entry.kind,
        entry.code,
        entry.client,
        by,
    ])?;
    Ok(changed > 0)
}

const COLUMNS: &str = "seq, id, at, last_at, count, kind, code, client, subject, address, record";

impl Store {
    /// Writes entries and counts, all in one transaction, and drops the oldest beyond `bound`. An id that
    /// stands already is left as it is, but for what its author tells anew of the same: then the higher count
    /// holds, so that what is told twice counts once.
    pub async fn record(
        &self,
        entries: Vec<JournalEntry>,
        counts: Vec<Recount>,
        bound: u32,
    ) -> Result<(), StoreError> {
        self.write(move |session| {
            let connection = session.connection;
            let mut place = None;
            for entry in &entries {
                if entry.count > 1 && told_anew(connection, entry)? {
                    continue;
                }
                let seq = count(connection, "journal")?;
                place = Some(seq);
                connection
                    .prepare_cached(
                        "INSERT INTO journal (seq, id, at, last_at, count, kind, code, client, \
                         subject, address, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
                         $10, $11) ON CONFLICT (id) DO NOTHING",
                    )?
                    .execute(params![
                        seq,
                        entry.id,
                        entry.at,
                        entry.last_at,
                        to_stored(entry.count),
                        entry.kind,
                        entry.code,
                        entry.client,
                        entry.subject,
                        entry.address,
                        serde_json::to_string(&entry.record)?,
                    ])?;
            }
            for more in &counts {
                connection
                    .prepare_cached(
                        "UPDATE journal SET count = count + $1, last_at = max(last_at, $2) \
                         WHERE id = $3",
                    )?
                    .execute(params![to_stored(more.more), more.last_at, more.id])?;
            }
            if let Some(place) = place {
                connection
                    .prepare_cached("DELETE FROM journal WHERE seq <= $1")?
                    .execute([place.saturating_sub(i64::from(bound))])?;
            }
            Ok(())
        })
        .await
    }

    /// The entry of this id, while it is remembered.
    pub async fn find_entry(&self, id: &str) -> Result<Option<JournalEntry>, StoreError> {
        let id = id.to_owned();
        self.look_up(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM journal WHERE id = $1");
            let mut statement = connection.prepare_cached(&sql)?;
            let row = statement.query_row([&id], |row| Ok(entry(row))).optional()?;
            row.transpose()
        })
        .await
    }

    /// Entries in order, at most `limit`.
    pub async fn list_journal(
        &self,
        filter: JournalFilter,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(move |connection| {
            let mut values: Vec<Sql> = Vec::new();
            let mut sql = format!("SELECT {COLUMNS} FROM journal WHERE 1 = 1");
            let texts = [
                ("kind", filter.kind),
                ("code", filter.code),
                ("client", filter.client),
                ("subject", filter.subject),
                ("address", filter.address),
            ];
            let numbers = [("seq >", filter.after.map(to_stored)), ("last_at >=", filter.since)];
            let texts = texts
                .into_iter()
                .filter_map(|(name, value)| Some((format!("{name} ="), Sql::Text(value?))));
            let numbers = numbers
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), Sql::Integer(value?))));
            for (compared, value) in texts.chain(numbers) {
                values.push(value);
                sql.push_str(&format!(" AND {compared} ${}", values.len()));
            }
            let order = if filter.newest { "DESC" } else { "ASC" };
            let limit = limit.min(LONGEST_PAGE);
            sql.push_str(&format!(" ORDER BY seq {order} LIMIT {limit}"));
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(entry(row)?);
            }
            if filter.newest {
                found.reverse();
            }
            Ok(found)
        })
        .await
    }

    /// Drops entries that nothing was added to since `before`; tells how many.
    pub async fn forget_journal(&self, before: i64) -> Result<u64, StoreError> {
        self.write(move |session| {
            let mut statement =
                session.connection.prepare_cached("DELETE FROM journal WHERE last_at <= $1")?;
            Ok(u64::try_from(statement.execute([before])?).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn entry(row: &Row<'_>) -> Result<JournalEntry, Failure> {
    Ok(JournalEntry {
        seq: from_stored(row.get(0)?),
        id: row.get(1)?,
        at: row.get(2)?,
        last_at: row.get(3)?,
        count: from_stored(row.get(4)?),
        kind: row.get(5)?,
        code: row.get(6)?,
        client: row.get(7)?,
        subject: row.get(8)?,
        address: row.get(9)?,
        record: serde_json::from_str(&row.get::<_, String>(10)?)?,
    })
}
