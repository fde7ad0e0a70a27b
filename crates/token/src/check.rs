//! The ordered list of checks: the one place where it is decided whether a token is good.
//!
//! [`verify`](crate::verify) stops at the first fault, [`examine`](crate::examine) runs the whole list.
//! Both walk `CHECKS`, so they cannot disagree. A check never repairs and never guesses: that is
//! explain's work, after the answer.
//!
//! The order is RFC 7515 §5.2 and RFC 9068 §4: what steers the verification, then the signature, then
//! the claims, which mean nothing before it.

use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::bond::Bond;
use crate::catalogue::Code;
use crate::claims::{scopes, texts};
use crate::compact::{Part, Token};
use crate::fault::{Fact, Fault};
use crate::json::{Malformed, Members};
use crate::key::{Key, KeyKind};
use crate::key_set::KeySet;
use crate::kind::{TokenKind, recognise_kind};
use crate::policy::{Expect, Policy};
use crate::verdict::SignatureState;

/// What is judged, and by what.
pub(crate) struct Case<'c> {
    pub(crate) token: &'c Token<'c>,
    pub(crate) policy: &'c Policy,
    /// None: no key at hand, so the signature stays open.
    pub(crate) keys: Option<&'c KeySet>,
    pub(crate) now: i64,
}

/// What earlier checks found out for later ones.
#[derive(Default)]
pub(crate) struct Progress<'c> {
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) key: Option<&'c Key>,
    pub(crate) signature: SignatureState,
}

/// A check that found no fault.
#[derive(Clone, Copy)]
pub(crate) enum Pass {
    Good,
    /// It could not, or need not, run: why.
    Skipped(&'static str),
}

/// No fault, or all faults of this check, the first to be reported first. Never an empty list.
pub(crate) type Judgement = Result<Pass, Vec<Fault>>;

pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) judge: for<'c> fn(&Case<'c>, &mut Progress<'c>) -> Judgement,
}

pub(crate) const CHECKS: &[Check] = &[
    Check { name: "header", judge: header },
    Check { name: "payload", judge: payload },
    Check { name: "critical", judge: critical },
    Check { name: "algorithm", judge: algorithm },
    Check { name: "key", judge: key },
    Check { name: "signature", judge: signature },
    Check { name: "claim-types", judge: claim_types },
    Check { name: "time-units", judge: time_units },
    Check { name: "expiry", judge: expiry },
    Check { name: "not-before", judge: not_before },
    Check { name: "issued-at", judge: issued_at },
    Check { name: "lifetime", judge: lifetime },
    Check { name: "token-type", judge: token_type },
    Check { name: "issuer", judge: issuer },
    Check { name: "audience", judge: audience },
    Check { name: "subject", judge: subject },
    Check { name: "claims", judge: claims },
    Check { name: "sender", judge: sender },
    Check { name: "authentication", judge: authentication },
    Check { name: "scope", judge: scope },
];

/// The checks whose answer changes with the time: run again whenever a remembered token is met.
pub(crate) const TIMED: &[Check] = &[
    Check { name: "expiry", judge: expiry },
    Check { name: "not-before", judge: not_before },
    Check { name: "issued-at", judge: issued_at },
    Check { name: "lifetime", judge: lifetime },
];

const NO_CLAIMS: Pass = Pass::Skipped("the payload is no JSON object");
const NO_HEADER: Pass = Pass::Skipped("the header is no JSON object");

fn refuse(fault: Fault) -> Judgement {
    Err(vec![fault])
}

fn all(faults: Vec<Fault>) -> Judgement {
    if faults.is_empty() { Ok(Pass::Good) } else { Err(faults) }
}

// ── what steers the verification ────────────────────────────────────────────────────────────────

fn object<'m>(
    members: Result<&'m Members, &Malformed>,
    part: Part,
    code: Code,
    token: &Token<'_>,
) -> Result<&'m Members, Vec<Fault>> {
    let members = members.map_err(|why| {
        vec![
            Fault::new(code)
                .with("reason", Fact::Words(why.reason.to_owned()))
                .with("position", why.position)
                .at(token.segment(part)),
        ]
    })?;
    match members.duplicate() {
        None => Ok(members),
        Some(name) => Err(vec![
            Fault::new(Code::ClaimDuplicated)
                .with("claim", name)
                .with("part", Fact::Words(part.as_str().to_owned()))
                .at(members
                    .name_range(name)
                    .map_or_else(|| token.segment(part), |range| token.span_of(part, range))),
        ]),
    }
}

