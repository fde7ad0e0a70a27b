//! The journal: what happened, logged at once and kept for `why` and `journal`, without making anybody wait.
//!
//! Decides what of an event is written down. Subjects and addresses are kept as keyed hashes, by which equal
//! ones can be joined and none can be read; a credential that strayed into a text is blotted out. A flood is
//! counted: of events alike, the first of a minute are kept one by one, the rest on the last of them. Alike is what
//! happens to one person, or comes from one place, so that many people's doings are no flood, and one stranger's
//! flood hides nobody else. What is kept how long is the configuration's matter.

mod blot;
mod event;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use claviger_store::{JournalEntry, Recount, Store, StoreError};
use claviger_token::base64url;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config;
use crate::derived_key::derived;
use crate::metrics::Metrics;
use crate::random;
use crate::refusal::Refusal;
use crate::routes::Face;
use crate::throttle::network;

use blot::{blotted, blotted_members, clipped, plain};
pub use event::JOURNAL_KINDS;
pub(crate) use event::{By, Event, Kind};

/// So many alike within a minute are kept one by one: what people do by hand always is.
const ONE_BY_ONE: usize = 10;
/// The same for what guards report: each of them counts its floods itself, and several may have one name.
const REPORTED_ONE_BY_ONE: usize = 60;
/// How long events are alike, in seconds.
const ALIKE: i64 = 60;
/// Kinds of refusals alike that are told apart at once; whoever makes up more names is counted together.
const MOST_ALIKE: usize = 1024;
/// The same for what was done: that takes a credential, and of people at work there are many.
const MOST_DEEDS_ALIKE: usize = 16 * 1024;
/// Entries on their way to the store. What is refused is dropped and counted beyond the first bound, what was done
/// beyond the second.
const WAITING: usize = 2048;
const MOST_WAITING: usize = 16 * 1024;
/// Entries are written together, so often at most: each time costs a flush of the disk.
const PAUSE: Duration = Duration::from_millis(50);
/// Where the database does not take them, it is asked again so often.
const RETRY: Duration = Duration::from_secs(1);
/// Pages that change nothing: a scanner that asks for what does not exist must not fill the journal.
const UNKEPT: [&str; 5] = ["front", "faults", "fault", "asset", "unknown"];
/// A credential was used again that was over: its owner or a thief.
const ALARMS: [&str; 2] = ["refresh-reused", "code-replayed"];

/// What is waiting, and what was seen in the last minute.
#[derive(Default)]
struct Desk {
    waiting: Vec<JournalEntry>,
    /// How many are being written right now, and wait again if they cannot be.
    writing: usize,
    counts: HashMap<String, Recount>,
    refusals: HashMap<Like, Alike>,
    deeds: HashMap<Like, Alike>,
}

/// What makes events alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Like {
    kind: Kind,
    code: String,
    client: Option<String>,
    reporter: Option<String>,
    /// Whom it is about, or where it comes from if that is not known.
    about: Option<String>,
}

impl Like {
    /// What makes an event like others, its code and client being cleaned already.
    fn of(event: &Event, code: &str, client: Option<&str>) -> Self {
        let about = match (&event.reporter, &event.subject, event.address) {
            // Who reports has counted already.
            (Some(_), ..) => None,
            (None, Some(sub), _) => Some(sub.clone()),
            (None, None, Some(address)) if client.is_none() || event.kind == Kind::LogIn => {
                Some(network(address).to_string())
            }
            (None, None, _) => None,
        };
        Self {
            kind: event.kind,
            code: code.to_owned(),
            client: client.map(str::to_owned),
            reporter: event.reporter.clone(),
            about,
        }
    }
}

struct Alike {
    since: i64,
    /// Those that are kept one by one.
    ids: Vec<String>,
}

/// Where events are written down.
pub(crate) struct Journal {
    desk: Mutex<Desk>,
    news: Notify,
    store: Store,
    clock: Clock,
    hashes: hmac::Key,
    most: u32,
    metrics: Arc<Metrics>,
}

