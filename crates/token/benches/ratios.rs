//! The same operations as `verify.rs`, interleaved round by round, so that a noisy machine is noisy
//! for all of them alike; medians, and the ratios that count:
//! `cargo bench -p claviger-token --bench ratios`.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]
#![expect(clippy::print_stdout, reason = "a table is all that this program makes")]

mod contest;

use std::time::Instant;

use contest::{ALGORITHMS, Contest};

/// Rounds of each operation; the median of them counts.
const ROUNDS: usize = 201;

fn main() {
    // `cargo test --benches` and nextest call with flags of their own: then nothing is measured.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    println!("medians of {ROUNDS} interleaved rounds, ns for one operation");
    println!(
        "{:<7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}   {:>6} {:>6} {:>6} {:>6}",
        "", "parse", "verify", "raw", "jsonwt", "sign", "raw", "v÷raw", "v÷jwt", "s÷raw", "s÷jwt"
    );
    for algorithm in ALGORITHMS {
        let contest = Contest::new(algorithm);
        let medians = medians(&[
            &|| contest.parse(),
            &|| contest.verify(),
            &|| contest.raw_verify(),
            &|| contest.jsonwebtoken_verify(),
            &|| contest.sign(),
            &|| contest.raw_sign(),
            &|| contest.jsonwebtoken_sign(),
        ]);
        let [parse, verify, raw, theirs, sign, raw_sign, their_sign] = medians[..] else {
            return;
        };
        println!(
            "{:<7} {parse:>9.0} {verify:>9.0} {raw:>9.0} {theirs:>9.0} {sign:>9.0} {raw_sign:>9.0}   \
             {:>6.3} {:>6.3} {:>6.3} {:>6.3}",
            algorithm.name(),
            verify / raw,
            verify / theirs,
            sign / raw_sign,
            sign / their_sign,
        );
    }
    println!("a token has {} bytes (ES256)", Contest::new(ALGORITHMS[0]).token.len());
}

/// The median time of each operation in ns, all of them taking turns.
fn medians(operations: &[&dyn Fn()]) -> Vec<f64> {
    // So many at a time that the clock's own cost vanishes, and a round stays under a millisecond.
    let batches: Vec<u32> = operations
        .iter()
        .map(|operation| {
            let once = median((0..21).map(|_| time(operation, 1)).collect());
            (200_000.0 / once).clamp(1.0, 500.0) as u32
        })
        .collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); operations.len()];
    for _ in 0..ROUNDS {
        for ((operation, batch), times) in operations.iter().zip(&batches).zip(&mut times) {
            times.push(time(operation, *batch));
        }
    }
    times.into_iter().map(median).collect()
}

fn time(operation: &dyn Fn(), batch: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..batch {
        operation();
    }
    start.elapsed().as_nanos() as f64 / f64::from(batch)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
