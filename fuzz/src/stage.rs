//! What the checks share: an issuer, its keys, good tokens, and what an output may not show.

use claviger_explain::{Report, Surroundings, TextStyle, text};
use claviger_testkit::keys;
use claviger_testkit::mint::mint;
use claviger_token::{Algorithm, Key, KeySet, Policy};
use serde_json::json;

pub(crate) const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://id.example.test";
const AUDIENCE: &str = "https://api.example.test";
/// Stands for a good token in an input: a fuzzer cannot sign.
const GOOD: u8 = 0xFE;
/// What an input may grow to by the tokens in it.
const LONGEST: usize = 64 * 1024;
/// A stretch of a signature that may appear nowhere.
const REVEALING: usize = 20;

pub(crate) fn policy() -> Policy {
    Policy::access(ISSUER, AUDIENCE)
}

pub(crate) fn good(algorithm: Algorithm) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-4711", "client_id": "web", "iat": NOW - 60,
        "exp": NOW + 240, "jti": "c2Vzc2lvbi00NzEx", "scope": "orders:read profile",
    });
    mint(algorithm, &json!({}), &claims)
}

/// The input with a good token wherever one is meant.
pub(crate) fn planted(data: &[u8], token: &str) -> Vec<u8> {
    let mut input = Vec::with_capacity(data.len() + token.len());
    for byte in data {
        match *byte {
            GOOD if input.len() < LONGEST => input.extend_from_slice(token.as_bytes()),
            byte => input.push(byte),
        }
    }
    input
}

/// What knows the key of this algorithm, and the key set that a guard would have.
pub(crate) fn keyed(algorithm: Algorithm, budget: u32) -> (Surroundings, KeySet) {
    let around = Surroundings::new(policy(), NOW).with_budget(budget);
    if algorithm.is_symmetric() {
        let set = KeySet::new(vec![Key::from_secret(keys::SECRET)]);
        return (around.with_secret("secret", keys::SECRET), set);
    }
    let text = keys::jwks(&[keys::signing(algorithm)]).to_string();
    let set = KeySet::from_json(&text).expect("a key set");
    (around.with_key_set("jwks.json", text.as_bytes()), set)
}

/// All forms of a report; none may panic, and none is without bound.
pub(crate) fn render(report: &Report, input: &[u8]) -> [String; 3] {
    let forms = [
        serde_json::to_string(report).expect("a report is JSON"),
        text(report, &TextStyle { color: true, width: 40, show_repaired: false }),
        format!("{report:?}"),
    ];
    for form in &forms {
        is_bounded(form, input);
    }
    forms
}

/// Whatever came in, what goes out stays readable: every control character is six characters of JSON, and a
/// name may stand in several sentences.
pub(crate) fn is_bounded(said: &str, input: &[u8]) {
    let most = 256 * 1024 + 64 * input.len();
    assert!(said.len() <= most, "{} bytes out for {} bytes in", said.len(), input.len());
}

/// No stretch of the token's signature is in what was said.
pub(crate) fn reveals_nothing(token: &str, said: &str) {
    let signature = token.rsplit('.').next().expect("a signature").as_bytes();
    let said = said.as_bytes();
    // Of any revealing stretch, one block of half its length lies on a multiple of it.
    let half = REVEALING / 2;
    for (nth, block) in signature.chunks_exact(half).enumerate() {
        let begin = nth * half;
        for at in places(said, block) {
            let before =
                (0..begin.min(at)).take_while(|by| said[at - by - 1] == signature[begin - by - 1]);
            let after = said[at + half..].iter().zip(&signature[begin + half..]);
            let length =
                before.count() + half + after.take_while(|(one, other)| one == other).count();
            assert!(length < REVEALING, "{length} characters of a signature are shown");
        }
    }
}

/// Where a block stands in a text.
fn places<'t>(text: &'t [u8], block: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let first = block[0];
    let all = text.iter().enumerate().filter(move |(_, byte)| **byte == first);
    all.map(|(at, _)| at).filter(move |at| text[*at..].starts_with(block))
}

/// What knows no key and no policy.
pub(crate) fn keyless(budget: u32) -> Surroundings {
    Surroundings::new(Policy::default(), NOW).with_budget(budget)
}

/// Whether a token stands in an input of any encoding.
pub(crate) fn stands_in(token: &str, input: &[u8]) -> bool {
    String::from_utf8_lossy(input).replace('\0', "").contains(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_that_reveals_is_noticed_wherever_it_is() {
        let token = "eyJhbGciOiJFUzI1NiJ9.e30.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        let signature = &token[25..];
        for start in 0..=signature.len() - REVEALING {
            let part = &signature[start..start + REVEALING];
            reveals_nothing(token, &format!("x {} y", &part[1..]));
            reveals_nothing(token, &format!("x {} y", &part[..REVEALING - 1]));
            let shown = format!("x {part} y");
            let noticed = std::panic::catch_unwind(|| reveals_nothing(token, &shown));
            assert!(noticed.is_err(), "{part}");
        }
    }

    #[test]
    fn a_good_token_is_planted_and_found_again() {
        assert_eq!(planted(b"a \xFE.", "t.o.k"), b"a t.o.k.");
        assert!(stands_in("t.o.k", b"\0a\0t\0.\0o\0.\0k"));
        assert!(!stands_in("t.o.k", b"t.o"));
    }
}
