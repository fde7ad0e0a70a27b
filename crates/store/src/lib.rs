//! The only SQL: what the authority has to keep, as requests that are carried out whole or not at all.
//!
//! A [`Store`] is one SQLite database: one connection writes, with what waits together in one
//! transaction, and an answer means that it is on the disk; a few connections read beside it. Records
//! are those of `claviger-protocol`; what may stand in them is decided there.
//!
//! Where to start reading: `writer` is how a write happens, `open` how a file is judged, and every
//! other module is one kind of record.

mod assertions;
mod backup;
mod clients;
mod consents;
mod devices;
mod endings;
mod error;
mod expiry;
mod factors;
mod families;
mod journal;
mod keys;
mod notices;
mod open;
mod pushed;
mod record;
mod registrations;
mod resources;
mod revocations;
pub mod seal;
mod sessions;
mod settings;
mod start;
mod statuses;
mod users;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

pub use backup::{BackupFacts, back_up, read_backup, restore};
pub use consents::Consent;
pub use endings::{Ended, Ending};
pub use error::StoreError;
pub use factors::{HeldFactors, HeldTotp};
pub use families::{HeldFamily, Redeemed};
pub use journal::{JournalEntry, JournalFilter, Recount};
pub use notices::Notice;
pub use open::Options;
pub use registrations::Registering;
pub use revocations::{NewRevocation, Revoked};
pub use sessions::LoginSession;
pub use start::FirstStart;
pub use statuses::ListedToken;

use error::Failure;
use writer::{Session, Task, Work, Writer, Writing};

/// Requests that may wait for the writer; further ones wait for a place.
const WAITING: usize = 1024;
/// Connections of a kind. Lists take a while: who looks one record up does not stand behind them.
const READERS: usize = 2;
/// The most records of one page, whatever is asked for: a page of 1000 and the one behind it, by
/// which a caller sees whether there are more.
const LONGEST_PAGE: u32 = 1001;

/// The database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    path: PathBuf,
    requests: Mutex<Option<mpsc::Sender<Box<dyn Work>>>>,
    writing: Arc<Writing>,
    /// None: everything goes through the writer (a database in memory has one connection).
    readers: Option<Readers>,
    latest: watch::Receiver<u64>,
    /// Gives the thread's farewell to the first who closes.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

/// The connections that only read.
struct Readers {
    one: Pool,
    lists: Pool,
}

impl Shared {
    /// Reads with the connection that writes where it is idle, else with one of those for single records. None of
    /// them writes: the first takes back what it would ([`Writing::idle`]).
    fn look_up<T>(
        &self,
        readers: &Readers,
        deed: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        // What the writer wrote last is in its memory still; every other connection has to read the pages again after
        // each commit.
        let idle = self.writing.idle();
        match idle.as_deref() {
            Some(Some(connection)) => {
                deed(connection).map_err(|failure| failure.at(self.path.clone()))
            }
            _ => readers.one.with(&self.path, deed),
        }
    }
}

/// Connections that are taken in turn; none in their places once closed.
struct Pool {
    places: [Mutex<Option<Connection>>; READERS],
    turn: AtomicUsize,
}

impl Pool {
    fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let places = [open::reading(path, options)?, open::reading(path, options)?];
        let places = places.map(|connection| Mutex::new(Some(connection)));
        Ok(Self { places, turn: AtomicUsize::new(0) })
    }

    /// Reads with a connection that is free, or waits for one.
    fn with<T>(
        &self,
        path: &Path,
        deed: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READERS;
        let free = self.places.iter().find_map(|place| place.try_lock().ok());
        let place = match free {
            Some(place) => place,
            None => self.places.get(turn).map(lock).ok_or(StoreError::Closed)?,
        };
        let connection = place.as_ref().ok_or(StoreError::Closed)?;
        deed(connection).map_err(|failure| failure.at(path.to_owned()))
    }

    /// Waits for whoever reads: the last connection to close takes the log into the database, and leaves one file.
    fn close(&self) {
        for place in &self.places {
            drop(lock(place).take());
        }
    }
}

