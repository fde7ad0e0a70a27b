//! One edit makes the token verify: a character mistyped, lost, doubled or swapped with its neighbour.
//!
//! Decides where to look from what is known without any key: lengths, alphabet, JSON. Where an RSA
//! signature gives up its digest, or the MAC can be computed, candidates cost a hash; else each costs a
//! verification out of the budget, the plausible ones first. Only what verifies is claimed. One edit
//! cannot tell a typo from tampering: where it changes a right, the report says so.

mod edit;
mod region;

use std::ops::ControlFlow::{self, Break, Continue};

use claviger_token::{Algorithm, Code, Fact, Fault, Key, Members, Span, Strictness, base64url};

use self::edit::{Edit, Kinds};
use self::region::{Damage, damage};
use super::Explained;
use super::tail::expected;
use crate::bench::{Bench, Candidate, Subject};
use crate::passage::Passage;
use crate::rsa_block::{self, Block};
use crate::shape;

/// Longer tokens are searched for plausible edits only: each candidate is read whole.
const LONG: usize = 8 * 1024;

pub(crate) fn one_edit(bench: &Bench<'_>, _: &Subject<'_>, passage: &Passage) -> Option<Explained> {
    mended(bench, passage)
}

/// The same where the header alone shows damage: what is searched then is short.
pub(crate) fn in_header_alone(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    let [header, payload, signature] = passage.text().split('.').collect::<Vec<_>>()[..] else {
        return None;
    };
    matches!(damage(bench, [header, payload, signature]), Damage::Header { .. })
        .then(|| mended(bench, passage))
        .flatten()
}

/// An edit that was proven: in which character of the text, and the text after it.
struct Proof {
    at: usize,
    edit: Edit,
    text: String,
}

/// The same for a text that need not be decodable.
pub(crate) fn mended(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    let text = passage.text();
    if bench.keys().is_empty() {
        return None;
    }
    Some(explained(passage, search(bench, text)?))
}

/// A dot that changed places with its neighbour. It leaves two segments odd, so it is asked for before
/// either is mended by itself.
pub(crate) fn moved_dot(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    if bench.keys().is_empty() {
        return None;
    }
    Some(explained(passage, with_dot_moved(bench, passage.text())?))
}

fn with_dot_moved(bench: &Bench<'_>, text: &str) -> Option<Proof> {
    let bytes = text.as_bytes();
    let dots: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
    if dots.len() != 2 || !text.is_ascii() {
        return None;
    }
    let places = dots.iter().flat_map(|dot| [dot.checked_sub(1), Some(*dot)]).flatten();
    places.filter(|at| at + 1 < bytes.len()).find_map(|at| {
        let (first, second) = (char::from(bytes[at]), char::from(bytes[at + 1]));
        if first == second || !bench.may() {
            return None;
        }
        let moved = format!("{}{second}{first}{}", &text[..at], &text[at + 2..]);
        let edit = Edit::Swap { first, second };
        crate::bench::holds(&bench.examine(&moved)).then_some(Proof { at, edit, text: moved })
    })
}

/// The fault that a proven edit shows.
fn explained(passage: &Passage, proof: Proof) -> Explained {
    let text = passage.text();
    let (found, expected) = proof.edit.sides();
    // Edits count bytes, people and spans count characters.
    let position = passage.character_at(proof.at);
    let mut fault = Fault::new(Code::CharacterError)
        .with("position", position)
        .with("found", Fact::Words(found))
        .with("expected", Fact::Words(expected))
        .at(Span { start: position, end: position + proof.edit.width() });
    if let Some(claim) = changed_claim(text, &proof) {
        fault = fault.with("claim", claim.clone());
        if SENSITIVE.contains(&claim.as_str()) {
            let said = format!("it lies in `{claim}`: altered or mistyped");
            fault = fault.with("reason", Fact::Words(said));
        }
    }
    let instead = proof.edit.apply_to(passage, position);
    Explained { instead: Some(instead), repaired: Some(proof.text), ..Explained::of(fault) }
}

/// Claims in which an edit changes what the token is good for.
const SENSITIVE: &[&str] = &[
    "sub",
    "scope",
    "scp",
    "scopes",
    "roles",
    "role",
    "permissions",
    "groups",
    "exp",
    "nbf",
    "iat",
    "aud",
    "iss",
    "tid",
    "azp",
    "client_id",
    "realm_access",
    "resource_access",
    "org_id",
    "email",
    "amr",
    "acr",
];

