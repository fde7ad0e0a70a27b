//! What a remembered token costs: `Guard::check` on a hit, beside `verify` and the raw signature, in
//! interleaved rounds. Prints medians and ratios.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use claviger_guard::{Asked, Guard};
use claviger_testkit::{FakeIssuer, keys};
use claviger_token::{Algorithm, KeySet, Policy, Token, verify};
use http::{HeaderMap, header};
use serde_json::json;

const API: &str = "https://orders.example";
const ROUNDS: usize = 201;

/// Nanoseconds of one operation, over enough of them to be timed.
fn timed(times: u32, mut operation: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        operation();
    }
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let issuer = FakeIssuer::start_with(vec![keys::signing(Algorithm::Es256)]);
    let token = issuer.mint(API, &json!({}));
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let guard = runtime.block_on(async {
        let guard = Guard::builder().issuer(issuer.url()).audience(API).build().unwrap();
        assert!(guard.ready(Duration::from_secs(5)).await);
        guard.check(&Asked::new(&headers), &[]).await.unwrap();
        guard
    });
    let key = keys::signing(Algorithm::Es256).public().unwrap();
    let set = KeySet::new(vec![keys::signing(Algorithm::Es256).public().unwrap()]);
    let policy = Policy::access(issuer.url(), API);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let parsed = Token::parse(&token).unwrap();
    let (mut hits, mut verdicts, mut raws) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        hits.push(runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..2_000 {
                drop(black_box(guard.check(&Asked::new(black_box(&headers)), &[]).await.unwrap()));
            }
            start.elapsed().as_nanos() as f64 / 2_000.0
        }));
        verdicts.push(timed(20, || {
            drop(black_box(verify(black_box(&token), &policy, &set, now).unwrap()));
        }));
        raws.push(timed(20, || {
            let input = parsed.signing_input().as_bytes();
            assert!(key.verifies(Algorithm::Es256, black_box(input), parsed.signature()));
        }));
    }
    let (hit, verdict, raw) = (median(hits), median(verdicts), median(raws));
    println!("medians of {ROUNDS} interleaved rounds, ns for one operation (ES256)");
    println!("remembered {hit:.0}   verify {verdict:.0}   raw signature {raw:.0}");
    println!("verify / remembered {:.1}   verify / raw {:.3}", verdict / hit, verdict / raw);
}