impl Store {
    /// Opens the database at `path`, and makes it where there is none. Blocks while it reads.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, &Options::default())
    }

    /// The same with options.
    pub fn open_with(path: impl AsRef<Path>, options: &Options) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let writing = open::writing(path, options)?;
        let readers =
            Readers { one: Pool::open(path, options)?, lists: Pool::open(path, options)? };
        Self::start(path.to_owned(), writing, Some(readers))
    }

    /// A database that is gone with the store.
    pub fn memory() -> Result<Self, StoreError> {
        Self::start(PathBuf::from(":memory:"), open::in_memory()?, None)
    }

    fn start(
        path: PathBuf,
        connection: Connection,
        readers: Option<Readers>,
    ) -> Result<Self, StoreError> {
        let seq = revocations::latest(&connection).map_err(|failure| failure.at(path.clone()))?;
        let (requests, queue) = mpsc::channel(WAITING);
        let (announce, latest) = watch::channel(seq);
        let (ended, farewell) = oneshot::channel();
        let writing = Writing::new(connection, path.clone(), announce)
            .map_err(|error| Failure::from(error).at(path.clone()))?;
        let writing = Arc::new(writing);
        let writer = Writer { writing: Arc::clone(&writing), requests: queue, ended };
        std::thread::Builder::new()
            .name("claviger-store".to_owned())
            .spawn(move || writer.serve())
            .map_err(|error| StoreError::Other { path: path.clone(), detail: error.to_string() })?;
        Ok(Self(Arc::new(Shared {
            path,
            requests: Mutex::new(Some(requests)),
            writing,
            readers,
            latest,
            ended: Mutex::new(Some(farewell)),
        })))
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// A number that moves with every committed change of this process.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.writing.generation()
    }

    /// Tells the number of the last revocation, whenever there is a new one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.latest.clone()
    }

    /// Whether the database reads and writes.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.read(revocations::latest).await?;
        self.write(|session| {
            let sql = "UPDATE counters SET value = value + 1 WHERE name = 'health'";
            session.connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        })
        .await
    }

    /// Takes no more requests, finishes what was asked, and closes the files. Whoever closes second
    /// does not wait.
    pub async fn close(&self) {
        // The writer's thread serves what was asked before this, finds that nobody can ask any more, and ends.
        drop(lock(&self.0.requests).take());
        let farewell = lock(&self.0.ended).take();
        let shared = Arc::clone(&self.0);
        // A reader may be at work; waiting for it must not hold up the runtime. It fails only with the runtime, and then
        // nobody waits.
        let _ = tokio::task::spawn_blocking(move || {
            if let Some(Readers { one, lists }) = &shared.readers {
                one.close();
                lists.close();
            }
        })
        .await;
        if let Some(farewell) = farewell {
            // The thread itself says what went wrong; whoever waits here can only go on.
            let _ = tokio::time::timeout(CLOSE_WITHIN, farewell).await;
        }
    }

    /// Carries a change out, and answers once it is on the disk. Dropping the future does not call
    /// the change back.
    async fn write<T, F>(&self, deed: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Session<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let span = tracing::info_span!(target: "claviger::trace", "store write");
        let write = async {
            let requests = lock(&self.0.requests).clone().ok_or(StoreError::Closed)?;
            let (reply, answer) = oneshot::channel();
            let task: Box<dyn Work> = Box::new(Task::new(deed, reply));
            // To another thread and back costs as much as a commit; it pays where several share one.
            if let Some(task) = self.0.writing.alone(task) {
                let waiting = self.0.writing.wait();
                requests.send(task).await.map_err(|_| StoreError::Closed)?;
                waiting.queued();
            }
            drop(requests);
            answer.await.map_err(|_| StoreError::Closed)?
        };
        write.instrument(span).await
    }

    /// Reads one record, or the few of one owner, by a key. On the spot: an index and a page or two take less
    /// time than asking another thread.
    async fn look_up<T, F>(&self, deed: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        match &self.0.readers {
            Some(readers) => self.0.look_up(readers, deed),
            None => self.write(move |session| deed(session.connection)).await,
        }
    }

    /// Reads as much as it takes, on a thread where that disturbs nobody.
    async fn read<T, F>(&self, deed: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        if self.0.readers.is_none() {
            return self.write(move |session| deed(session.connection)).await;
        }
        let shared = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || match &shared.readers {
            Some(readers) => readers.lists.with(&shared.path, deed),
            None => Err(StoreError::Closed),
        });
        read.await.map_err(|_| StoreError::Closed)?
    }
}

/// A disk that hangs must not keep the process from ending: what was answered stands on it already.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").field("path", &self.0.path).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A count as the database keeps it.
fn to_stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count from the database, where none is below zero.
fn from_stored(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Moves a counter on and tells where it stands.
fn count(connection: &Connection, name: &str) -> Result<i64, Failure> {
    let sql = "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value";
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_writes_nothing_whichever_connection_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("claviger.db")).unwrap();
        let shared = &store.0;
        let readers = shared.readers.as_ref().unwrap();
        let look_up = |sql: &'static str| {
            shared.look_up(readers, |connection| {
                Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?)
            })
        };
        const STANDS: &str = "SELECT value FROM counters WHERE name = 'health'";
        const MOVES: &str =
            "UPDATE counters SET value = value + 1 WHERE name = 'health' RETURNING value";
        let writes = |connection: &Connection| {
            Ok(connection.execute("DELETE FROM counters WHERE name = 'health'", [])?)
        };
        let before = look_up(STANDS).unwrap();
        // With the writer's own, and while it is at work.
        for busy in [false, true] {
            let held = busy.then(|| shared.writing.idle().unwrap());
            let _ = look_up(MOVES);
            shared.look_up(readers, writes).unwrap_err();
            assert_eq!(look_up(STANDS), Ok(before), "{busy}");
            drop(held);
        }
        // The writer goes on.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(store.health()).unwrap();
        assert_eq!(look_up(STANDS), Ok(before + 1));
    }
}
