//! The one connection that writes: what waits together is committed together, and answered after that.
//!
//! Who finds nobody else writing or waiting writes on the spot; everybody else waits for the thread that
//! serves the queue. Decides what shares a transaction. A request that fails takes back its own changes only;
//! where the transaction itself is lost, everybody in it is told so.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Failure, StoreError};
use crate::lock;

/// So many requests share a transaction at most: one flush to the disk for all of them.
const MOST_TOGETHER: usize = 64;
/// Where the last commit took longer, the disk is one to move the runtime's other work away from first.
const QUICK: Duration = Duration::from_millis(1);

/// What a request works with.
pub(crate) struct Session<'a> {
    pub(crate) connection: &'a Connection,
    /// The last revocation written in this transaction.
    pub(crate) latest: &'a Cell<u64>,
}

/// A request that waits for its turn.
pub(crate) trait Work: Send {
    /// Does it. After an error its changes must be taken back.
    fn run(&mut self, session: &Session<'_>, path: &Path) -> Result<(), StoreError>;
    /// Answers after the commit, or after the transaction was lost to an error.
    fn settle(self: Box<Self>, lost: Option<&StoreError>);
}

pub(crate) struct Task<T, F> {
    deed: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F> {
    pub(crate) const fn new(deed: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { deed: Some(deed), outcome: None, reply }
    }
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnOnce(&Session<'_>) -> Result<T, Failure> + Send,
{
    fn run(&mut self, session: &Session<'_>, path: &Path) -> Result<(), StoreError> {
        let Some(deed) = self.deed.take() else {
            return Ok(());
        };
        // A mistake in a rule costs its own request; everybody else's are carried out.
        let outcome = catch_unwind(AssertUnwindSafe(|| deed(session))).unwrap_or_else(|_| {
            let detail = "a request panicked; this is a mistake in claviger".to_owned();
            Err(Failure::Refused(StoreError::Other { path: path.to_owned(), detail }))
        });
        let outcome = outcome.map_err(|failure| failure.at(path.to_owned()));
        let said = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        said
    }

    fn settle(self: Box<Self>, lost: Option<&StoreError>) {
        let answer = match (self.outcome, lost) {
            // Its own failure says more than that the transaction is gone.
            (Some(Err(error)), _) => Err(error),
            (_, Some(lost)) => Err(lost.clone()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Closed),
        };
        // Who asked may have gone; what was committed stays.
        let _ = self.reply.send(answer);
    }
}

/// The connection, and what it tells the others.
pub(crate) struct Writing {
    /// None once closed.
    connection: Mutex<Option<Connection>>,
    path: PathBuf,
    latest: watch::Sender<u64>,
    generation: AtomicU64,
    /// How many requests are in the queue or on their way into it.
    waiting: AtomicUsize,
    /// Whether the last commit took no longer than [`QUICK`].
    quick: AtomicBool,
    /// Whether a commit is under way here. What comes to one otherwise is a look-up's by mistake, and taken back.
    commits: Arc<AtomicBool>,
}

/// A request on its way into the queue; given up, it waits no longer.
pub(crate) struct Waiting<'a>(&'a Writing);

impl Waiting<'_> {
    /// It is in the queue: who takes it out counts it down.
    pub(crate) fn queued(self) {
        std::mem::forget(self);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Writing {
    pub(crate) fn new(
        mut connection: Connection,
        path: PathBuf,
        latest: watch::Sender<u64>,
    ) -> rusqlite::Result<Self> {
        let commits = Arc::new(AtomicBool::new(false));
        let ours = Arc::clone(&commits);
        // `query_only` would have every statement planned anew each time it is switched; this costs look-ups nothing.
        connection.commit_hook(Some(move || {
            let takes_back = !ours.load(Ordering::Relaxed);
            if takes_back {
                tracing::error!("a look-up tried to write; this is a mistake in claviger");
            }
            takes_back
        }))?;
        Ok(Self {
            connection: Mutex::new(Some(connection)),
            path,
            latest,
            generation: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            quick: AtomicBool::new(false),
            commits,
        })
    }

    /// A number that moves with every committed change.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(self)
    }

    /// The connection, where nobody writes or waits to; none in it once closed. It only reads: what is written with
    /// it is not committed.
    pub(crate) fn idle(&self) -> Option<MutexGuard<'_, Option<Connection>>> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        self.connection.try_lock().ok()
    }

    /// Carries a request out on the spot where nobody else writes or waits, on a thread that can bear to wait
    /// for the disk; else gives it back.
    pub(crate) fn alone(&self, work: Box<dyn Work>) -> Option<Box<dyn Work>> {
        let Some(workers) = workers() else { return Some(work) };
        let Some(connection) = self.idle() else { return Some(work) };
        let Some(connection) = &*connection else { return Some(work) };
        let commit = || self.commit(connection, &mut vec![work]);
        // To move a thread's other work away costs as much as a quick disk takes; the other threads take it up
        // anyway. A disk that turns slow holds one thread up once.
        if workers > 1 && self.quick.load(Ordering::Relaxed) {
            commit();
        } else {
            tokio::task::block_in_place(commit);
        }
        None
    }

    /// Commits what is given together, and answers it.
    fn commit(&self, connection: &Connection, together: &mut Vec<Box<dyn Work>>) {
        let (started, before) = (Instant::now(), connection.total_changes());
        let latest = Cell::new(0);
        self.commits.store(true, Ordering::Relaxed);
        let lost = self.transact(connection, together, &latest).err();
        self.commits.store(false, Ordering::Relaxed);
        if lost.is_some() && !connection.is_autocommit() {
            // Otherwise every later request would find a transaction open.
            let _ = connection.execute_batch("ROLLBACK");
        }
        if lost.is_none() && connection.total_changes() != before {
            self.generation.fetch_add(1, Ordering::AcqRel);
            self.latest.send_if_modified(|seq| {
                let newer = latest.get() > *seq;
                *seq = (*seq).max(latest.get());
                newer
            });
        }
        self.quick.store(started.elapsed() <= QUICK, Ordering::Relaxed);
        for work in together.drain(..) {
            work.settle(lost.as_ref());
        }
    }

    fn transact(
        &self,
        connection: &Connection,
        together: &mut [Box<dyn Work>],
        latest: &Cell<u64>,
    ) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| Failure::from(error).at(self.path.clone());
        let say = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
        say("BEGIN IMMEDIATE").map_err(fail)?;
        let session = Session { connection, latest };
        if let [work] = together {
            // Its failure takes nobody else's changes back.
            work.run(&session, &self.path)?;
            return say("COMMIT").map_err(fail);
        }
        for work in together {
            say("SAVEPOINT request").map_err(fail)?;
            let announced = latest.get();
            if let Err(error) = work.run(&session, &self.path) {
                if connection.is_autocommit() {
                    // The engine gave the whole transaction up (a full disk, an I/O error): nothing
                    // of what the others did is left.
                    return Err(error);
                }
                say("ROLLBACK TO request").map_err(fail)?;
                // A number that was taken back will be given out again, and has to be news then.
                latest.set(announced);
            }
            say("RELEASE request").map_err(fail)?;
        }
        say("COMMIT").map_err(fail)
    }
}

/// How many threads the runtime has that this runs on, where it is one whose threads may wait for a disk.
fn workers() -> Option<usize> {
    let here = Handle::try_current().ok()?;
    (here.runtime_flavor() == RuntimeFlavor::MultiThread).then(|| here.metrics().num_workers())
}

/// The thread's side.
pub(crate) struct Writer {
    pub(crate) writing: Arc<Writing>,
    pub(crate) requests: mpsc::Receiver<Box<dyn Work>>,
    /// Closes when the thread has ended; carries nothing.
    pub(crate) ended: oneshot::Sender<()>,
}

impl Writer {
    /// Serves until nobody can ask any more.
    pub(crate) fn serve(mut self) {
        let writing = &*self.writing;
        let mut together: Vec<Box<dyn Work>> = Vec::with_capacity(MOST_TOGETHER);
        while let Some(first) = self.requests.blocking_recv() {
            together.push(first);
            let held = lock(&writing.connection);
            // Looked at once the connection is ours: whoever came meanwhile shares the commit.
            while together.len() < MOST_TOGETHER
                && let Ok(next) = self.requests.try_recv()
            {
                together.push(next);
            }
            writing.waiting.fetch_sub(together.len(), Ordering::AcqRel);
            let Some(connection) = &*held else { break };
            writing.commit(connection, &mut together);
        }
        let connection = lock(&writing.connection).take();
        if let Some(Err((_, error))) = connection.map(Connection::close) {
            let path = writing.path.display();
            tracing::warn!(%path, %error, "the database was not closed cleanly");
        }
        let _ = self.ended.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (Writer, mpsc::Sender<Box<dyn Work>>, watch::Receiver<u64>) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE words (word TEXT PRIMARY KEY)").unwrap();
        let (ask, requests) = mpsc::channel(8);
        let (announce, latest) = watch::channel(0);
        let writing = Arc::new(Writing::new(connection, PathBuf::from("test"), announce).unwrap());
        let writer = Writer { writing, requests, ended: oneshot::channel().0 };
        (writer, ask, latest)
    }

