//! Two keys where one is due: replicas that do not share theirs, a `kid` that was used again, a rotation.
//!
//! What tells them apart is time: replicas issue at the same time, a replaced key has a before and an
//! after. Proven is what two signatures show; the rest says how likely it is.

use claviger_token::{Code, Fact, Fault, SignatureState, rfc3339};

use super::{Finding, Observation, Seen, by_issuer};
use crate::report::Certainty;
use crate::signer::Signer;

/// Two tokens within this time were not parted by a change of keys, most likely.
const SAME_TIME: i64 = 60;

pub(super) fn findings(observations: &[Observation<'_>]) -> Vec<Finding> {
    let mut all = Vec::new();
    for group in by_issuer(observations) {
        all.extend(one_name_two_keys(&group));
        all.extend(two_sets(&group));
        all.extend(one_name_half_verified(&group));
        all.extend(unknown_names(&group));
    }
    all
}

/// How two groups of tokens lie in time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Tokens of both were issued in turns, or at the same time.
    Mixed,
    /// One after the other, and close together.
    Close,
    /// The first group is older.
    Before,
    /// The first group is younger.
    After,
    /// Not all of them say.
    Unknown,
}

fn order(left: &[Seen<'_, '_>], right: &[Seen<'_, '_>]) -> Order {
    let times = |seen: &[Seen<'_, '_>]| -> Option<(i64, i64)> {
        let times: Option<Vec<i64>> = seen.iter().map(|(_, one)| one.time()).collect();
        let times = times?;
        Some((*times.iter().min()?, *times.iter().max()?))
    };
    let (Some((first, last)), Some((other_first, other_last))) = (times(left), times(right)) else {
        return Order::Unknown;
    };
    if last < other_first {
        if other_first.saturating_sub(last) <= SAME_TIME { Order::Close } else { Order::Before }
    } else if other_last < first {
        if first.saturating_sub(other_last) <= SAME_TIME { Order::Close } else { Order::After }
    } else {
        Order::Mixed
    }
}

fn places(seen: &[Seen<'_, '_>]) -> Vec<usize> {
    seen.iter().map(|(nth, _)| *nth).collect()
}

fn signed_by<'o>(one: &'o Observation<'_>) -> Option<&'o Signer> {
    one.report.signers.first()
}

fn sources(left: &Signer, right: &Signer) -> String {
    let name =
        |signer: &Signer| signer.source.clone().unwrap_or_else(|| "the given keys".to_owned());
    let (left, right) = (name(left), name(right));
    if left == right {
        format!("both are in {left}")
    } else {
        format!("one is in {left}, the other in {right}")
    }
}

/// One `kid` in the headers, and two keys that verify: whatever else is true, the name was given twice.
fn one_name_two_keys(group: &[Seen<'_, '_>]) -> Vec<Finding> {
    let verified: Vec<&Seen<'_, '_>> =
        group.iter().filter(|(_, one)| one.member("kid").is_some()).collect();
    let mut names: Vec<&str> = verified.iter().filter_map(|(_, one)| one.member("kid")).collect();
    names.sort_unstable();
    names.dedup();
    let mut all = Vec::new();
    for kid in names {
        let of_name: Vec<Seen<'_, '_>> = verified
            .iter()
            .filter(|(_, one)| one.member("kid") == Some(kid))
            .map(|seen| **seen)
            .collect();
        let key = |one: &Observation<'_>| {
            signed_by(one)
                .filter(|signer| signer.kid.as_deref() == Some(kid))
                .and_then(|signer| signer.thumbprint.clone())
        };
        let Some(first) = of_name.iter().find_map(|(_, one)| key(one)) else { continue };
        let (left, right): (Vec<Seen<'_, '_>>, Vec<Seen<'_, '_>>) = of_name
            .into_iter()
            .filter(|(_, one)| key(one).is_some())
            .partition(|(_, one)| key(one).as_ref() == Some(&first));
        let (Some((_, one)), Some((_, other))) = (left.first(), right.first()) else { continue };
        let (Some(one), Some(other)) = (signed_by(one), signed_by(other)) else { continue };
        let inputs = [places(&left), places(&right)].concat();
        let seen = format!(
            "two keys of this name sign: {} with one, {} with the other; {}",
            verify(left.len()),
            right.len(),
            sources(one, other)
        );
        let reused = Fault::new(Code::KeyIdReused)
            .with("kid", kid)
            .with("reason", Fact::Words(seen.clone()));
        let (replicas, certainty) = match order(&left, &right) {
            Order::Mixed => ("tokens of both were issued in turns", Certainty::Proven),
            Order::Close => ("tokens of both were issued within a minute", Certainty::Likely),
            _ => ("or several servers of the issuer each have their own key", Certainty::Possible),
        };
        let inconsistent = Fault::new(Code::KeySetInconsistent)
            .with("kid", kid)
            .with("reason", Fact::Words(format!("{seen}; {replicas}")));
        let inconsistent = Finding::new(inconsistent, certainty, inputs.clone());
        let reused = Finding::new(reused, Certainty::Proven, inputs);
        if certainty == Certainty::Proven {
            all.extend([inconsistent, reused]);
        } else {
            all.extend([reused, inconsistent]);
        }
    }
    all
}

