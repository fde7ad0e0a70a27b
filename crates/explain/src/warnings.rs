//! What will hurt later: a good credential that is about to expire, to grow too large, to lose its key.
//!
//! Never changes a verdict: a warning is no fault. Each names, where there is one, the fault that it would
//! become.

use claviger_token::{Code, Expect, Members, Token, TokenKind, lasting, recognise_kind, rfc3339};
use serde_json::{Map, Value, json};

use crate::bench::Bench;
use crate::clip::still;
use crate::key_text;
use crate::report;
use crate::ride::Ride;
use crate::signer::Signer;

/// A line of the usual limit, three quarters full.
const NEARLY: usize = 75;

/// Header lines that servers and proxies take, the strictest first.
const LIMITS: &[(usize, &str)] = &[
    (8190, "nginx and Tomcat take 8 KiB, Apache 8190 bytes"),
    (
        16 * 1024,
        "Node takes 16 KiB for all headers, IIS, HAProxy and AWS load balancers for a line",
    ),
];

/// An access token that lives longer outlives most leavers, leaks and changes of rights.
const LONG_LIFE: i64 = 24 * 3600;

/// A key that is withdrawn within this time should have a successor by now.
const SOON: i64 = 7 * 86_400;

/// A secret of fewer different bytes was typed by a person.
const FEW_BYTES: usize = 10;

/// The longest detail.
const MOST_CHARACTERS: usize = 400;

/// Something that does no harm yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The fault that it would become, where there is one.
    pub code: Option<Code>,
    /// A short sentence.
    pub title: &'static str,
    /// The values that show it.
    pub detail: String,
    /// What to do.
    pub fix: &'static str,
    /// The same values for programs.
    pub evidence: Map<String, Value>,
}

impl Warning {
    fn new(code: impl Into<Option<Code>>, title: &'static str, detail: impl Into<String>) -> Self {
        // A header's `typ` or `kid` may be anything at all.
        let detail = report::without_signature(&detail.into());
        Self {
            code: code.into(),
            title,
            detail: detail.chars().take(MOST_CHARACTERS).map(still).collect(),
            fix: "",
            evidence: Map::new(),
        }
    }

    fn fix(mut self, fix: &'static str) -> Self {
        self.fix = fix;
        self
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "code": self.code.map(Code::as_str),
            "title": self.title,
            "detail": self.detail,
            "evidence": self.evidence,
            "fix": self.fix,
        })
    }
}

/// The warnings that the token itself gives rise to.
pub(crate) fn of_token(bench: &Bench<'_>, token: &Token<'_>, signers: &[Signer]) -> Vec<Warning> {
    let (Some(header), Some(payload)) = (token.header(), token.payload()) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    all.extend(expiry(bench, payload));
    all.extend(drift(bench, payload));
    all.extend(withdrawal(bench, payload, signers));
    all.extend(secret(bench, header));
    all.extend(key_name(bench, header));
    all.extend(algorithm_name(header));
    all.extend(loose_type(header, payload));
    all.extend(kind(bench, header, payload));
    if !payload.contains("aud") {
        all.push(
            Warning::new(Code::AudienceMissing, "It is for everybody", "the token has no `aud`")
                .fix("Let the issuer name the API in `aud`, and check it there."),
        );
    }
    if header.contains("x5t") && !header.contains("x5t#S256") {
        all.push(
            Warning::new(
                None,
                "Its certificate is named by a SHA-1 digest",
                "the header has `x5t` and no `x5t#S256`",
            )
            .fix("Let the issuer write `x5t#S256` (RFC 7515 §4.1.8), or a `kid` alone."),
        );
    }
    all
}

/// The warning that the length of its header line gives rise to.
pub(crate) fn of_size(ride: &Ride) -> Option<Warning> {
    let (limit, whose) = LIMITS.iter().find(|(limit, _)| ride.bytes <= *limit)?;
    if !matches!(ride.place, "header" | "bare") || ride.bytes * 100 < limit * NEARLY {
        return None;
    }
    let detail = format!(
        "its header line has {} bytes, {} % of {limit}: {whose}",
        ride.bytes,
        ride.bytes * 100 / limit
    );
    Some(
        Warning::new(Code::HeaderTooLarge, "It is nearly too large for a header", detail)
            .fix("Put fewer groups and roles into the token, before one more makes servers refuse it.")
            .with("bytes", ride.bytes)
            .with("limit_bytes", *limit),
    )
}

