//! The one thread that writes: what waits together is committed together, and answered after that.
//!
//! Decides what shares a transaction. A request that fails takes back its own changes only; where
//! the transaction itself is lost, everybody in it is told so.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Failure, StoreError};

/// So many requests share a transaction at most: one flush to the disk for all of them.
const MOST_TOGETHER: usize = 64;

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
        let outcome = deed(session).map_err(|failure| failure.at(path.to_owned()));
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

/// The thread's side.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) requests: mpsc::Receiver<Box<dyn Work>>,
    pub(crate) latest: watch::Sender<u64>,
    pub(crate) generation: Arc<AtomicU64>,
    /// Closes when the thread has ended; carries nothing.
    pub(crate) ended: oneshot::Sender<()>,
}

impl Writer {
    /// Serves until nobody can ask any more.
    pub(crate) fn serve(mut self) {
        let mut together: Vec<Box<dyn Work>> = Vec::with_capacity(MOST_TOGETHER);
        while let Some(first) = self.requests.blocking_recv() {
            together.push(first);
            while together.len() < MOST_TOGETHER
                && let Ok(next) = self.requests.try_recv()
            {
                together.push(next);
            }
            let before = self.connection.total_changes();
            let latest = Cell::new(0);
            let lost = self.transact(&mut together, &latest).err();
            if lost.is_some() && !self.connection.is_autocommit() {
                // Otherwise every later request would find a transaction open.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            if lost.is_none() && self.connection.total_changes() != before {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.latest.send_if_modified(|seq| {
                    let newer = latest.get() > *seq;
                    *seq = (*seq).max(latest.get());
                    newer
                });
            }
            for work in together.drain(..) {
                work.settle(lost.as_ref());
            }
        }
        let Self { connection, ended, path, .. } = self;
        if let Err((_, error)) = connection.close() {
            tracing::warn!(path = %path.display(), %error, "the database was not closed cleanly");
        }
        let _ = ended.send(());
    }

    fn transact(
        &self,
        together: &mut [Box<dyn Work>],
        latest: &Cell<u64>,
    ) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| Failure::from(error).at(self.path.clone());
        let connection = &self.connection;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(fail)?;
        let session = Session { connection, latest };
        for work in together {
            connection.execute_batch("SAVEPOINT request").map_err(fail)?;
            let announced = latest.get();
            if let Err(error) = work.run(&session, &self.path) {
                if connection.is_autocommit() {
                    // The engine gave the whole transaction up (a full disk, an I/O error): nothing
                    // of what the others did is left.
                    return Err(error);
                }
                connection.execute_batch("ROLLBACK TO request").map_err(fail)?;
                // A number that was taken back will be given out again, and has to be news then.
                latest.set(announced);
            }
            connection.execute_batch("RELEASE request").map_err(fail)?;
        }
        connection.execute_batch("COMMIT").map_err(fail)
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
        let writer = Writer {
            connection,
            path: PathBuf::from("test"),
            requests,
            latest: announce,
            generation: Arc::default(),
            ended: oneshot::channel().0,
        };
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