/// The claim whose value the edit lies in.
fn changed_claim(text: &str, proof: &Proof) -> Option<String> {
    let first = proof.text.find('.')?;
    let second = proof.text[first + 1..].find('.')? + first + 1;
    if proof.at <= first || proof.at > second || text.len() < 2 {
        return None;
    }
    let payload = base64url::decode(&proof.text[first + 1..second]).ok()?;
    let members = Members::parse(payload, Strictness::TopLevel).ok()?;
    // Four characters carry three bytes; the edited one touches at most two of them.
    let byte = (proof.at - first - 1) * 6 / 8;
    let claim = members.names().find(|name| {
        members.value_range(name).is_some_and(|range| range.start <= byte + 1 && byte < range.end)
    });
    claim.map(|claim| claim.into_owned())
}

/// Whether one edit makes the second text out of the first.
pub(crate) fn is_one_edit(text: &str, right: &str) -> bool {
    edit::between(text, right).is_some()
}

/// How a candidate is judged.
enum Judge<'k> {
    /// The digest that was signed is known.
    Block(Block),
    /// A secret: one HMAC each.
    Secret(&'k Key, Algorithm),
    /// A verification each.
    Key(&'k Key, Algorithm),
}

impl Judge<'_> {
    /// Whether it accepts at the price of a hash; the costly ones are asked otherwise.
    fn accepts(&self, input: &str, signature: &[u8]) -> bool {
        match self {
            Self::Block(block) => block.covers(input.as_bytes()),
            Self::Secret(key, algorithm) => key.verifies(*algorithm, input.as_bytes(), signature),
            Self::Key(..) => false,
        }
    }

    const fn costly(&self) -> Option<(&'_ Key, Algorithm)> {
        match self {
            Self::Key(key, algorithm) => Some((key, *algorithm)),
            _ => None,
        }
    }

    const fn is_costly(&self) -> bool {
        matches!(self, Self::Key(..))
    }
}

fn search(bench: &Bench<'_>, text: &str) -> Option<Proof> {
    let dots: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
    match dots.len() {
        2 => {
            if let Some(proof) = with_dot_moved(bench, text) {
                return Some(proof);
            }
        }
        1 | 3 => return around_dots(bench, text),
        _ => return None,
    }
    let parts = [&text[..dots[0]], &text[dots[0] + 1..dots[1]], &text[dots[1] + 1..]];
    let starts = [0, dots[0] + 1, dots[1] + 1];
    let damage = damage(bench, parts);
    if matches!(damage, Damage::TooMuch) {
        return None;
    }
    if matches!(damage, Damage::Unseen)
        && let Some(proof) = in_mac(bench, parts, starts[2])
    {
        return Some(proof);
    }
    let judges = judges(bench, parts);
    // A block that opens, or a MAC that was compared, shows that the signature is whole.
    let whole = judges.iter().any(|judge| !judge.is_costly());
    // The plausible edits everywhere, before the others anywhere.
    edit::classes(text.len() > LONG).find_map(|class| match damage {
        Damage::TooMuch => None,
        Damage::Header { only } => in_header(bench, parts, only, class),
        Damage::Payload { only } => in_payload(bench, parts, starts[1], &judges, only, class),
        Damage::Signature { only, kinds } => {
            in_signature(bench, parts, starts[2], only, kinds, class)
        }
        Damage::Unseen => {
            let in_tail = if whole {
                None
            } else {
                in_signature(bench, parts, starts[2], None, Kinds::SAME_LENGTH, class)
            };
            // Of a header few edits are one still: it is searched before the long payload.
            in_tail
                .or_else(|| in_header(bench, parts, None, class))
                .or_else(|| in_payload(bench, parts, starts[1], &judges, None, class))
        }
    })
}

/// How candidates for header and payload are judged; empty where the signature itself is damaged.
fn judges<'b>(bench: &'b Bench<'_>, parts: [&str; 3]) -> Vec<Judge<'b>> {
    let Some(algorithm) = shape::algorithm(parts[0]) else { return Vec::new() };
    let kid = shape::header(parts[0])
        .and_then(|header| header.get("kid").and_then(|kid| kid.as_str().map(str::to_owned)));
    let Ok(signature) = base64url::decode(parts[2]) else { return Vec::new() };
    let keys = named_keys(bench, algorithm, kid.as_deref());
    keys.into_iter()
        .filter_map(|key| {
            if algorithm.is_symmetric() {
                return Some(Judge::Secret(key, algorithm));
            }
            match rsa_block::open(key, &signature) {
                Some(Block::Rubbish) => None,
                Some(block) => Some(Judge::Block(block)),
                None if key.rsa_numbers().is_some() => None,
                None => (algorithm.signature_bytes() == Some(signature.len()))
                    .then_some(Judge::Key(key, algorithm)),
            }
        })
        .collect()
}