fn header<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let token = case.token;
    object(token.header_or_why(), Part::Header, Code::HeaderNotJson, token)?;
    Ok(Pass::Good)
}

fn payload<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let token = case.token;
    object(token.payload_or_why(), Part::Payload, Code::PayloadNotJson, token)?;
    Ok(Pass::Good)
}

/// RFC 7515 §4.1.11: an extension that is not understood refuses the token. This engine knows none.
fn critical<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(header) = case.token.header() else { return Ok(NO_HEADER) };
    if !header.contains("crit") {
        // RFC 7797 §6: `b64: false` without `crit` would be read differently by those who know it.
        return match header.get("b64") {
            Some(Value::Bool(false)) => refuse(
                Fault::new(Code::CriticalHeader)
                    .with("name", "b64")
                    .at(case.token.segment(Part::Header)),
            ),
            _ => Ok(Pass::Good),
        };
    }
    let names = texts(header, "crit");
    let name = if names.is_empty() { "crit".to_owned() } else { names.join(", ") };
    refuse(at_member(Fault::new(Code::CriticalHeader).with("name", name), case.token, "crit"))
}

/// RFC 8725 §3.1, §3.2: the policy's list decides, never the token.
fn algorithm<'c>(case: &Case<'c>, progress: &mut Progress<'c>) -> Judgement {
    let token = case.token;
    let Some(header) = token.header() else { return Ok(NO_HEADER) };
    let at = token.span_of_member("alg").unwrap_or_else(|| token.segment(Part::Header));
    let Some(name) = header.text("alg") else {
        // RFC 7515 §4.1.1: `alg` must be there, as a text.
        return refuse(if header.contains("alg") {
            wrong_type(header, "alg", "a text").at(at)
        } else {
            Fault::new(Code::AlgorithmNotAllowed).with("alg", "").at(at)
        });
    };
    if is_unsigned(&name) {
        return refuse(Fault::new(Code::AlgorithmNone).with("found", name.into_owned()).at(at));
    }
    let algorithm = Algorithm::from_name(&name);
    progress.algorithm = algorithm;
    if algorithm.is_some_and(|algorithm| case.policy.allows(algorithm)) {
        return Ok(Pass::Good);
    }
    let allowed: Vec<String> =
        case.policy.algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect();
    let fault = Fault::new(Code::AlgorithmNotAllowed).with("alg", name.into_owned()).at(at);
    refuse(if !allowed.is_empty() {
        fault.with("allowed", allowed)
    } else if algorithm.is_some() {
        fault.with("reason", Fact::Words("it is accepted only where the API names it".to_owned()))
    } else {
        fault
    })
}

/// Whether this `alg` says that nothing is signed (RFC 7518 §3.6), in any letter case and with whatever is not
/// seen at its ends: what reads names as C does takes `none\0` for it.
#[must_use]
pub fn is_unsigned(alg: &str) -> bool {
    let seen = alg.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    seen.eq_ignore_ascii_case("none")
}

