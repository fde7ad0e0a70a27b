//! What a search may use of this machine: all cores, and so much time.
//!
//! Decides nothing of what is searched; `claviger_explain` knows neither threads nor clocks.

use std::num::NonZero;
use std::time::{Duration, Instant};

use claviger_explain::Surroundings;

/// Fewer candidates for a thread are not worth its start.
const LEAST: usize = 12;

/// Lets the searches of these surroundings use all cores, until the time is over.
pub(super) fn within(around: Surroundings, seconds: u64) -> Surroundings {
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    around.with_budget(u32::MAX).with_find(find).with_end(move || start.elapsed() >= time)
}

/// The lowest number for which the test holds; each thread tests a stretch of neighbours.
fn find(count: usize, test: &(dyn Fn(usize) -> bool + Sync)) -> Option<usize> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(count / LEAST).max(1);
    let stretch = count.div_ceil(threads).max(1);
    if threads == 1 {
        return (0..count).find(|nth| test(*nth));
    }
    std::thread::scope(|scope| {
        let stretches: Vec<_> = (0..count)
            .step_by(stretch)
            .map(|from| {
                let to = (from + stretch).min(count);
                scope.spawn(move || (from..to).find(|nth| test(*nth)))
            })
            .collect();
        // The stretches stand in order: the first that found something has the lowest number. A thread that
        // panicked found nothing; the verifier does not panic.
        stretches.into_iter().filter_map(|thread| thread.join().ok().flatten()).min()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_is_found_whatever_the_count() {
        for count in [0, 1, 11, 12, 23, 24, 25, 96, 97, 1_000] {
            assert_eq!(find(count, &|_| false), None);
            for least in [0, 1, 12, 47, 48, 95, 999] {
                let expected = (least < count).then_some(least);
                assert_eq!(find(count, &|nth| nth >= least), expected, "{count} {least}");
            }
        }
    }
}
