//! The credentials of a log, judged each at its own time, and remembered: the same one a million times costs little.
//!
//! The verdict is that of [`explain`](crate::explain()) and of nothing else. Remembered is what came of it, under a hash
//! of the credential: never the credential. Between two of the moments that its claims name nothing
//! changes, so one verdict serves there.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use claviger_token::dpop;
use claviger_token::{Code, Policy, Verdict};
use serde_json::Value;

use super::plain;
use crate::explain::explain_recognised;
use crate::recognise::{self, Carried, Input, Recognised};
use crate::report::{Certainty, Report};
use crate::surroundings::Surroundings;

/// Credentials of one generation; two generations are kept.
const MOST: usize = 16_384;
/// Verdicts of one credential at different times.
const MOST_TIMES: usize = 32;

/// A time of issue that lies ahead by less than this may be a local one, and is read second by second.
const ZONES: i64 = 15 * 3600;

type Hash = [u8; 32];

/// What came of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Refused(Code, Certainty),
    Accepted,
    /// Nothing speaks against it, but no key was at hand.
    Open,
}

/// What is kept of a credential.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) client: Option<String>,
    pub(super) issuer: Option<String>,
    /// The moments at which its verdict may change, in order.
    edges: Vec<i64>,
    /// The stretch in which every second may differ.
    exact: (i64, i64),
    verdicts: Vec<(i64, Judged)>,
}

/// The credentials that were seen lately.
#[derive(Debug, Default)]
pub(super) struct Memory {
    young: BTreeMap<Hash, Known>,
    old: BTreeMap<Hash, Known>,
}

impl Memory {
    /// Judges the credential that a text carries; nothing where it carries none.
    pub(super) fn judge(
        &mut self,
        text: &str,
        surroundings: &Surroundings,
        now: i64,
    ) -> Option<(Judged, &Known)> {
        let input = Input::read(text.as_bytes());
        let recognised = recognise::recognise(&input);
        self.judge_recognised(&input, &recognised, surroundings, now)
    }

    /// The same, of what was recognised already.
    pub(super) fn judge_recognised(
        &mut self,
        input: &Input<'_>,
        recognised: &Recognised,
        surroundings: &Surroundings,
        now: i64,
    ) -> Option<(Judged, &Known)> {
        if is_masked(&recognised.carried) {
            return None;
        }
        let (hash, is_plain) = fingerprint(&recognised.carried)?;
        let explained = |at: i64| explain_recognised(input, recognised, surroundings, at);
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        if let Some(known) = self.old.remove(&hash) {
            self.young.insert(hash, known);
        }
        let mut fresh = None;
        let known = self.young.entry(hash).or_insert_with(|| {
            let report = explained(now);
            fresh = Some(judged(&report));
            Known::of(&report, surroundings.policy(), is_plain)
        });
        let moment = known.moment(now);
        if let Some((_, judged)) = known.verdicts.iter().find(|(at, _)| *at == moment) {
            return Some((*judged, known));
        }
        let judged = fresh.unwrap_or_else(|| judged(&explained(now)));
        if known.verdicts.len() < MOST_TIMES {
            known.verdicts.push((moment, judged));
        }
        Some((judged, known))
    }
}

fn judged(report: &Report) -> Judged {
    match (report.verdict, report.first()) {
        (Verdict::Accepted, _) => Judged::Accepted,
        (Verdict::Refused, Some(first)) => Judged::Refused(first.fault.code, first.certainty),
        _ => Judged::Open,
    }
}

/// Whether the log shows that there was a credential, and hides which: no fault of the credential.
fn is_masked(carried: &Carried) -> bool {
    const MASKS: &[&str] =
        &["***", "redacted", "filtered", "masked", "hidden", "removed", "sensitive", "scrubbed"];
    let hides = |text: &str| {
        let text = text.trim();
        let cut = text.ends_with("...") || text.ends_with('…');
        cut || {
            let head = text.get(..text.floor_char_boundary(80)).unwrap_or_default();
            let head = head.to_ascii_lowercase();
            MASKS.iter().any(|mask| head.contains(mask))
        }
    };
    match carried {
        Carried::Nothing | Carried::TooLong(_) => false,
        Carried::Credential(passage) | Carried::Value(passage) => hides(passage.text()),
        Carried::Request(request) => {
            request.named("authorization").any(|field| hides(field.value.text()))
        }
    }
}

