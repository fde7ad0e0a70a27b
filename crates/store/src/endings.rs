//! What ends with what: a grant, a session, everything of a person or a client, or everything before an
//! instant. One ending is one transaction: grants, log-ins, codes and the entries that guards read.
//!
//! Decides how far an ending reaches; why somebody ends something is not known here.

use claviger_protocol::FamilyEnd;
use claviger_token::revocation::{EVERYTHING, Entry, Kind};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::error::{Failure, StoreError};
use crate::revocations::{NewRevocation, append};
use crate::{Session, Store, notices, users};

/// What is to end. An instant means: what was granted by log-ins up to it, and tokens issued up to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A grant with every token that came from it.
    Grant {
        /// Its id.
        id: String,
        /// What its next refresh is told.
        why: FamilyEnd,
    },
    /// A log-in with every grant that hangs on it.
    Session {
        /// Its `sid`.
        sid: String,
        /// Spares grants that were given for when the person is away (`offline_access`).
        offline_stays: bool,
    },
    /// Everything of a person.
    Subject {
        /// Their `sub`, or one that a client knows them by.
        sub: String,
        /// The instant. Unix seconds.
        until: i64,
    },
    /// Everything of a client. Log-ins stay: they are people's.
    Client {
        /// Its id.
        id: String,
        /// The instant. Unix seconds.
        until: i64,
    },
    /// Everything of everybody.
    All {
        /// The instant. Unix seconds.
        until: i64,
    },
}

/// What an ending came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The entry that guards read; the last one where there are several.
    pub entry: Entry,
    /// How many log-ins ended.
    pub sessions: usize,
    /// How many grants ended.
    pub grants: usize,
}

/// Which rows an ending reaches.
struct Reach {
    /// A condition on `families`.
    families: &'static str,
    /// A condition on `sessions`; none where log-ins stay.
    sessions: Option<&'static str>,
    /// A condition on the JSON of `codes`; none where they stay.
    codes: Option<&'static str>,
    values: Vec<Value>,
    why: FamilyEnd,
}

impl Store {
    /// Ends something, and tells the entry once all of it is on the disk. `expires` is when the last token
    /// that is touched has expired.
    pub async fn end(&self, ending: Ending, now: i64, expires: i64) -> Result<Ended, StoreError> {
        self.write(move |session| carry_out(session, &ending, now, expires)).await
    }
}

pub(crate) fn carry_out(
    session: &Session<'_>,
    ending: &Ending,
    now: i64,
    expires: i64,
) -> Result<Ended, Failure> {
    let connection = session.connection;
    let revoke = |kind: Kind, value: &str, until: Option<i64>| {
        append(session, &NewRevocation { kind, value: value.to_owned(), until, expires })
    };
    let (entry, reach) = match ending {
        Ending::Grant { id, why } => (
            revoke(Kind::Grant, id, None)?,
            Reach {
                families: "id = $1",
                sessions: None,
                // The code that the grant came from was used, so there is none.
                codes: None,
                values: vec![id.clone().into()],
                why: *why,
            },
        ),
        Ending::Session { sid, offline_stays } => {
            let entry = revoke(Kind::Session, sid, None)?;
            let entry =
                if *offline_stays { entry } else { end_offline(session, sid, entry, &revoke)? };
            let reach = Reach {
                families: if *offline_stays { ONLINE } else { "sid = $1" },
                sessions: Some("sid = $1"),
                codes: Some("record ->> '$.sid' = $1"),
                values: vec![sid.clone().into()],
                why: FamilyEnd::SessionEnded,
            };
            (entry, reach)
        }
        Ending::Subject { sub, until } => {
            let sub = users::behind(connection, sub)?.unwrap_or_else(|| sub.clone());
            let mut entry = revoke(Kind::Subject, &sub, Some(*until))?;
            let names: Vec<String> = {
                let sql = "SELECT alias FROM aliases WHERE sub = $1";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([&sub], |row| row.get(0))?;
                rows.collect::<Result<_, _>>()?
            };
            for alias in names {
                let other = revoke(Kind::Subject, &alias, Some(*until))?;
                if other.seq > entry.seq {
                    entry = other;
                }
            }
            let reach = Reach {
                families: "sub = $1 AND record ->> '$.auth_time' <= $2",
                sessions: Some("sub = $1 AND auth_time <= $2"),
                codes: Some("record ->> '$.sub' = $1 AND record ->> '$.auth_time' <= $2"),
                values: vec![sub.into(), (*until).into()],
                why: FamilyEnd::SubjectRevoked,
            };
            (entry, reach)
        }
        Ending::Client { id, until } => (
            revoke(Kind::Client, id, Some(*until))?,
            Reach {
                families: "client = $1 AND record ->> '$.auth_time' <= $2",
                sessions: None,
                codes: Some("record ->> '$.client_id' = $1 AND record ->> '$.auth_time' <= $2"),
                values: vec![id.clone().into(), (*until).into()],
                why: FamilyEnd::ClientRevoked,
            },
        ),
        Ending::All { until } => (
            revoke(Kind::All, EVERYTHING, Some(*until))?,
            Reach {
                families: "record ->> '$.auth_time' <= $1",
                sessions: Some("auth_time <= $1"),
                codes: Some("record ->> '$.auth_time' <= $1"),
                values: vec![(*until).into()],
                why: FamilyEnd::Revoked,
            },
        ),
    };
    let (sessions, grants) = end(connection, &reach, now)?;
    Ok(Ended { entry, sessions, grants })
}

