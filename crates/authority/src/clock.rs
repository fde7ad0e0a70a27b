//! What time it is. Everything in the authority that asks for the time asks this clock, so that a
//! test can move it; no rule reads a clock by itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The one source of wall-clock time of an authority: the machine's, or one moved by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Manual(Arc<watch::Sender<i64>>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn machine() -> Self {
        Self(Source::Machine)
    }

    /// A clock that stands at `unix` until it is moved; clones share it.
    #[must_use]
    pub fn manual(unix: i64) -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(unix))))
    }

    /// Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        match &self.0 {
            // A machine whose clock stands before 1970 gets 0: every token it issues is then expired
            // everywhere else, which is seen at once; a panic would not be.
            Source::Machine => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
                .unwrap_or(0),
            Source::Manual(at) => *at.borrow(),
        }
    }

    /// Moves a manual clock by `seconds`; the machine's clock cannot be moved and stays.
    pub fn advance(&self, seconds: i64) {
        if let Source::Manual(at) = &self.0 {
            at.send_modify(|now| *now = now.saturating_add(seconds));
        }
    }

    /// For a job that looks again and again whether something is due: after each `period` of the machine's, and as
    /// soon as a manual clock is moved. The first tick comes at once.
    pub(crate) fn ticks(&self, period: Duration) -> Ticks {
        let mut period = interval(period);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let moved = match &self.0 {
            Source::Machine => None,
            Source::Manual(at) => Some(at.subscribe()),
        };
        Ticks { period, moved }
    }
}

/// See [`Clock::ticks`].
#[derive(Debug)]
pub(crate) struct Ticks {
    period: Interval,
    moved: Option<watch::Receiver<i64>>,
}

impl Ticks {
    pub(crate) async fn next(&mut self) {
        let Some(moved) = &mut self.moved else {
            self.period.tick().await;
            return;
        };
        tokio::select! {
            _ = self.period.tick() => {}
            Ok(()) = moved.changed() => {}
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::machine()
    }
}
