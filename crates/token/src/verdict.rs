//! The verdict: [`verify`] for those who must decide, [`examine`] for those who must understand.
//!
//! Decides nothing itself: it walks the list of `check`.

use std::sync::Arc;

use crate::algorithm::Algorithm;
use crate::catalogue::Code;
use crate::check::{CHECKS, Case, Pass, Progress, TIMED, describe_key};
use crate::claims::Claims;
use crate::compact::Token;
use crate::fault::Fault;
use crate::json::Members;
use crate::key_set::KeySet;
use crate::policy::Policy;
use crate::words::{lasting, rfc3339};

/// A token that was found good: its claims may be believed. Only [`verify`] makes one.
#[derive(Clone)]
pub struct Verified {
    header: Members,
    claims: Claims,
    algorithm: Algorithm,
    kid: Option<Arc<str>>,
    thumbprint: Arc<str>,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Verified")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl Verified {
    /// Its claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }
    /// Its header.
    #[must_use]
    pub const fn header(&self) -> &Members {
        &self.header
    }
    /// The algorithm of its signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// The `kid` of the key that verified it, if that key has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    /// The thumbprint of the key that verified it: who remembers this verdict drops it with the key.
    #[must_use]
    pub fn key_thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Judges the times again: a remembered token ages.
    ///
    /// # Errors
    /// The fault that time has brought.
    pub fn still_valid(&self, policy: &Policy, now: i64) -> Result<(), Box<Fault>> {
        // The usual case needs no more than two comparisons.
        let leeway = policy.leeway_secs();
        let claims = &self.claims;
        let quiet = claims.expires().is_some_and(|exp| now < exp.saturating_add(leeway))
            && claims.not_before().is_none_or(|nbf| nbf <= now.saturating_add(leeway))
            && claims.issued_at().is_none_or(|iat| iat <= now.saturating_add(leeway))
            && policy.max_age.is_none();
        if quiet { Ok(()) } else { timed(&self.header, &self.claims, policy, now) }
    }
}

/// The timed checks over members that were taken apart before.
fn timed(header: &Members, claims: &Claims, policy: &Policy, now: i64) -> Result<(), Box<Fault>> {
    // The checks read a token; one is made again from its decoded parts. This is the refusing path.
    let text = format!(
        "{}.{}.",
        crate::base64url::encode(header.bytes()),
        crate::base64url::encode(claims.members().bytes())
    );
    let token = Token::parse(&text).map_err(Box::new)?;
    let case = Case { token: &token, policy, keys: None, now };
    for check in TIMED {
        if let Err(faults) = (check.judge)(&case, &mut Progress::default()) {
            return Err(first(faults));
        }
    }
    Ok(())
}

fn first(faults: Vec<Fault>) -> Box<Fault> {
    // A check that refuses names at least one fault; were it ever none, the answer is still no.
    Box::new(faults.into_iter().next().unwrap_or_else(|| Fault::new(Code::SignatureMismatch)))
}

/// Judges a token: good, or the first fault.
///
/// `text` is the bare token, `now` unix seconds. The work is bounded: tokens over
/// [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES) are refused unread, at most one signature is verified
/// (several only where several nameless keys were given).
///
/// # Errors
/// The first fault in the order of the checks.
pub fn verify(
    text: &str,
    policy: &Policy,
    keys: &KeySet,
    now: i64,
) -> Result<Verified, Box<Fault>> {
    let token = Token::parse(text).map_err(Box::new)?;
    let mut progress = Progress::default();
    {
        let case = Case { token: &token, policy, keys: Some(keys), now };
        for check in CHECKS {
            (check.judge)(&case, &mut progress).map_err(first)?;
        }
    }
    // Every way here went through the checks `algorithm`, `key` and `signature`; should one of them
    // ever be skipped, the answer is no.
    let (Some(algorithm), Some(key), SignatureState::Verified) =
        (progress.algorithm, progress.key, progress.signature)
    else {
        return Err(Box::new(Fault::new(Code::SignatureMismatch)));
    };
    let (kid, thumbprint) = key.identity();
    let Some((header, claims)) = token.into_members() else {
        return Err(Box::new(Fault::new(Code::PayloadNotJson)));
    };
    Ok(Verified { header, claims: Claims(claims), algorithm, kid, thumbprint })
}

/// What became of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SignatureState {
    /// The chosen key verifies it.
    Verified,
    /// The chosen key does not, or there is none in the token.
    Refuted,
    /// It was not judged.
    #[default]
    Unchecked,
}

impl SignatureState {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refuted => "refuted",
            Self::Unchecked => "unchecked",
        }
    }
}

/// What became of one check.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It holds; in words, with the values.
    Passed(String),
    /// It could not, or need not, run; why.
    Skipped(String),
    /// It does not hold.
    Failed(Fault),
}

/// One line of an examination.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// What became of it.
    pub outcome: Outcome,
}

