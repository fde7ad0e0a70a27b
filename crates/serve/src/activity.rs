//! Whose turn it is on a connection, and since when it has been the peer's.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// The requests of one connection.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<Turns>);

#[derive(Clone, Copy, Debug)]
struct Turns {
    /// Requests that are not answered to the end.
    open: usize,
    /// Those among them that wait for us: for an answer, or for more of its body.
    ours: usize,
    /// When something moved last.
    moved: Instant,
}

/// A request that is being answered, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Running {
    activity: Arc<Activity>,
    is_ours: bool,
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Turns { open: 0, ours: 0, moved: Instant::now() }))
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        let mut turns = self.turns();
        turns.open += 1;
        turns.ours += 1;
        Running { activity: Arc::clone(self), is_ours: true }
    }

    /// Counts from now.
    pub(crate) fn touch(&self) {
        self.turns().moved = Instant::now();
    }

    /// Returns once the peer has left it at that for too long: has asked nothing for `idle`, or has read nothing of
    /// what it asked for `stall`.
    pub(crate) async fn quiet(&self, idle: Duration, stall: Duration) {
        loop {
            let Turns { open, ours, moved } = *self.turns();
            let limit = if open > 0 { stall } else { idle };
            let now = Instant::now();
            if ours == 0 && moved + limit <= now {
                return;
            }
            // Whose turn it is may have changed long before then; it is looked at again soon enough.
            let next = now + idle.min(stall);
            sleep_until(if ours > 0 { next } else { next.min(moved + limit) }).await;
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Something moved, and now it is our turn, or the peer's.
    fn turn(&mut self, is_ours: bool) {
        let mut turns = self.activity.turns();
        match (self.is_ours, is_ours) {
            (true, false) => turns.ours -= 1,
            (false, true) => turns.ours += 1,
            _ => {}
        }
        turns.moved = Instant::now();
        drop(turns);
        self.is_ours = is_ours;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut turns = self.activity.turns();
        turns.open -= 1;
        turns.ours -= usize::from(self.is_ours);
        turns.moved = Instant::now();
    }
}

/// The body of an answer, until the peer has been given all of it.
#[derive(Debug)]
pub(crate) struct Held<B> {
    body: B,
    running: Running,
}

impl<B> Held<B> {
    pub(crate) const fn new(body: B, running: Running) -> Self {
        Self { body, running }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Held<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        // Who asks has room: the peer reads. What it is given now, it has to read before it is asked for more.
        self.running.turn(polled.is_pending());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_millis(40);
    const STALL: Duration = Duration::from_millis(80);

    /// How long it takes until the peer has been quiet for too long; none where it never is.
    async fn quiet(activity: &Activity) -> Option<Duration> {
        let began = Instant::now();
        let quiet = tokio::time::timeout(4 * STALL, activity.quiet(IDLE, STALL)).await;
        quiet.ok().map(|()| began.elapsed())
    }

    #[tokio::test]
    async fn only_the_peer_s_own_silence_counts() {
        let activity = Arc::new(Activity::new());
        assert!(quiet(&activity).await.is_some(), "nothing is asked");
        let mut running = activity.begin();
        assert_eq!(quiet(&activity).await, None, "we have not answered");
        running.turn(false);
        assert!(quiet(&activity).await >= Some(STALL / 2), "the answer is not read");
        running.turn(true);
        assert_eq!(quiet(&activity).await, None, "it waits for more");
        drop(running);
        assert!(quiet(&activity).await.is_some(), "nothing is asked any more");
        activity.touch();
        assert!(quiet(&activity).await >= Some(IDLE / 2), "counted anew");
    }
}
