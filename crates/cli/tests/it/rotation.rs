//! Signing keys that follow each other every few seconds while tokens are issued and judged all the time.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use claviger_testkit::Sink;

use crate::stage::{Authority, Gate, PATIENCE};
use crate::tools::say;

/// Keys whose tokens have to be met.
const KEYS: usize = 4;
/// Tokens of each client that are shown again and again.
const KEPT: usize = 20;

fn kid(token: &str) -> String {
    let header = claviger_token::base64url::decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// Four clients at once, through the gate, from the first key to the fourth: no good token is refused, whether it was
/// signed a moment ago or by a key from before.
#[test]
fn keys_that_rotate_under_parallel_load_refuse_no_good_token() {
    let authority = Authority::configured(
        "[signing]\njwks_max_age_seconds = 1\npublish_ahead_seconds = 1\nrotate_after_seconds = 1\n\
         [tokens]\naccess_ttl_seconds = 60\naccess_ttl_max_seconds = 60\n",
    );
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let signers = Mutex::new(BTreeSet::new());
    let judged = Mutex::new(0);
    let deadline = Instant::now() + PATIENCE;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut kept = VecDeque::new();
                while signers.lock().unwrap().len() < KEYS {
                    assert!(Instant::now() < deadline, "no {KEYS} keys in {PATIENCE:?}");
                    let token = authority.token();
                    signers.lock().unwrap().insert(kid(&token));
                    kept.push_back(token);
                    if kept.len() > KEPT {
                        kept.remove(KEPT / 2);
                    }
                    for token in kept.iter().rev().step_by(4) {
                        let answer = gate.get("/", token);
                        assert_eq!(answer.status, 200, "{}: {}", kid(token), answer.text());
                        *judged.lock().unwrap() += 1;
                    }
                }
            });
        }
    });
    let judged = judged.into_inner().unwrap();
    say(&format!("{judged} judgements under {KEYS} keys"));
    assert!(judged > 100, "{judged}");
}