/// No end, a far end, a near end.
fn expiry(bench: &Bench<'_>, payload: &Members) -> Option<Warning> {
    let now = bench.surroundings.now;
    let Some(exp) = payload.integer("exp") else {
        return (!payload.contains("exp")).then(|| {
            Warning::new(Code::ExpiryMissing, "It never expires", "the token has no `exp`")
                .fix("Issue tokens with `exp`, a few minutes after `iat`.")
        });
    };
    let leeway = bench.policy.leeway_secs();
    let left = exp.checked_sub(now)?;
    let life = payload.integer("iat").and_then(|iat| exp.checked_sub(iat)).filter(|life| *life > 0);
    let told = |warning: Warning| warning.with("exp", exp).with("now", now);
    if left <= 0 {
        let detail = format!(
            "exp was {}, {} ago: only the leeway of {} still lets it pass",
            rfc3339(exp),
            lasting(left),
            lasting(leeway)
        );
        let warning = Warning::new(Code::Expired, "It has expired within the leeway", detail)
            .fix("Get a new token now; refresh before `exp`, not after a refusal.");
        return Some(told(warning));
    }
    if left < leeway || life.is_some_and(|life| left < life / 10) {
        let whole = life.filter(|life| *life >= left);
        let of = whole.map(|life| format!(" of {}", lasting(life))).unwrap_or_default();
        let detail = format!("exp is {}: {}{of} are left", rfc3339(exp), lasting(left));
        let warning = Warning::new(Code::Expired, "It is about to expire", detail)
            .fix("Get a new token now; refresh before `exp`, not after a refusal.");
        return Some(told(warning));
    }
    let life = life.unwrap_or(left);
    let limit =
        LONG_LIFE.max(bench.policy.max_age.and_then(|age| age.try_into().ok()).unwrap_or(0));
    (life > limit).then(|| {
        let detail = format!("it lives {}, until {}", lasting(life), rfc3339(exp));
        let warning = Warning::new(Code::LifetimeExcessive, "It lives very long", detail)
            .fix("Issue access tokens for minutes and refresh them: who finds this one can use it as long.");
        told(warning.with("lifetime", life))
    })
}

/// Issued ahead of now, and only the leeway hides it.
fn drift(bench: &Bench<'_>, payload: &Members) -> Option<Warning> {
    let now = bench.surroundings.now;
    let (claim, at) = ["iat", "nbf"]
        .into_iter()
        .filter_map(|claim| Some((claim, payload.integer(claim)?)))
        .find(|(_, at)| *at > now)?;
    let ahead = at.checked_sub(now)?;
    let detail = format!(
        "{claim} is {}, {} ahead of this clock; the leeway is {}",
        rfc3339(at),
        lasting(ahead),
        lasting(bench.policy.leeway_secs())
    );
    Some(
        Warning::new(Code::ClockSkew, "Two clocks drift apart", detail)
            .fix("Synchronise both clocks (`timedatectl status`), before the drift exceeds the leeway.")
            .with(claim, at)
            .with("now", now)
            .with("skew", ahead),
    )
}

/// A name that says the family and not the algorithm (RFC 9864 §2.2, deprecated there).
fn algorithm_name(header: &Members) -> Option<Warning> {
    (header.text("alg").as_deref() == Some("EdDSA")).then(|| {
        Warning::new(
            None,
            "The algorithm's name is deprecated",
            "`alg` is `EdDSA`, which leaves the curve open; RFC 9864 replaces it by `Ed25519`",
        )
        .fix("Let the issuer write `Ed25519` once all of its verifiers know that name.")
    })
}

/// A member of another type than its RFC gives it, which the verifier passes over as long as nothing is asked of
/// it. Others read it, or refuse what they cannot read.
fn loose_type(header: &Members, payload: &Members) -> Option<Warning> {
    let (name, value, due, code) = match (header.get("cty"), payload.get("scope")) {
        (Some(value), _) if !value.is_string() => {
            ("cty", value, "a text (RFC 7515 §4.1.10)", Code::ClaimType)
        }
        (_, Some(value)) if !value.is_string() => {
            ("scope", value, "one text (RFC 9068 §2.2.3)", Code::ScopeShape)
        }
        _ => return None,
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::Array(_) => "a list",
        _ => "an object",
    };
    let detail = format!("`{name}` is {is}, and has to be {due}; nothing here asks for it");
    Some(
        Warning::new(code, "A member has another type than it should", detail)
            .fix("Let the issuer write it with its type, before an API asks for it or a library refuses it.")
            .with("member", name),
    )
}