    type Reply = oneshot::Receiver<Result<(), StoreError>>;

    /// A request that writes a word and announces a number, and then does `then` to the connection.
    fn ask(
        queue: &mpsc::Sender<Box<dyn Work>>,
        word: &'static str,
        seq: u64,
        then: &'static str,
    ) -> Reply {
        let (reply, answer) = oneshot::channel();
        let deed = move |session: &Session<'_>| {
            session.connection.execute("INSERT INTO words (word) VALUES ($1)", [word])?;
            session.latest.set(seq);
            Ok(session.connection.execute_batch(then)?)
        };
        queue.try_send(Box::new(Task::new(deed, reply))).ok().unwrap();
        answer
    }

    #[test]
    fn a_number_that_was_taken_back_is_not_announced() {
        let (writer, queue, latest) = writer();
        let first = ask(&queue, "a", 1, "");
        let failed = ask(&queue, "b", 2, "no statement");
        drop(queue);
        writer.serve();
        first.blocking_recv().unwrap().unwrap();
        failed.blocking_recv().unwrap().unwrap_err();
        assert_eq!(*latest.borrow(), 1);
    }

    #[test]
    fn who_shares_a_lost_transaction_is_told_so() {
        let (writer, queue, latest) = writer();
        let before = ask(&queue, "a", 1, "");
        // What the engine does by itself when the disk is full.
        let fatal = ask(&queue, "b", 2, "ROLLBACK; no statement");
        let after = ask(&queue, "c", 3, "");
        drop(queue);
        writer.serve();
        let answers = [before, fatal, after].map(|answer| answer.blocking_recv().unwrap());
        assert!(answers.iter().all(Result::is_err), "{answers:?}");
        assert_eq!(*latest.borrow(), 0);
    }

    #[test]
    fn who_fails_alone_leaves_nothing_behind() {
        let (writer, queue, _) = writer();
        let thread = std::thread::spawn(move || writer.serve());
        ask(&queue, "a", 1, "no statement").blocking_recv().unwrap().unwrap_err();
        // It would be there twice.
        ask(&queue, "a", 1, "").blocking_recv().unwrap().unwrap();
        drop(queue);
        thread.join().unwrap();
    }

    #[test]
    fn after_a_lost_transaction_it_goes_on() {
        let (writer, queue, latest) = writer();
        let fatal = ask(&queue, "a", 1, "ROLLBACK; no statement");
        let thread = std::thread::spawn(move || writer.serve());
        fatal.blocking_recv().unwrap().unwrap_err();
        ask(&queue, "a", 1, "").blocking_recv().unwrap().unwrap();
        assert_eq!(*latest.borrow(), 1);
        drop(queue);
        thread.join().unwrap();
    }
}
