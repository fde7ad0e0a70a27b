//! The HMAC holds with a secret that everybody knows: an empty one, a template's text, a list's word.
//!
//! Never says which word: who reads the report could sign with it.

use claviger_token::presentation::is_placeholder;
use claviger_token::{Code, Fact, Fault};

use super::{Explained, SIGNATURE};
use crate::bench::{Bench, Subject, is_mac};
use crate::kid_text;
use crate::passage::Passage;

/// Published secrets: documentation, tutorials, framework defaults, lists of attackers.
const WORDS: &str = include_str!("weak_secrets.txt");

/// What stands in place of a secret where the variable was not set.
const UNSET: &[&str] = &[
    "",
    "undefined",
    "null",
    "None",
    "nil",
    "<nil>",
    "NaN",
    "false",
    "False",
    "True",
    "true",
    "NULL",
    "[object Object]",
    "process.env.JWT_SECRET",
    "${JWT_SECRET}",
    "$JWT_SECRET",
    "{{JWT_SECRET}}",
    "%JWT_SECRET%",
    "${SECRET}",
    "$SECRET",
    "${JWT_SECRET_KEY}",
    "\"\"",
    "''",
    " ",
    "\n",
    "\0",
];

pub(crate) fn known(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm.filter(|algorithm| algorithm.is_symmetric())?;
    let fits =
        |word: &str| is_mac(algorithm, word.as_bytes(), subject.input(), subject.signature());
    let claim = |code, reason: &str| {
        let fault = Fault::new(code).with("reason", Fact::Words(reason.to_owned()));
        Some(Explained { explains: SIGNATURE, ..Explained::of(fault) })
    };
    let unset = UNSET.iter().copied().find(|word| fits(word));
    let word = unset.or_else(|| WORDS.lines().find(|word| fits(word)))?;
    // `kid: /dev/null` makes a validator hash with nothing, `' UNION SELECT 'a'` with the forger's own word: that is
    // the attack, not a mistake.
    if let Some(kid) = subject.kid.as_deref().filter(|kid| kid_text::injected(kid).is_some()) {
        let reason = if word.is_empty() {
            "the signature is an HMAC with an empty secret, as that file would give it"
        } else {
            "the signature is an HMAC with a word that everybody knows"
        };
        return Some(injected(subject, kid, reason));
    }
    if unset.is_some() {
        return claim(
            Code::SecretEmpty,
            if word.is_empty() {
                "whoever signed used an empty secret"
            } else {
                "whoever signed used the text of a variable that was not set"
            },
        );
    }
    if bench.surroundings.secrets.is_empty() {
        let reason = "its secret is on the public lists of well-known ones";
        let fault = Fault::new(Code::KeyTooWeak)
            .with("bits", word.len() * 8)
            .with("minimum", algorithm.hash_bytes() * 8)
            .with("reason", Fact::Words(reason.to_owned()));
        return Some(Explained { explains: SIGNATURE, ..Explained::of(fault) });
    }
    claim(
        Code::SecretEmpty,
        "whoever signed used a well-known default in place of the given secret",
    )
}

/// The `kid` names what the forger knows, and its HMAC proves it.
fn injected(subject: &Subject<'_>, kid: &str, reason: &str) -> Explained {
    let fault = kid_text::fault(subject.token, kid, reason);
    Explained { explains: SIGNATURE, holds: false, ..Explained::of(fault) }
}

/// Whether a given secret says that none was set: blank, quotes around nothing, a variable's own name.
pub(crate) fn is_unset(secret: &[u8]) -> bool {
    std::str::from_utf8(secret).is_ok_and(|secret| {
        let bare = secret.trim().trim_matches(['"', '\'', '`']).trim();
        bare.is_empty() || UNSET.contains(&bare) || is_placeholder(bare)
    })
}

/// Whether a given secret is on the lists.
pub(crate) fn is_known(secret: &[u8]) -> bool {
    std::str::from_utf8(secret)
        .is_ok_and(|secret| UNSET.contains(&secret) || WORDS.lines().any(|word| word == secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_a_list_of_words() {
        assert!(WORDS.lines().count() >= 300);
        assert!(WORDS.lines().all(|word| !word.is_empty()));
        assert!(is_known(b"your-256-bit-secret"));
        assert!(!is_known(b"jt`57h,fQR8$t*-WtC~/w'EL\\uJ&(C']i?:}^l/~rJUTcPkt"));
    }
}