/// Two given sets, and tokens of one issuer that verify under one of them each.
fn two_sets(group: &[Seen<'_, '_>]) -> Vec<Finding> {
    let of_set = |one: &Observation<'_>| {
        // A set only: keys that were given one by one are apart by nature.
        let mut sets = one.report.signers.iter().filter(|signer| signer.of_set);
        let only = sets.next().and_then(|signer| signer.source.clone())?;
        sets.all(|signer| signer.source.as_ref() == Some(&only)).then_some(only)
    };
    let seen: Vec<(Seen<'_, '_>, String)> =
        group.iter().filter_map(|seen| Some((*seen, of_set(seen.1)?))).collect();
    let Some((_, first)) = seen.first() else { return Vec::new() };
    let first = first.clone();
    let (left, right): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(_, set)| *set == first);
    let Some((_, second)) = right.first().cloned() else { return Vec::new() };
    let left: Vec<Seen<'_, '_>> = left.into_iter().map(|(seen, _)| seen).collect();
    let right: Vec<Seen<'_, '_>> =
        right.into_iter().filter(|(_, set)| *set == second).map(|(seen, _)| seen).collect();
    let names = |seen: &[Seen<'_, '_>]| -> Vec<String> {
        seen.iter().filter_map(|(_, one)| one.member("kid").map(str::to_owned)).collect()
    };
    if names(&left).iter().any(|kid| names(&right).contains(kid)) {
        // That is told by the name they share.
        return Vec::new();
    }
    let (why, certainty) = match order(&left, &right) {
        Order::Mixed => ("they were issued in turns", Certainty::Proven),
        Order::Close => ("they were issued within a minute", Certainty::Likely),
        _ => ("a rotation between them would look the same", Certainty::Possible),
    };
    let reason = format!(
        "{} under {first} alone, {} under {second} alone; {why}",
        verify(left.len()),
        right.len()
    );
    let fault = Fault::new(Code::KeySetInconsistent)
        .with("count", 2usize)
        .with("reason", Fact::Words(reason));
    vec![Finding::new(fault, certainty, [places(&left), places(&right)].concat())]
}

/// So many tokens do.
fn verify(count: usize) -> String {
    if count == 1 { "1 token verifies".to_owned() } else { format!("{count} tokens verify") }
}

/// One `kid`: some of its tokens verify with the key of that name, others with none that is given.
fn one_name_half_verified(group: &[Seen<'_, '_>]) -> Vec<Finding> {
    let mut names: Vec<&str> = group.iter().filter_map(|(_, one)| one.member("kid")).collect();
    names.sort_unstable();
    names.dedup();
    let mut all = Vec::new();
    for kid in names {
        let of_name = || group.iter().copied().filter(|(_, one)| one.member("kid") == Some(kid));
        let good: Vec<Seen<'_, '_>> =
            of_name().filter(|(_, one)| signed_by(one).is_some()).collect();
        let bad: Vec<Seen<'_, '_>> = of_name().filter(|(_, one)| is_by_another_key(one)).collect();
        if good.is_empty() || bad.is_empty() {
            continue;
        }
        let enough = bad.len() > 1;
        let (code, why) = match order(&good, &bad) {
            Order::Before => (Code::KeyIdReused, "and those are all younger"),
            Order::After => (Code::KeyIdReused, "and those are all older"),
            _ => (Code::KeySetInconsistent, "and they were issued in turns"),
        };
        let reason = format!(
            "{} with the key of this name, {} with no key at hand, {why}",
            verify(good.len()),
            bad.len()
        );
        let fault = Fault::new(code).with("kid", kid).with("reason", Fact::Words(reason));
        let certainty = if enough { Certainty::Likely } else { Certainty::Possible };
        all.push(Finding::new(fault, certainty, [places(&good), places(&bad)].concat()));
    }
    all
}

/// Refused for nothing but its signature, and not because it was changed under way.
fn is_by_another_key(one: &Observation<'_>) -> bool {
    let refuted =
        one.report.token.as_ref().is_some_and(|token| token.signature == SignatureState::Refuted);
    refuted
        && one.report.faults.iter().any(|one| {
            let same_key = matches!(one.fault.fact("reason"), Some(Fact::Words(reason))
                if reason.starts_with(crate::unexplained::SAME_KEY));
            one.fault.code == Code::SignatureMismatch && !same_key
        })
}

/// Some `kid`s of one issuer are known and others are not.
fn unknown_names(group: &[Seen<'_, '_>]) -> Vec<Finding> {
    let good: Vec<Seen<'_, '_>> =
        group.iter().copied().filter(|(_, one)| signed_by(one).is_some()).collect();
    let bad: Vec<Seen<'_, '_>> =
        group.iter().copied().filter(|(_, one)| one.report.has(Code::KeyUnknown)).collect();
    if good.is_empty() || bad.is_empty() {
        return Vec::new();
    }
    let certainty = if bad.len() > 1 { Certainty::Likely } else { Certainty::Possible };
    let inputs = [places(&good), places(&bad)].concat();
    let kid = bad.first().and_then(|(_, one)| one.member("kid")).map(str::to_owned);
    let fault = match order(&good, &bad) {
        Order::Before => {
            let since = bad.iter().filter_map(|(_, one)| one.time()).min().map(rfc3339);
            let reason = format!(
                "{}; the {} since {} name a key that the set lacks: the issuer has rotated",
                verify(good.len()),
                bad.len(),
                since.unwrap_or_default()
            );
            Fault::new(Code::KeySetStale).with_some("kid", kid).with("reason", Fact::Words(reason))
        }
        Order::Mixed | Order::Close => {
            let reason = format!(
                "{}, {} of the same issuer and time name keys that the set lacks",
                verify(good.len()),
                bad.len()
            );
            Fault::new(Code::KeySetInconsistent).with("reason", Fact::Words(reason))
        }
        Order::After | Order::Unknown => return Vec::new(),
    };
    vec![Finding::new(fault, certainty, inputs)]
}