/// The whole judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every check that could run holds, the signature among them.
    Accepted,
    /// At least one does not.
    Refused,
    /// Nothing speaks against it, but the signature could not be judged.
    Undetermined,
}

impl Verdict {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Undetermined => "undetermined",
        }
    }
}

/// Every finding about one token.
#[derive(Debug)]
pub struct Examination<'t> {
    /// One line for each check, several where a check found several faults.
    pub findings: Vec<Finding>,
    token: Option<Token<'t>>,
    signature: SignatureState,
    key: Option<String>,
}

impl<'t> Examination<'t> {
    /// The faults, in the order of the checks: the first is the one that [`verify`] gives.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.findings.iter().filter_map(|finding| match &finding.outcome {
            Outcome::Failed(fault) => Some(fault),
            _ => None,
        })
    }
    /// The token, if the text could be taken apart.
    #[must_use]
    pub const fn token(&self) -> Option<&Token<'t>> {
        self.token.as_ref()
    }
    /// What became of the signature.
    #[must_use]
    pub const fn signature(&self) -> SignatureState {
        self.signature
    }
    /// The thumbprint of the key that was chosen.
    #[must_use]
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.key.as_deref()
    }
    /// The whole judgement.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.faults().next().is_some() {
            Verdict::Refused
        } else if self.signature == SignatureState::Verified {
            Verdict::Accepted
        } else {
            Verdict::Undetermined
        }
    }
}

/// Runs the whole list and reports every finding. With `keys` none, the signature is left open.
#[must_use]
pub fn examine<'t>(
    text: &'t str,
    policy: &Policy,
    keys: Option<&KeySet>,
    now: i64,
) -> Examination<'t> {
    let mut findings = Vec::with_capacity(CHECKS.len() + 1);
    let token = match Token::parse(text) {
        Ok(token) => token,
        Err(fault) => {
            findings.push(Finding { check: "structure", outcome: Outcome::Failed(fault) });
            let why = "the token could not be taken apart";
            findings.extend(CHECKS.iter().map(|check| Finding {
                check: check.name,
                outcome: Outcome::Skipped(why.to_owned()),
            }));
            let signature = SignatureState::Unchecked;
            return Examination { findings, token: None, signature, key: None };
        }
    };
    let structure = format!("three segments, {} characters", text.len());
    findings.push(Finding { check: "structure", outcome: Outcome::Passed(structure) });
    let mut progress = Progress::default();
    let case = Case { token: &token, policy, keys, now };
    for check in CHECKS {
        match (check.judge)(&case, &mut progress) {
            Ok(Pass::Good) => {
                let said = describe(check.name, &case, &progress);
                findings.push(Finding { check: check.name, outcome: Outcome::Passed(said) });
            }
            Ok(Pass::Skipped(why)) => findings
                .push(Finding { check: check.name, outcome: Outcome::Skipped(why.to_owned()) }),
            Err(faults) => findings.extend(
                faults
                    .into_iter()
                    .map(|fault| Finding { check: check.name, outcome: Outcome::Failed(fault) }),
            ),
        }
    }
    let signature = progress.signature;
    let key = progress.key.map(|key| key.thumbprint().to_owned());
    Examination { findings, token: Some(token), signature, key }
}

/// What a passing check saw, in words.
fn describe(check: &str, case: &Case<'_>, progress: &Progress<'_>) -> String {
    let payload = case.token.payload();
    let claim = |name: &str| {
        payload
            .and_then(|payload| payload.raw(name))
            .map(|raw| format!("{name} is {}", raw.chars().take(100).collect::<String>()))
            .unwrap_or_default()
    };
    let time = |name: &str| payload.and_then(|payload| payload.integer(name));
    match check {
        "algorithm" => progress.algorithm.map(|one| one.name().to_owned()).unwrap_or_default(),
        "key" => progress.key.map(describe_key).unwrap_or_default(),
        "signature" => "it verifies".to_owned(),
        "expiry" => time("exp")
            .map(|exp| match exp - case.now {
                left if left > 0 => format!("exp is {}, in {}", rfc3339(exp), lasting(left)),
                past => format!("exp was {} ago, within the leeway", lasting(past)),
            })
            .unwrap_or_default(),
        "not-before" => {
            time("nbf").map(|nbf| format!("nbf is {}", rfc3339(nbf))).unwrap_or_default()
        }
        "issued-at" => time("iat")
            .map(|iat| match iat - case.now {
                ahead if ahead > 0 => {
                    format!("iat is {}, {} ahead, within the leeway", rfc3339(iat), lasting(ahead))
                }
                past => format!("iat is {}, {} ago", rfc3339(iat), lasting(past)),
            })
            .unwrap_or_default(),
        "issuer" => claim("iss"),
        "audience" => claim("aud"),
        "subject" => claim("sub"),
        "scope" => claim("scope"),
        _ => String::new(),
    }
}