/// A key whose JWK says when it ends (`exp`, as some issuers publish it).
fn withdrawal(bench: &Bench<'_>, payload: &Members, signers: &[Signer]) -> Option<Warning> {
    let now = bench.surroundings.now;
    let kid = signers.first()?.kid.as_deref()?;
    let end = bench
        .surroundings
        .sources
        .iter()
        .find_map(|source| key_text::end_of_key(&source.bytes, kid))?;
    let left = end.checked_sub(now)?;
    let outlived = payload.integer("exp").is_some_and(|exp| exp > end);
    if left >= SOON && !outlived {
        return None;
    }
    let when =
        if left > 0 { format!("in {}", lasting(left)) } else { format!("{} ago", lasting(left)) };
    let more = if outlived { ", before the token expires" } else { "" };
    let detail = format!("its key `{kid}` ends {}, {when}{more}", rfc3339(end));
    let title =
        if left > 0 { "Its key is about to be withdrawn" } else { "Its key has had its time" };
    Some(
        Warning::new(Code::KeyRetired, title, detail)
            .fix("See that the issuer publishes the next key, and that the API fetches the set again.")
            .with("kid", kid)
            .with("key_exp", end)
            .with("now", now),
    )
}

/// A shared secret that is long enough and all the same easy to guess.
fn secret(bench: &Bench<'_>, header: &Members) -> Option<Warning> {
    if !header.text("alg").is_some_and(|alg| alg.starts_with("HS")) {
        return None;
    }
    let different = bench.surroundings.secrets.iter().map(|secret| {
        let mut seen = [false; 256];
        for byte in &secret.bytes {
            seen[usize::from(*byte)] = true;
        }
        seen.iter().filter(|seen| **seen).count()
    });
    let fewest = different.min()?;
    (fewest < FEW_BYTES).then(|| {
        Warning::new(
            Code::KeyTooWeak,
            "Its secret is easy to guess",
            format!("the shared secret is long enough, and has only {fewest} different bytes"),
        )
        .fix("Generate it: `openssl rand -hex 32`.")
    })
}

/// No `kid`: it is found by luck as soon as there are two keys.
fn key_name(bench: &Bench<'_>, header: &Members) -> Option<Warning> {
    let keys = bench.keys().len();
    if header.contains("kid") || keys < 2 {
        return None;
    }
    let detail = format!("the header has no `kid`, and {keys} keys are at hand");
    Some(
        Warning::new(Code::KeyIdMissing, "It does not name its key", detail)
            .fix("Let the issuer write `kid` into the header; with two keys of one kind nobody knows which is meant.")
            .with("keys", keys),
    )
}

/// Another kind than APIs take, where any is taken; or one that does not say its kind.
fn kind(bench: &Bench<'_>, header: &Members, payload: &Members) -> Option<Warning> {
    let (kind, mark) = recognise_kind(header, payload);
    if bench.policy.expect == Expect::Any && kind != TokenKind::Access {
        let code = match kind {
            TokenKind::Id => Code::IdTokenAsAccessToken,
            TokenKind::Refresh => Code::RefreshTokenAsAccessToken,
            _ => Code::TokenTypeMismatch,
        };
        let because = mark.map(|mark| format!("; {mark}")).unwrap_or_default();
        let detail = format!("its kind is: {}{because}", kind.as_str());
        return Some(
            Warning::new(code, "It is no access token", detail)
                .fix("An API that looks refuses it. Send the `access_token`; judge it with `--expect access`."),
        );
    }
    (!header.contains("typ")).then(|| {
        Warning::new(
            Code::TokenTypeMismatch,
            "It does not say of which kind it is",
            "the header has no `typ`; RFC 9068 demands `at+jwt` of access tokens",
        )
        .fix("Let the issuer write `typ`, so that an ID token cannot be taken for an access token.")
    })
}