/// The key is chosen out of the given set by `kid` (RFC 7515 §4.1.4); `jwk`, `jku`, `x5u` and `x5c` of
/// the token are never looked at.
fn key<'c>(case: &Case<'c>, progress: &mut Progress<'c>) -> Judgement {
    let Some(keys) = case.keys else {
        return Ok(Pass::Skipped("no key at hand"));
    };
    if keys.is_empty() {
        return refuse(Fault::new(Code::PolicyEmpty).with("missing", Fact::Words("a key".into())));
    }
    let token = case.token;
    let Some(header) = token.header() else { return Ok(NO_HEADER) };
    let Some(algorithm) = progress.algorithm else {
        return Ok(Pass::Skipped("the algorithm is not known"));
    };
    let kid = header.text("kid");
    if header.contains("kid") && kid.is_none() {
        return refuse(at_member(wrong_type(header, "kid", "a text"), token, "kid"));
    }
    let fits =
        |key: &Key| key.algorithms().contains(&algorithm) && key.forbids(algorithm).is_none();
    // A key without a name was handed over by hand (PEM, secret): it stands for any name.
    let of_name = |key: &&Key| match &kid {
        Some(kid) => key.kid() == Some(kid),
        None => true,
    };
    let chosen =
        match keys.keys().iter().find(|key| of_name(key) && key.kid().is_some() && fits(key)) {
            Some(key) if kid.is_some() => key,
            _ => match among_others(case, keys, kid.as_deref(), algorithm, fits) {
                Ok(key) => key,
                Err((fault, key)) => {
                    // Still named, so that examine can say whether the signature holds.
                    progress.key = key;
                    return refuse(fault);
                }
            },
        };
    progress.key = Some(chosen);
    if let Some(minimum) = chosen.too_weak_for(algorithm) {
        return refuse(
            Fault::new(Code::KeyTooWeak)
                .with("bits", chosen.bits())
                .with("minimum", minimum)
                .with_some("kid", chosen.kid())
                .with("key_type", Fact::Words(chosen.kind().as_str().to_owned())),
        );
    }
    Ok(Pass::Good)
}

/// The choice where `kid` and key do not simply meet: no `kid`, nameless keys, or a fault.
fn among_others<'c>(
    case: &Case<'c>,
    keys: &'c KeySet,
    kid: Option<&str>,
    algorithm: Algorithm,
    fits: impl Fn(&Key) -> bool,
) -> Result<&'c Key, (Fault, Option<&'c Key>)> {
    let token = case.token;
    let names = |keys: &[&Key]| -> Vec<String> {
        keys.iter().map(|key| key.kid().unwrap_or("(without kid)").to_owned()).collect()
    };
    let all: Vec<&'c Key> = keys.keys().iter().collect();
    let candidates: Vec<&'c Key> = match kid {
        None => all.clone(),
        Some(kid) => {
            let named: Vec<&'c Key> = keys.find(kid).collect();
            if named.is_empty() {
                all.iter().copied().filter(|key| key.kid().is_none()).collect()
            } else {
                named
            }
        }
    };
    if let Some(kid) = kid.filter(|_| candidates.is_empty()) {
        let fault = Fault::new(Code::KeyUnknown).with("kid", kid).with("keys", names(&all));
        return Err((at_member(fault, token, "kid"), None));
    }
    let serving: Vec<&'c Key> =
        candidates.iter().copied().filter(|key| key.algorithms().contains(&algorithm)).collect();
    let Some(first) = serving.first().copied() else {
        let kinds: Vec<&str> = candidates.iter().map(|key| key.kind().as_str()).collect();
        let fault = Fault::new(Code::KeyTypeMismatch)
            .with("alg", algorithm.name())
            .with("key_type", Fact::Words(distinct(&kinds).join(", ")))
            .with_some("kid", kid);
        return Err((fault, None));
    };
    let allowed: Vec<&'c Key> = serving.into_iter().filter(|key| fits(key)).collect();
    let Some(chosen) = allowed.first().copied() else {
        let fault = Fault::new(Code::KeyUseMismatch)
            .with("reason", Fact::Words(first.forbids(algorithm).unwrap_or_default()))
            .with_some("kid", first.kid());
        return Err((fault, Some(first)));
    };
    if allowed.len() == 1 {
        return Ok(chosen);
    }
    if allowed.iter().any(|key| key.kid().is_some()) {
        return Err((Fault::new(Code::KeyIdMissing).with("keys", names(&allowed)), None));
    }
    // Several keys without a name, all handed over by hand: the one that verifies is meant.
    let (input, signature) = (token.signing_input().as_bytes(), token.signature());
    Ok(allowed
        .iter()
        .copied()
        .find(|key| key.verifies(algorithm, input, signature))
        .unwrap_or(chosen))
}

fn distinct<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        if !seen.contains(text) {
            seen.push(text);
        }
    }
    seen
}

