//! Parse, verify and sign by algorithm, the raw cryptographic operation and `jsonwebtoken` beside
//! each: `cargo bench -p claviger-token --bench verify`. For ratios, see `ratios.rs`.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]

mod contest;

use claviger_token::Algorithm;
use contest::{ALGORITHMS, Contest};
use divan::Bencher;

fn main() {
    divan::main();
}

macro_rules! measure {
    ($($name:ident)+) => {
        $(#[divan::bench(args = ALGORITHMS)]
        fn $name(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
            let contest = Contest::new(algorithm);
            bencher.bench_local(|| contest.$name());
        })+
    };
}

measure!(parse verify raw_verify jsonwebtoken_verify sign raw_sign jsonwebtoken_sign);