impl Journal {
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        master: &[u8; 32],
        config: &config::Journal,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            desk: Mutex::default(),
            news: Notify::new(),
            store,
            clock,
            hashes: derived(master, "claviger journal 1"),
            most: u32::try_from(config.max_entries).unwrap_or(u32::MAX),
            metrics,
        }
    }

    /// What stands in the journal for a subject.
    pub(crate) fn subject_hash(&self, sub: &str) -> String {
        self.hash("sub", sub)
    }

    /// What stands in the journal for an address.
    pub(crate) fn address_hash(&self, address: &str) -> String {
        self.hash("address", address)
    }

    fn hash(&self, kind: &str, value: &str) -> String {
        let tag = hmac::sign(&self.hashes, format!("{kind}\0{value}").as_bytes());
        base64url::encode(tag.as_ref().get(..12).unwrap_or_default())
    }

    /// Writes an event down; tells the id of the entry that stands for it.
    pub(crate) fn event(&self, event: Event) -> String {
        let now = self.clock.now();
        let code = plain(&event.code);
        let client = event.client.as_ref().map(|id| blotted(&clipped(&plain(id), 200)));
        let like = Like::of(&event, &code, client.as_deref());
        let Event { kind, id, at, count, subject, address, refused, record, .. } = event;
        let id = id.unwrap_or_else(random::journal_id);
        if self.most == 0 {
            return id;
        }
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if kind.floods()
            && let Some(last) = desk.counted(like, refused, &id, now)
        {
            let more = desk.counts.entry(last.clone()).or_insert_with(|| Recount {
                id: last.clone(),
                more: 0,
                last_at: now,
            });
            more.more = more.more.saturating_add(count);
            more.last_at = now;
            drop(desk);
            self.news.notify_one();
            return last;
        }
        let bound = if refused { WAITING } else { MOST_WAITING };
        if desk.waiting.len() + desk.writing >= bound {
            self.metrics.journal_dropped();
            return id;
        }
        desk.waiting.push(JournalEntry {
            id: id.clone(),
            seq: 0,
            at: at.unwrap_or(now),
            last_at: now,
            count,
            kind: kind.as_str().to_owned(),
            code,
            client,
            subject: subject.map(|sub| self.subject_hash(&sub)),
            address: address.map(|address| self.address_hash(&address.to_string())),
            record: Value::Object(blotted_members(&record)),
        });
        drop(desk);
        self.news.notify_one();
        id
    }

    /// Logs a refusal and writes it down; tells the id by which it is found again.
    pub(crate) fn refused(
        &self,
        endpoint: &'static str,
        face: Face,
        refusal: &Refusal,
        address: Option<IpAddr>,
    ) -> String {
        // What is not served at all is no failure: anybody may ask for it.
        let is_ours =
            refusal.status.is_server_error() && refusal.status != StatusCode::NOT_IMPLEMENTED;
        let kept = match face {
            Face::Oauth | Face::Backend | Face::Bearer | Face::Admin => true,
            Face::Page => !UNKEPT.contains(&endpoint),
            Face::Public => is_ours,
        };
        let mut evidence = refusal.evidence.clone();
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let subject = text(evidence.remove("sub"));
        let detail = blotted(&plain(&refusal.detail));
        let (status, code) = (refusal.status.as_u16(), refusal.code);
        let kind = match endpoint {
            // Whose grant it ended stands in the evidence; who comes again afterwards is only refused.
            _ if ALARMS.contains(&code) && subject.is_some() => Kind::Alarm,
            "login" => Kind::LogIn,
            _ => Kind::Refusal,
        };
        let known = Value::Object(blotted_members(&evidence));
        let diagnosis = if kept {
            let mut event = Event::new(kind, code).id(random::diagnosis()).address(address);
            event.client = text(evidence.get("client_id").cloned());
            event.subject = subject;
            event.refused = true;
            self.event(
                event
                    .with("endpoint", endpoint)
                    .with("status", status)
                    .with("error", refusal.error)
                    .with("detail", detail.as_str())
                    .with("fix", refusal.fix.as_ref())
                    .with("evidence", evidence),
            )
        } else {
            random::diagnosis()
        };
        if kind == Kind::Alarm {
            tracing::warn!(%diagnosis, endpoint, status, code, detail, evidence = %known, "alarm");
        } else if is_ours {
            tracing::error!(%diagnosis, endpoint, status, code, detail, evidence = %known, "refused");
        } else if kept {
            tracing::info!(%diagnosis, endpoint, status, code, detail, evidence = %known, "refused");
        } else {
            tracing::debug!(%diagnosis, endpoint, status, code, detail, "refused");
        }
        diagnosis
    }

    /// Writes what is waiting, until `ending`.
    pub(crate) async fn write(self: Arc<Self>, ending: CancellationToken) {
        let mut behind = false;
        loop {
            tokio::select! {
                () = self.news.notified() => {}
                () = ending.cancelled() => return,
            }
            let written = self.flush().await;
            // Said when it begins and when it is over, not each second.
            match &written {
                Err(error) if !behind => {
                    tracing::warn!(%error, "the journal cannot be written; what happens is kept in memory");
                }
                Ok(()) if behind => tracing::info!("the journal is written again"),
                _ => {}
            }
            behind = written.is_err();
            let pause = if behind { RETRY } else { PAUSE };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = ending.cancelled() => return,
            }
        }
    }

    /// The last writing, when nobody will try again.
    pub(crate) async fn finish(&self) {
        if let Err(error) = self.flush().await {
            let many = self.desk.lock().unwrap_or_else(PoisonError::into_inner).waiting.len();
            tracing::warn!(%error, many, "the last entries of the journal could not be written");
        }
    }

    /// Writes what is waiting now, all in one transaction. What could not be written waits again.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        let (entries, counts) = {
            let now = self.clock.now();
            let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
            desk.refusals.retain(|_, alike| is_alike(alike, now));
            desk.deeds.retain(|_, alike| is_alike(alike, now));
            let counts = std::mem::take(&mut desk.counts).into_values().collect::<Vec<_>>();
            desk.writing = desk.waiting.len();
            (std::mem::take(&mut desk.waiting), counts)
        };
        if entries.is_empty() && counts.is_empty() {
            return Ok(());
        }
        let written = self.store.record(entries.clone(), counts.clone(), self.most).await;
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.writing = 0;
        if written.is_err() {
            desk.put_back(entries, counts);
            drop(desk);
            self.news.notify_one();
        }
        written
    }
}