fn signature<'c>(case: &Case<'c>, progress: &mut Progress<'c>) -> Judgement {
    let token = case.token;
    let Some(algorithm) = progress.algorithm else {
        return Ok(Pass::Skipped("the algorithm is not known"));
    };
    if token.signature().is_empty() {
        progress.signature = SignatureState::Refuted;
        return refuse(
            Fault::new(Code::SignatureStripped)
                .with("alg", algorithm.name())
                .at(token.segment(Part::Signature)),
        );
    }
    if case.keys.is_none() {
        return Ok(Pass::Skipped("no key at hand: the signature is not judged"));
    }
    let Some(key) = progress.key else {
        return Ok(Pass::Skipped("no key could be chosen"));
    };
    if key.verifies(algorithm, token.signing_input().as_bytes(), token.signature()) {
        progress.signature = SignatureState::Verified;
        return Ok(Pass::Good);
    }
    progress.signature = SignatureState::Refuted;
    refuse(
        Fault::new(Code::SignatureMismatch)
            .with("alg", algorithm.name())
            .with_some("kid", key.kid())
            .with("key_type", Fact::Words(key.kind().as_str().to_owned()))
            .at(token.segment(Part::Signature)),
    )
}

// ── what the claims say ─────────────────────────────────────────────────────────────────────────

fn wrong_type(members: &Members, name: &str, expected: &'static str) -> Fault {
    let found = members.raw(name).unwrap_or_default();
    Fault::new(Code::ClaimType)
        .with("claim", name)
        .with("expected", Fact::Words(expected.to_owned()))
        .with("found", found.chars().take(80).collect::<String>())
}

fn at_claim(fault: Fault, token: &Token<'_>, name: &str) -> Fault {
    match token.span_of_claim(name) {
        Some(span) => fault.at(span),
        None => fault,
    }
}

fn at_member(fault: Fault, token: &Token<'_>, name: &str) -> Fault {
    match token.span_of_member(name) {
        Some(span) => fault.at(span),
        None => fault,
    }
}

/// RFC 7519 §4.1, RFC 9068 §2.2: what a registered claim may be.
fn claim_types<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let mut faults = Vec::new();
    let mut wrong = |name: &str, expected| {
        faults.push(at_claim(wrong_type(payload, name, expected), case.token, name));
    };
    for name in ["exp", "nbf", "iat", "auth_time"] {
        // A time before 1970 is nobody's intention; one beyond 53 bits is read differently by each.
        if payload.contains(name) && payload.integer(name).is_none_or(|time| time < 0) {
            wrong(name, "a number of seconds since 1970");
        }
    }
    for name in ["iss", "sub", "jti", "sid", "client_id", "azp", "acr"] {
        if payload.contains(name) && payload.text(name).is_none() {
            wrong(name, "a text");
        }
    }
    if payload.contains("aud") && payload.text("aud").is_none() {
        let is_list_of_texts = matches!(payload.get("aud"), Some(Value::Array(list))
            if list.iter().all(Value::is_string));
        if !is_list_of_texts {
            wrong("aud", "a text or a list of texts");
        }
    }
    if payload.contains("cnf") && !matches!(payload.get("cnf"), Some(Value::Object(_))) {
        wrong("cnf", "an object");
    }
    all(faults)
}

/// The year 5138 in seconds, 1973 in milliseconds: no token means a second beyond it.
const NO_SECONDS: i64 = 100_000_000_000;

/// `exp` in milliseconds makes a token that never expires: it is refused, not obeyed (RFC 7519 §2).
fn time_units<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let mut faults = Vec::new();
    for name in ["exp", "nbf", "iat"] {
        let Some(time) = payload.integer(name).filter(|time| *time >= NO_SECONDS) else { continue };
        let (mut seconds, mut unit) = (time, "seconds");
        for smaller in ["milliseconds", "microseconds", "nanoseconds"] {
            if seconds >= NO_SECONDS {
                seconds /= 1000;
                unit = smaller;
            }
        }
        let fault = Fault::new(Code::TimeInMilliseconds)
            .with("claim", name)
            .with("found", time.to_string())
            .with("unit", Fact::Words(unit.to_owned()))
            .with("meant", Fact::Time(seconds));
        faults.push(at_claim(fault, case.token, name));
    }
    all(faults)
}

/// A time of the payload in seconds; none where it is absent or one of the two checks above refused it.
fn time(payload: &Members, name: &str) -> Option<i64> {
    payload.integer(name).filter(|time| (0..NO_SECONDS).contains(time))
}

