//! Threads for Argon2id, behind everybody else: a run takes a core for some 15 ms, and whoever only needs a
//! signature must not wait for it.
//!
//! Decides where hashing runs, never what is hashed or how many wait.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use claviger_guard::trace::TARGET;
use rustix::process::{getpriority_process, setpriority_process};
use tokio::sync::oneshot;
use tracing::Instrument as _;

/// Below every other thread of the process (nice value), and still above what is meant to run idle.
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads. They end when this is dropped.
pub(crate) struct Hashing(Mutex<Sender<Job>>);

impl Hashing {
    /// Starts them.
    ///
    /// # Errors
    /// What the system says where it gives no thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let (jobs, coming) = channel::<Job>();
        let coming = Arc::new(Mutex::new(coming));
        for _ in 0..threads.max(1) {
            let coming = Arc::clone(&coming);
            std::thread::Builder::new()
                .name("claviger-argon2".to_owned())
                .spawn(move || work(&coming))?;
        }
        Ok(Self(Mutex::new(jobs)))
    }

    /// Runs one; none where it panicked or the threads are gone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody may be left to hear it.
            let _ = reply.send(job());
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).send(job).ok()?;
        // Waiting for a thread is part of it: a queue shows.
        answer.instrument(tracing::info_span!(target: TARGET, "hash")).await.ok()
    }
}

fn work(coming: &Mutex<Receiver<Job>>) {
    // On Linux it is the thread's own. Elsewhere, or where it is refused, the thread runs like any other.
    let lower = || setpriority_process(None, getpriority_process(None)?.max(NICE));
    if cfg!(target_os = "linux")
        && let Err(error) = lower()
    {
        tracing::debug!(%error, "hashing runs at the priority of everything else");
    }
    loop {
        let next = coming.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A run that panics answers nobody, and the thread goes on.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_takes_no_thread_along() {
        let hashing = Hashing::start(1).unwrap();
        assert_eq!(hashing.run(|| panic!("on purpose")).await, None::<()>);
        assert_eq!(hashing.run(|| 7).await, Some(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashing_stands_behind_everything_else_and_moves_nobody_else() {
        let nice = || getpriority_process(None).unwrap();
        let before = nice();
        let hashing = Hashing::start(1).unwrap();
        assert_eq!(hashing.run(nice).await, Some(before.max(NICE)));
        assert_eq!(nice(), before);
    }
}
