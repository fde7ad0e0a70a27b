//! How fast a log is read: access lines, JSON lines and lines with a token, with one thread and with two.
//! Prints megabytes a second, the best of several rounds.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use claviger_explain::Surroundings;
use claviger_explain::batch::{BATCH_BUDGET, Batch, Block, Cutter, Groups};
use claviger_testkit::{keys, mint};
use claviger_token::{Algorithm, Policy};
use serde_json::json;

const NOW: i64 = 1_795_000_000;
/// Of each log.
const BYTES: usize = 64 * 1024 * 1024;
/// What `claviger explain --batch` reads at a time.
const PIECE: usize = 256 * 1024;
const ROUNDS: usize = 5;

fn surroundings() -> Arc<Surroundings> {
    let policy = Policy::access("https://id.example", "https://api.example");
    let set = keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string();
    let around = Surroundings::new(policy, NOW).with_budget(BATCH_BUDGET);
    Arc::new(around.with_key_set("jwks", set.as_bytes()))
}

/// A log of lines, each made from its number.
fn log(line: impl Fn(usize, &mut String)) -> String {
    let mut log = String::with_capacity(BYTES + 4096);
    let mut nth = 0;
    while log.len() < BYTES {
        line(nth, &mut log);
        log.push('\n');
        nth += 1;
    }
    log
}

/// A tenth is refused.
const fn status(nth: usize) -> u16 {
    if nth.is_multiple_of(10) { 401 } else { 200 }
}

fn access(nth: usize, log: &mut String) {
    let (minute, second, status) = (nth / 60 % 60, nth % 60, status(nth));
    let time = format_args!("18/Nov/2026:11:{minute:02}:{second:02} +0000");
    let request = format_args!("GET /api/v1/orders/{nth}?page=2 HTTP/1.1");
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    write!(log, "10.0.0.{} - - [{time}] \"{request}\" {status} 512 \"-\" \"{agent}\"", nth % 200)
        .unwrap();
}

fn members(nth: usize, log: &mut String) {
    let (minute, second, status) = (nth / 60 % 60, nth % 60, status(nth));
    let line = format_args!(
        "{{\"time\":\"2026-11-18T11:{minute:02}:{second:02}Z\",\"remote_addr\":\"10.0.0.{}\",\"method\":\"GET\",\"path\":\"/api/v1/orders/{nth}\",\"status\":{status},\"bytes\":512,\"duration\":0.012}}",
        nth % 200
    );
    write!(log, "{line}").unwrap();
}

/// Reads a log as the command does, with so many threads that judge.
fn read(log: &[u8], around: &Arc<Surroundings>, threads: usize) -> Groups {
    let (hand, blocks) = mpsc::sync_channel::<Block>(2 * threads);
    let blocks = Mutex::new(blocks);
    std::thread::scope(|scope| {
        let judging: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut batch = Batch::new(Arc::clone(around));
                    loop {
                        let received = blocks.lock().unwrap().recv();
                        let Ok(block) = received else { return batch.finish() };
                        batch.block(&block);
                    }
                })
            })
            .collect();
        let mut cutter = Cutter::default();
        for piece in log.chunks(PIECE) {
            if let Some(block) = cutter.push(piece) {
                hand.send(block).unwrap();
            }
        }
        if let Some(block) = cutter.finish() {
            hand.send(block).unwrap();
        }
        drop(hand);
        let mut groups = Groups::default();
        for thread in judging {
            groups.merge(thread.join().unwrap());
        }
        groups
    })
}

fn main() {
    let around = surroundings();
    let tokens: Vec<String> = (0..100)
        .map(|nth| {
            let claims = json!({
                "iss": "https://id.example", "aud": "https://api.example", "sub": "a",
                "client_id": "web", "jti": nth.to_string(), "iat": NOW - 900, "exp": NOW - 600,
            });
            mint::mint_with(&keys::signing(Algorithm::Es256), &json!({}), &claims)
        })
        .collect();
    let bearer = |nth: usize, log: &mut String| {
        access(nth, log);
        let token = tokens.get(nth % tokens.len()).map_or("", String::as_str);
        write!(log, " \"Bearer {token}\"").unwrap();
    };
    println!("{:<28}{:>14}{:>14}", "MB/s, a tenth refused", "one thread", "two threads");
    for (name, log) in [
        ("combined", log(access)),
        ("JSON lines", log(members)),
        ("combined with a token", log(bearer)),
    ] {
        let best = |threads: usize| {
            let mut best = 0.0_f64;
            for _ in 0..ROUNDS {
                let start = Instant::now();
                let groups = black_box(read(log.as_bytes(), &around, threads));
                let rate = log.len() as f64 / 1e6 / start.elapsed().as_secs_f64();
                assert!(groups.refused > 0 && groups.lines == groups.requests);
                best = best.max(rate);
            }
            best
        };
        println!("{name:<28}{:>14.0}{:>14.0}", best(1), best(2));
    }
}