fn needs(case: &Case<'_>, name: &str, by_expectation: bool) -> bool {
    (by_expectation && case.policy.expect != Expect::Any)
        || case.policy.required.iter().any(|required| required == name)
}

/// RFC 7519 §4.1.4: on or after `exp` a token is not accepted; the leeway is granted whole.
fn expiry<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    if !payload.contains("exp") {
        return if needs(case, "exp", true) || case.policy.max_age.is_some() {
            refuse(Fault::new(Code::ExpiryMissing))
        } else {
            Ok(Pass::Skipped("no `exp`, and none is demanded"))
        };
    }
    let Some(exp) = time(payload, "exp") else {
        return Ok(Pass::Skipped("`exp` is no number of seconds"));
    };
    if case.now < exp.saturating_add(case.policy.leeway_secs()) {
        return Ok(Pass::Good);
    }
    let lifetime = time(payload, "iat").map(|iat| exp - iat).filter(|lifetime| *lifetime > 0);
    let fault = Fault::new(Code::Expired)
        .with("exp", Fact::Time(exp))
        .with("now", Fact::Time(case.now))
        .with("ago", Fact::Lasting(case.now - exp))
        .with("leeway", Fact::Lasting(case.policy.leeway_secs()))
        .with_some("lifetime", lifetime.map(Fact::Lasting));
    refuse(at_claim(fault, case.token, "exp"))
}

/// RFC 7519 §4.1.5.
fn not_before<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let Some(nbf) = time(payload, "nbf") else {
        return Ok(Pass::Skipped("no `nbf`"));
    };
    if nbf <= case.now.saturating_add(case.policy.leeway_secs()) {
        return Ok(Pass::Good);
    }
    refuse(at_claim(ahead(Code::NotYetValid, "nbf", nbf, case), case.token, "nbf"))
}

/// RFC 7519 §4.1.6 leaves `iat` to the application; a token from the future means that a clock is wrong.
fn issued_at<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let Some(iat) = time(payload, "iat") else {
        return Ok(Pass::Skipped("no `iat`"));
    };
    if iat <= case.now.saturating_add(case.policy.leeway_secs()) {
        return Ok(Pass::Good);
    }
    refuse(at_claim(ahead(Code::IssuedInFuture, "iat", iat, case), case.token, "iat"))
}

fn ahead(code: Code, claim: &'static str, time: i64, case: &Case<'_>) -> Fault {
    Fault::new(code)
        .with(claim, Fact::Time(time))
        .with("now", Fact::Time(case.now))
        .with("ahead", Fact::Lasting(time - case.now))
        .with("leeway", Fact::Lasting(case.policy.leeway_secs()))
}

fn lifetime<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(limit) = case.policy.max_age else {
        return Ok(Pass::Skipped("no longest age is demanded"));
    };
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let Some(iat) = time(payload, "iat") else {
        // Without `iat` the age cannot be known: the policy that sets a limit demands it.
        return refuse(
            Fault::new(Code::ClaimMismatch)
                .with("claim", "iat")
                .with("expected", Fact::Words("the time of issue, to know the age by".to_owned())),
        );
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let lifetime = time(payload, "exp").map(|exp| exp - iat);
    let age = case.now - iat;
    let fault = Fault::new(Code::LifetimeExcessive).with("limit", Fact::Lasting(limit));
    if let Some(lifetime) = lifetime.filter(|lifetime| *lifetime > limit) {
        let fault = fault.with("lifetime", Fact::Lasting(lifetime));
        return refuse(at_claim(fault, case.token, "exp"));
    }
    if age > limit.saturating_add(case.policy.leeway_secs()) {
        return refuse(at_claim(fault.with("age", Fact::Lasting(age)), case.token, "iat"));
    }
    Ok(Pass::Good)
}