/// A hash of everything that is judged, and whether that is a token without a proof of its own time.
fn fingerprint(carried: &Carried) -> Option<(Hash, bool)> {
    let mut context = Context::new(&SHA256);
    let mut part = |kind: u8, text: &str| {
        context.update(&[kind]);
        context.update(&text.len().to_le_bytes());
        context.update(text.as_bytes());
    };
    let mut is_plain = true;
    match carried {
        Carried::Nothing => return None,
        Carried::TooLong(bytes) => part(0, &bytes.to_string()),
        Carried::Credential(passage) => part(1, passage.text()),
        Carried::Value(passage) => part(2, passage.text()),
        Carried::Request(request) => {
            part(3, request.method.as_deref().unwrap_or_default());
            part(4, request.target.as_ref().map_or("", |target| target.text()));
            for field in &request.fields {
                part(5, field.name.text());
                part(6, field.value.text());
            }
            part(7, request.body.as_ref().map_or("", |body| body.text()));
            part(8, &request.status.unwrap_or_default().to_string());
            part(9, request.lost.as_deref().unwrap_or_default());
            // A proof of possession lives for seconds (RFC 9449 §11.1).
            is_plain = request.named(dpop::HEADER).next().is_none();
        }
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Some((hash, is_plain))
}

impl Known {
    fn of(report: &Report, policy: &Policy, is_plain: bool) -> Self {
        let claims = report.token.as_ref().map_or(&Value::Null, |token| &token.claims);
        // Bounded here, for a token may be mostly its name.
        let text = |name: &str| claims.get(name).and_then(Value::as_str).and_then(plain::word);
        let time = |name: &str| {
            let value = claims.get(name)?;
            value.as_i64().or_else(|| value.as_f64().map(|number| number.floor() as i64))
        };
        let leeway = i64::try_from(policy.leeway).unwrap_or(i64::MAX);
        // Where the checks' own comparisons turn over.
        let mut edges = Vec::new();
        edges.extend(time("exp").map(|exp| exp.saturating_add(leeway)));
        edges.extend(time("nbf").map(|nbf| nbf.saturating_sub(leeway)));
        edges.extend(time("iat").map(|iat| iat.saturating_sub(leeway)));
        for (claim, limit) in [("iat", policy.max_age), ("auth_time", policy.max_auth_age)] {
            if let (Some(time), Some(limit)) = (time(claim), limit) {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(leeway);
                edges.push(time.saturating_add(limit).saturating_add(1));
            }
        }
        let exact = match (is_plain, time("iat")) {
            (false, _) => (i64::MIN, i64::MAX),
            (true, Some(iat)) => {
                let before = iat.saturating_sub(leeway);
                (before.saturating_sub(leeway).saturating_sub(ZONES), before)
            }
            (true, None) => (0, 0),
        };
        edges.push(exact.0);
        edges.sort_unstable();
        edges.dedup();
        Self {
            client: ["client_id", "azp", "appid", "cid"].into_iter().find_map(text),
            issuer: text("iss"),
            edges,
            exact,
            verdicts: Vec::new(),
        }
    }

    /// The moment that stands for all moments at which the verdict is the same.
    fn moment(&self, now: i64) -> i64 {
        if (self.exact.0..self.exact.1).contains(&now) {
            return now;
        }
        match self.edges.partition_point(|edge| *edge <= now).checked_sub(1) {
            Some(nth) => self.edges.get(nth).copied().unwrap_or(now),
            None => self.edges.first().map_or(0, |first| first.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::keys;
    use claviger_testkit::mint::{mint, with};
    use claviger_token::Algorithm;
    use proptest::prelude::*;
    use serde_json::json;

    const IAT: i64 = 1_795_000_000;

    fn surroundings() -> Surroundings {
        let mut policy = Policy::access("https://id.example", "https://api.example");
        policy.max_age = Some(1_000);
        let set = keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string();
        Surroundings::new(policy, IAT).with_budget(0).with_key_set("jwks", set.as_bytes())
    }

    fn token(changes: &Value) -> String {
        let claims = json!({
            "iss": "https://id.example", "aud": "https://api.example", "sub": "a",
            "client_id": "web", "iat": IAT, "nbf": IAT + 5, "exp": IAT + 900,
        });
        mint(Algorithm::Es256, &json!({}), &with(claims, changes))
    }

    #[test]
    fn a_credential_is_judged_once_and_at_its_own_time() {
        let (around, mut memory) = (surroundings(), Memory::default());
        let line = format!("GET / 401 authorization=\"Bearer {}\"", token(&json!({})));
        let refused = |code| Some(Judged::Refused(code, Certainty::Proven));
        let mut at = |now| memory.judge(&line, &around, now).map(|(judged, _)| judged);
        assert_eq!(at(IAT + 10), Some(Judged::Accepted));
        assert_eq!(at(IAT + 800), Some(Judged::Accepted));
        assert_eq!(at(IAT + 959), Some(Judged::Accepted));
        assert_eq!(at(IAT + 960), refused(Code::Expired));
        assert_eq!(at(IAT - 61), refused(Code::IssuedInFuture));
        let (_, known) = memory.judge(&line, &around, IAT).unwrap();
        assert_eq!(known.client.as_deref(), Some("web"));
        assert_eq!(known.issuer.as_deref(), Some("https://id.example"));
        assert!(known.verdicts.len() <= 5, "{:?}", known.verdicts);
        assert!(memory.judge("GET / 401", &around, IAT).is_none());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (around, mut memory) = (surroundings(), Memory::default());
        for nth in 0..3 * MOST {
            let _ = memory.judge(&format!("ghp_{nth:036}"), &around, IAT);
        }
        assert!(memory.young.len() + memory.old.len() <= 2 * MOST);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_remembered_is_what_would_be_found_again(
            times in proptest::collection::vec(-60_000_i64..60_000, 1..12),
            near in proptest::collection::vec((0_usize..6, -2_i64..3), 1..12),
            zone in 0_i64..2,
        ) {
            let around = surroundings();
            let token = token(&json!({"iat": IAT + zone * 7200, "exp": IAT + zone * 7200 + 900}));
            let mut memory = Memory::default();
            let edges = [-60, 0, 5, 900, 960, 1_060];
            let near = near.iter().map(|(nth, by)| edges[*nth] + by);
            for offset in times.into_iter().chain(near) {
                let now = IAT + offset;
                let remembered = memory.judge(&token, &around, now).map(|(judged, _)| judged);
                let anew = Memory::default().judge(&token, &around, now).map(|(judged, _)| judged);
                prop_assert_eq!(remembered, anew, "{}", offset);
            }
        }
    }
}