const fn is_alike(alike: &Alike, now: i64) -> bool {
    now >= alike.since && now - alike.since < ALIKE
}

impl Desk {
    /// Has what could not be written wait again, before what has come since.
    fn put_back(&mut self, entries: Vec<JournalEntry>, counts: Vec<Recount>) {
        self.waiting.splice(..0, entries);
        for count in counts {
            match self.counts.entry(count.id.clone()) {
                Entry::Vacant(place) => drop(place.insert(count)),
                Entry::Occupied(mut newer) => {
                    let newer = newer.get_mut();
                    newer.more = newer.more.saturating_add(count.more);
                    newer.last_at = newer.last_at.max(count.last_at);
                }
            }
        }
    }

    /// The entry on which an event is counted; none where it gets one of its own, called `id`, or tells more of
    /// one that it got.
    fn counted(&mut self, mut like: Like, refused: bool, id: &str, now: i64) -> Option<String> {
        let (known, bound) = if refused {
            (&mut self.refusals, MOST_ALIKE)
        } else {
            (&mut self.deeds, MOST_DEEDS_ALIKE)
        };
        if known.len() >= bound && !known.contains_key(&like) {
            known.retain(|_, alike| is_alike(alike, now));
            if known.len() >= bound {
                like.client = None;
                like.about = None;
            }
        }
        let most = if like.reporter.is_some() { REPORTED_ONE_BY_ONE } else { ONE_BY_ONE };
        let new = || Alike { since: now, ids: Vec::new() };
        let alike = known.entry(like).or_insert_with(new);
        if !is_alike(alike, now) {
            *alike = new();
        }
        if alike.ids.iter().any(|known| known == id) {
            return None;
        }
        if alike.ids.len() >= most {
            return alike.ids.last().cloned();
        }
        alike.ids.push(id.to_owned());
        None
    }
}

/// An entry as the admin API shows it.
pub(crate) fn shown(entry: JournalEntry) -> Value {
    let mut shown = json!({
        "id": entry.id,
        "seq": entry.seq,
        "at": entry.at,
        "last_at": entry.last_at,
        "count": entry.count,
        "kind": entry.kind,
        "code": entry.code,
        "client": entry.client,
        "subject": entry.subject,
        "address": entry.address,
    });
    if let (Value::Object(shown), Value::Object(rest)) = (&mut shown, entry.record) {
        for (name, value) in rest {
            shown.entry(name).or_insert(value);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_are_kept_and_the_rest_are_counted() {
        let mut desk = Desk::default();
        let like = |client: &str, reporter: Option<&str>| Like {
            kind: Kind::Refusal,
            code: "expired".to_owned(),
            client: Some(client.to_owned()),
            reporter: reporter.map(str::to_owned),
            about: None,
        };
        let mut ask = |client: &str, id: &str, now| desk.counted(like(client, None), true, id, now);
        for nth in 0..ONE_BY_ONE {
            assert_eq!(ask("a", &format!("{nth}"), 100), None);
        }
        assert_eq!(ask("a", "x", 159).as_deref(), Some("9"));
        assert_eq!(ask("b", "y", 159), None, "another client");
        assert_eq!(ask("a", "z", 160), None, "another minute");
        // What a guard tells is counted apart, and what it tells more of one entry is that entry's.
        let mut told = |id: &str| desk.counted(like("a", Some("client orders-api")), true, id, 160);
        for nth in 0..REPORTED_ONE_BY_ONE {
            assert_eq!(told(&format!("told-{nth}")), None);
        }
        assert_eq!(told("told-7"), None);
        assert_eq!(told("one-more").as_deref(), Some("told-59"));
        // Made-up names do not make the table grow, nor the journal.
        for nth in 0..5000 {
            desk.counted(like(&nth.to_string(), None), true, "id", 160);
        }
        assert!(desk.refusals.len() <= MOST_ALIKE + 1, "{}", desk.refusals.len());
        assert_eq!(desk.counted(like("a", None), false, "deed", 160), None, "no refusal");
    }
}