/// RFC 8725 §3.11, §3.12: one kind of token never passes for another.
fn token_type<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let (Some(header), Some(payload)) = (case.token.header(), case.token.payload()) else {
        return Ok(NO_CLAIMS);
    };
    let wanted = match case.policy.expect {
        Expect::Any => return Ok(Pass::Skipped("any kind of token is accepted")),
        Expect::Access => TokenKind::Access,
        Expect::Id => TokenKind::Id,
    };
    if header.contains("typ") && header.text("typ").is_none() {
        return refuse(at_member(wrong_type(header, "typ", "a text"), case.token, "typ"));
    }
    let (kind, mark) = recognise_kind(header, payload);
    // An unmarked token may be either; only a mark speaks against an ID token being one.
    if kind == wanted || (wanted == TokenKind::Id && kind == TokenKind::Access && mark.is_none()) {
        return Ok(Pass::Good);
    }
    let mark = Fact::Words(mark.unwrap_or_default());
    let fault = match (wanted, kind) {
        (TokenKind::Access, TokenKind::Id) => {
            Fault::new(Code::IdTokenAsAccessToken).with("reason", mark)
        }
        (TokenKind::Access, TokenKind::Refresh) => {
            Fault::new(Code::RefreshTokenAsAccessToken).with("reason", mark)
        }
        _ => Fault::new(Code::TokenTypeMismatch)
            .with("found", Fact::Words(kind.as_str().to_owned()))
            .with("expected", Fact::Words(wanted.as_str().to_owned()))
            .with("reason", mark),
    };
    refuse(at_member(fault, case.token, "typ"))
}

/// RFC 8725 §3.8: exactly the trusted text.
fn issuer<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let expected = &case.policy.issuers;
    let Some(found) = payload.text("iss") else {
        return if payload.contains("iss") {
            Ok(Pass::Skipped("`iss` is no text"))
        } else if !expected.is_empty() || needs(case, "iss", false) {
            refuse(Fault::new(Code::IssuerMissing).with("expected", expected.clone()))
        } else {
            Ok(Pass::Skipped("no issuer is demanded"))
        };
    };
    if expected.is_empty() {
        return Ok(Pass::Skipped("no issuer is demanded"));
    }
    if expected.iter().any(|one| *one == found) {
        return Ok(Pass::Good);
    }
    let fault = Fault::new(Code::IssuerMismatch)
        .with("found", found.into_owned())
        .with("expected", expected.clone());
    refuse(at_claim(fault, case.token, "iss"))
}

/// RFC 7519 §4.1.3, RFC 8725 §3.9.
fn audience<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let expected = &case.policy.audiences;
    let found = texts(payload, "aud");
    if expected.is_empty() {
        return if found.is_empty() && needs(case, "aud", false) {
            refuse(Fault::new(Code::AudienceMissing))
        } else {
            Ok(Pass::Skipped("no audience is demanded"))
        };
    }
    if found.is_empty() {
        let is_list = matches!(payload.get("aud"), None | Some(Value::Array(_)));
        return if is_list {
            refuse(Fault::new(Code::AudienceMissing).with("expected", expected.clone()))
        } else {
            Ok(Pass::Skipped("`aud` is no text"))
        };
    }
    if found.iter().any(|one| expected.iter().any(|wanted| wanted == one)) {
        return Ok(Pass::Good);
    }
    let found: Vec<String> = found.into_iter().map(|one| one.into_owned()).collect();
    let fault =
        Fault::new(Code::AudienceMismatch).with("found", found).with("expected", expected.clone());
    refuse(at_claim(fault, case.token, "aud"))
}

/// RFC 9068 §2.2, OpenID Connect Core §2: `sub` is due.
fn subject<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    if payload.contains("sub") {
        let empty = payload.text("sub").is_some_and(|sub| sub.is_empty());
        return if empty { refuse(Fault::new(Code::SubjectMissing)) } else { Ok(Pass::Good) };
    }
    if needs(case, "sub", true) {
        return refuse(Fault::new(Code::SubjectMissing));
    }
    Ok(Pass::Skipped("no subject is demanded"))
}