/// The keys that the header means: the named ones, else all that serve the algorithm, few in any case.
fn named_keys<'b>(bench: &'b Bench<'_>, algorithm: Algorithm, kid: Option<&str>) -> Vec<&'b Key> {
    let all: Vec<&Key> =
        bench.keys().iter().filter(|key| key.algorithms().contains(&algorithm)).collect();
    let named: Vec<&Key> = match kid {
        Some(kid) => all.iter().copied().filter(|key| key.kid() == Some(kid)).collect(),
        None => Vec::new(),
    };
    let chosen = if named.is_empty() { all } else { named };
    chosen.into_iter().take(3).collect()
}

fn in_payload(
    bench: &Bench<'_>,
    parts: [&str; 3],
    start: usize,
    judges: &[Judge<'_>],
    only: Option<usize>,
    class: u8,
) -> Option<Proof> {
    if judges.is_empty() {
        return None;
    }
    let signature = base64url::decode(parts[2]).ok()?;
    let costly = judges.iter().any(Judge::is_costly);
    let keys = judges.iter().filter_map(Judge::costly).collect();
    let mut waiting = Waiting::new(bench, keys);
    let mut input = String::with_capacity(parts[0].len() + parts[1].len() + 8);
    let found = edit::visit(parts[1], Kinds::ALL, only, class, &mut |at, edit| {
        if !bench.effort(parts[0].len() + parts[1].len()) {
            return Break(None);
        }
        // A hash is cheaper than reading the JSON; a signature is not.
        if costly && !region::reads_as_payload(parts[1], at, edit) {
            return Continue(());
        }
        input.clear();
        input.push_str(parts[0]);
        input.push('.');
        edit.write(parts[1], at, &mut input);
        let payload = &input[parts[0].len() + 1..];
        if base64url::decode(payload).is_err() {
            return Continue(());
        }
        let text = || format!("{input}.{}", parts[2]);
        if judges.iter().any(|judge| judge.accepts(&input, &signature)) {
            return Break(Some(Proof { at: start + at, edit, text: text() }));
        }
        if costly {
            return waiting.add(start + at, edit, text(), input.len(), signature.clone());
        }
        Continue(())
    });
    found.or_else(|| waiting.judge())
}

/// Candidates that cost a verification each, gathered so that several can be tried at once.
struct Waiting<'b, 's> {
    bench: &'b Bench<'s>,
    keys: Vec<(&'b Key, Algorithm)>,
    places: Vec<(usize, Edit)>,
    candidates: Vec<Candidate>,
}

/// How many candidates are gathered.
const GATHERED: usize = 96;

impl<'b, 's> Waiting<'b, 's> {
    fn new(bench: &'b Bench<'s>, keys: Vec<(&'b Key, Algorithm)>) -> Self {
        Self { bench, keys, places: Vec::new(), candidates: Vec::new() }
    }

    /// Adds a candidate; judges all when there are enough.
    fn add(
        &mut self,
        at: usize,
        edit: Edit,
        text: String,
        input: usize,
        signature: Vec<u8>,
    ) -> ControlFlow<Option<Proof>> {
        self.places.push((at, edit));
        self.candidates.push(Candidate { text, input, signature });
        if self.candidates.len() < GATHERED {
            return Continue(());
        }
        match self.judge() {
            None if !self.bench.is_exhausted() => Continue(()),
            found => Break(found),
        }
    }

    /// The first candidate that verifies; none is left waiting.
    fn judge(&mut self) -> Option<Proof> {
        let (places, candidates) =
            (std::mem::take(&mut self.places), std::mem::take(&mut self.candidates));
        self.keys.iter().find_map(|(key, algorithm)| {
            let nth = self.bench.first_verified(key, *algorithm, &candidates)?;
            let (at, edit) = *places.get(nth)?;
            Some(Proof { at, edit, text: candidates.get(nth)?.text.clone() })
        })
    }
}

fn in_header(bench: &Bench<'_>, parts: [&str; 3], only: Option<usize>, class: u8) -> Option<Proof> {
    let signature = base64url::decode(parts[2]).ok()?;
    let mut header = String::with_capacity(parts[0].len() + 1);
    edit::visit(parts[0], Kinds::ALL, only, class, &mut |at, edit| {
        if !bench.effort(parts[0].len()) {
            return Break(None);
        }
        if !region::reads_as_payload(parts[0], at, edit) {
            return Continue(());
        }
        header.clear();
        edit.write(parts[0], at, &mut header);
        let Some((algorithm, kid)) = region::steers(&header) else { return Continue(()) };
        if !region::kid_is_known(bench, kid.as_deref()) {
            return Continue(());
        }
        let input = format!("{header}.{}", parts[1]);
        let keys = named_keys(bench, algorithm, kid.as_deref());
        let good = keys.into_iter().any(|key| {
            let fits = algorithm.signature_bytes().is_none_or(|bytes| bytes == signature.len());
            fits && if algorithm.is_symmetric() {
                key.verifies(algorithm, input.as_bytes(), &signature)
            } else {
                bench.verifies(key, algorithm, input.as_bytes(), &signature)
            }
        });
        if good {
            Break(Some(Proof { at, edit, text: format!("{input}.{}", parts[2]) }))
        } else {
            Continue(())
        }
    })
}

fn in_signature(
    bench: &Bench<'_>,
    parts: [&str; 3],
    start: usize,
    only: Option<usize>,
    kinds: Kinds,
    class: u8,
) -> Option<Proof> {
    let algorithm = shape::algorithm(parts[0])?;
    let kid = shape::header(parts[0])?.get("kid").and_then(|kid| kid.as_str().map(str::to_owned));
    let lengths = expected(bench, algorithm);
    let keys = named_keys(bench, algorithm, kid.as_deref());
    let input = format!("{}.{}", parts[0], parts[1]);
    if lengths.iter().all(|wanted| wanted.abs_diff(parts[2].len()) > 4) {
        return None;
    }
    let symmetric = algorithm.is_symmetric();
    let costly = keys.iter().filter(|_| !symmetric).map(|key| (*key, algorithm)).collect();
    let mut waiting = Waiting::new(bench, costly);
    let mut signature = String::with_capacity(parts[2].len() + 1);
    let found = edit::visit(parts[2], kinds, only, class, &mut |at, edit| {
        if bench.is_exhausted() || !bench.effort(parts[2].len()) {
            return Break(None);
        }
        signature.clear();
        edit.write(parts[2], at, &mut signature);
        if !lengths.contains(&signature.len()) {
            return Continue(());
        }
        let Ok(bytes) = base64url::decode(&signature) else { return Continue(()) };
        let text = format!("{input}.{signature}");
        if !symmetric {
            return waiting.add(start + at, edit, text, input.len(), bytes);
        }
        if keys.iter().any(|key| key.verifies(algorithm, input.as_bytes(), &bytes)) {
            return Break(Some(Proof { at: start + at, edit, text }));
        }
        Continue(())
    });
    found.or_else(|| waiting.judge())
}

/// HMAC: the right signature is computed once and compared as text.
fn in_mac(bench: &Bench<'_>, parts: [&str; 3], start: usize) -> Option<Proof> {
    use aws_lc_rs::hmac;
    let algorithm = shape::algorithm(parts[0])?;
    let hash = match algorithm {
        Algorithm::Hs256 => hmac::HMAC_SHA256,
        Algorithm::Hs384 => hmac::HMAC_SHA384,
        Algorithm::Hs512 => hmac::HMAC_SHA512,
        _ => return None,
    };
    let input = format!("{}.{}", parts[0], parts[1]);
    bench.surroundings.secrets.iter().find_map(|secret| {
        let tag = hmac::sign(&hmac::Key::new(hash, &secret.bytes), input.as_bytes());
        let right = base64url::encode(tag);
        let (at, edit) = edit::between(parts[2], &right)?;
        Some(Proof { at: start + at, edit, text: format!("{input}.{right}") })
    })
}

/// A dot was lost, put in, or stands for another character.
fn around_dots(bench: &Bench<'_>, text: &str) -> Option<Proof> {
    let good = |candidate: &str| {
        let segments: Vec<&str> = candidate.split('.').collect();
        segments.len() == 3
            && region::steers(segments[0]).is_some()
            && shape::decode(segments[1]).is_some_and(|bytes| bytes.starts_with(b"{"))
            && segments.iter().all(|segment| base64url::decode(segment).is_ok())
            && {
                let algorithm = shape::algorithm(segments[0]);
                algorithm.is_some_and(|algorithm| {
                    expected(bench, algorithm).contains(&segments[2].len())
                })
            }
            && bench.may()
            && crate::bench::holds(&bench.examine(candidate))
    };
    let lost = text.matches('.').count() == 1;
    let mut candidate = String::with_capacity(text.len() + 1);
    let kinds = if lost { Kinds::DOT_LOST } else { Kinds::DOT_TOO_MANY };
    edit::classes(false).find_map(|class| {
        edit::visit(text, kinds, None, class, &mut |at, edit| {
            if !bench.effort(text.len()) {
                return Break(None);
            }
            candidate.clear();
            edit.write(text, at, &mut candidate);
            if good(&candidate) {
                Break(Some(Proof { at, edit, text: candidate.clone() }))
            } else {
                Continue(())
            }
        })
    })
}