/// The grants of a log-in that do not outlive it.
const ONLINE: &str =
    "sid = $1 AND ' ' || (record ->> '$.scope') || ' ' NOT LIKE '% offline_access %'";
/// The others.
const OFFLINE: &str = "sid = $1 AND ' ' || (record ->> '$.scope') || ' ' LIKE '% offline_access %'";

/// Tokens of a grant that outlives its log-in carry no `sid`: they are revoked by the grant.
fn end_offline(
    session: &Session<'_>,
    sid: &str,
    mut entry: Entry,
    revoke: &impl Fn(Kind, &str, Option<i64>) -> Result<Entry, Failure>,
) -> Result<Entry, Failure> {
    let sql = format!("SELECT id FROM families WHERE {OFFLINE} AND record ->> '$.ended' IS NULL");
    let ids: Vec<String> = {
        let mut statement = session.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([sid], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for id in ids {
        let other = revoke(Kind::Grant, &id, None)?;
        if other.seq > entry.seq {
            entry = other;
        }
    }
    Ok(entry)
}

/// Ends the grants, forgets the log-ins, and takes back codes that were not redeemed yet.
fn end(connection: &Connection, reach: &Reach, now: i64) -> Result<(usize, usize), Failure> {
    let run = |sql: &str| -> Result<usize, Failure> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.execute(params_from_iter(&reach.values))?)
    };
    let ids: Vec<String> = {
        let sql = format!(
            "SELECT id FROM families WHERE {} AND record ->> '$.ended' IS NULL",
            reach.families
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(&reach.values), |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    let ended = serde_json::to_string(&Some((now, reach.why)))?;
    let sql = "UPDATE families SET record = json_set(record, '$.ended', json($1)), replay = NULL \
               WHERE id = $2";
    let mut statement = connection.prepare_cached(sql)?;
    for id in &ids {
        statement.execute(params![ended, id])?;
    }
    if let Some(condition) = reach.codes {
        run(&format!("DELETE FROM codes WHERE used_at IS NULL AND {condition}"))?;
        run(&format!("DELETE FROM device_codes WHERE {condition}"))?;
    }
    let sessions = match reach.sessions {
        Some(condition) => {
            notices::queue(connection, condition, &reach.values, now)?;
            run(&format!("DELETE FROM sessions WHERE {condition}"))?
        }
        None => 0,
    };
    Ok((sessions, ids.len()))
}