fn claims<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let policy = case.policy;
    if policy.pinned.is_empty() && policy.required.is_empty() {
        return Ok(Pass::Skipped("no further claim is demanded"));
    }
    let mut faults = Vec::new();
    for (name, expected) in &policy.pinned {
        let found = member(payload, name);
        let fits = match &found {
            Some(Value::Array(list)) => list.iter().any(|item| said(item) == *expected),
            Some(value) => said(value) == *expected,
            None => false,
        };
        if !fits {
            let fault = Fault::new(Code::ClaimMismatch)
                .with("claim", name.as_str())
                .with_some("found", found.as_ref().map(said))
                .with("expected", expected.as_str());
            let top = if payload.contains(name) { name } else { top_of(name) };
            faults.push(at_claim(fault, case.token, top));
        }
    }
    // `exp`, `iss`, `aud` and `sub` have checks and codes of their own.
    let others = policy.required.iter().filter(|name| {
        !["exp", "iss", "aud", "sub"].contains(&name.as_str()) && !payload.contains(name)
    });
    for name in others {
        faults.push(
            Fault::new(Code::ClaimMismatch)
                .with("claim", name.as_str())
                .with("expected", Fact::Words("any value".to_owned())),
        );
    }
    all(faults)
}

/// The name of the claim that a path begins with.
fn top_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A claim by its name, else by its path: `realm_access.roles`. A name may itself hold dots.
fn member(payload: &Members, name: &str) -> Option<Value> {
    payload.get(name).or_else(|| {
        let (top, path) = name.split_once('.')?;
        path.split('.').try_fold(payload.get(top)?, |value, name| value.get(name).cloned())
    })
}

/// A claim's value as a policy writes it: texts bare, the rest as JSON.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// RFC 9449 §7.1, RFC 8705 §3: a token bound to a key is no bearer token.
fn sender<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let Some(bond) = Bond::read(payload) else {
        return Ok(Pass::Skipped("the token is bound to no key"));
    };
    if case.policy.sender_bound {
        return Ok(Pass::Good);
    }
    refuse(at_claim(bond.missing(), case.token, "cnf"))
}

/// RFC 9470 §5, §6: the step-up demands of this resource.
fn authentication<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    let policy = case.policy;
    if policy.acr.is_empty() && policy.max_auth_age.is_none() {
        return Ok(Pass::Skipped("no step-up is demanded"));
    }
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let mut faults = Vec::new();
    if !policy.acr.is_empty() {
        let found = payload.text("acr");
        if !found.as_ref().is_some_and(|acr| policy.acr.iter().any(|one| one == acr)) {
            let fault = Fault::new(Code::AuthenticationTooWeak)
                .with_some("found", found.map(|acr| acr.into_owned()))
                .with("expected", policy.acr.clone());
            faults.push(at_claim(fault, case.token, "acr"));
        }
    }
    if let Some(limit) = policy.max_auth_age {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let age = time(payload, "auth_time").map(|since| case.now - since);
        if age.is_none_or(|age| age > limit.saturating_add(policy.leeway_secs())) {
            let fault = Fault::new(Code::AuthenticationTooWeak)
                .with_some("age", age.map(Fact::Lasting))
                .with("limit", Fact::Lasting(limit));
            faults.push(at_claim(fault, case.token, "auth_time"));
        }
    }
    all(faults)
}

/// RFC 6750 §3.1, RFC 9068 §2.2.3: every needed scope, as one space-separated text.
fn scope<'c>(case: &Case<'c>, _: &mut Progress<'c>) -> Judgement {
    if case.policy.scopes.is_empty() {
        return Ok(Pass::Skipped("no scope is demanded"));
    }
    let Some(payload) = case.token.payload() else { return Ok(NO_CLAIMS) };
    let found = scopes(payload);
    let missing: Vec<String> =
        case.policy.scopes.iter().filter(|scope| !found.contains(scope)).cloned().collect();
    if missing.is_empty() {
        return Ok(Pass::Good);
    }
    let fault = Fault::new(Code::ScopeInsufficient)
        .with("missing", missing)
        .with("found", found)
        .with("expected", case.policy.scopes.clone());
    refuse(at_claim(fault, case.token, "scope"))
}

/// The kinds of key in words, for the passing line of the check `key`.
pub(crate) fn describe_key(key: &Key) -> String {
    let kind = match key.kind() {
        KeyKind::Rsa | KeyKind::Secret => format!("{} of {} bits", key.kind().as_str(), key.bits()),
        kind => kind.as_str().to_owned(),
    };
    match key.kid() {
        Some(kid) => format!("`{kid}` ({kind})"),
        None => format!("{kind}, without a name"),
    }
}
