//! Two credentials side by side: what differs, and which difference explains that one is refused.
//!
//! Works on two reports that `explain` made under the same surroundings; judges nothing again. Shows values
//! of headers and claims as the reports do, and never a signature.

use claviger_token::{Class, Code, Fact, SignatureState, Verdict, lasting};
use serde_json::{Value, json};

use crate::compare::{self, Names};
use crate::report::{Diagnosed, Report};
use crate::signer::Signer;

mod members;

use members::{Member, differing};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is said to work.
    Good,
    /// The one that is said not to.
    Bad,
}

impl Side {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// What a difference is about; in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// How the credential rides, and in what it is wrapped.
    Presentation,
    /// Which key signed, and whether it did.
    Signature,
    /// A member of the header.
    Header,
    /// When it is valid, and for how long.
    Time,
    /// A claim.
    Claim,
}

impl About {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Presentation => "presentation",
            Self::Signature => "signature",
            Self::Header => "header",
            Self::Time => "time",
            Self::Claim => "claim",
        }
    }
}

/// Something in which the two differ and that may matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub about: About,
    /// The name of the member, or a word for it.
    pub what: String,
    /// What the good one has; none where it has nothing there.
    pub good: Option<String>,
    /// What the bad one has.
    pub bad: Option<String>,
    /// In what they differ, where that is not plain.
    pub note: Option<String>,
    /// The fault of one of them that it explains, and whose.
    pub explains: Option<(Code, Side)>,
}

/// Two credentials compared.
#[derive(Debug)]
pub struct Diff<'r> {
    /// The report of the one that is said to work.
    pub good: &'r Report,
    /// The report of the other.
    pub bad: &'r Report,
    /// What differs, the one that explains the refusal on top.
    pub differences: Vec<Difference>,
    /// What differs in any two tokens, or has no consequence: names only.
    pub immaterial: Vec<String>,
    /// Faults that both have: no difference explains them.
    pub shared: Vec<Code>,
}

impl Diff<'_> {
    /// Refused if one is, accepted if both are.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.good.verdict, self.bad.verdict) {
            (Verdict::Refused, _) | (_, Verdict::Refused) => Verdict::Refused,
            (Verdict::Accepted, Verdict::Accepted) => Verdict::Accepted,
            _ => Verdict::Undetermined,
        }
    }

    /// The difference that explains the refusal.
    #[must_use]
    pub fn first(&self) -> Option<&Difference> {
        self.differences.first().filter(|first| first.explains.is_some())
    }

    /// The comparison with both reports in it, without repaired credentials.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|one| {
                json!({
                    "about": one.about.as_str(),
                    "what": one.what,
                    "good": one.good,
                    "bad": one.bad,
                    "note": one.note,
                    "explains": one.explains.map(|(code, side)| json!({
                        "code": code.as_str(),
                        "side": side.as_str(),
                    })),
                })
            })
            .collect();
        let side = |report: &Report| {
            let mut value = report.to_json(false);
            value["ride"] = report.ride.as_ref().map_or(Value::Null, crate::Ride::to_json);
            value["signers"] = report.signers.iter().map(Signer::to_json).collect();
            value
        };
        json!({
            "verdict": self.verdict().as_str(),
            "differences": differences,
            "immaterial": {"count": self.immaterial.len(), "names": self.immaterial},
            "shared": self.shared.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
            "good": side(self.good),
            "bad": side(self.bad),
        })
    }
}

/// Compares two reports that were made under the same surroundings.
#[must_use]
pub fn diff<'r>(good: &'r Report, bad: &'r Report) -> Diff<'r> {
    let mut differences = Vec::new();
    let mut immaterial = Vec::new();
    rides(good, bad, &mut differences);
    signatures(good, bad, &mut differences, &mut immaterial);
    times(good, bad, &mut differences, &mut immaterial);
    for about in [About::Header, About::Claim] {
        let part = |report: &Report| match (&report.token, about) {
            (Some(token), About::Header) => token.header.clone(),
            (Some(token), _) => token.claims.clone(),
            (None, _) => Value::Null,
        };
        let found = differing(&part(good), &part(bad), about == About::Claim);
        immaterial.extend(found.immaterial);
        differences.extend(found.members.into_iter().map(|member| of_member(about, member)));
    }
    let has = |report: &Report, code: Code| report.has(code);
    let shared = good.faults.iter().map(|one| one.fault.code).filter(|code| has(bad, *code));
    let mut shared: Vec<Code> = shared.collect();
    shared.dedup();
    // What the bad one is refused for explains first; then what the good one is, if it is.
    let mut rank = 0;
    let mut ranks: Vec<usize> = vec![usize::MAX; differences.len()];
    for (side, report, other) in [(Side::Bad, bad, good), (Side::Good, good, bad)] {
        for one in report.faults.iter().filter(|one| !other.has(one.fault.code)) {
            let place = differences
                .iter()
                .position(|known| known.explains.is_none() && touches(known, one))
                .unwrap_or_else(|| {
                    differences.push(of_fault(one, side));
                    ranks.push(usize::MAX);
                    differences.len() - 1
                });
            differences[place].explains = Some((one.fault.code, side));
            if differences[place].note.is_none() {
                differences[place].note = Some(one.detail());
            }
            ranks[place] = rank;
            rank += 1;
        }
    }
    let mut ordered: Vec<(usize, Difference)> = ranks.into_iter().zip(differences).collect();
    ordered.sort_by_key(|(rank, one)| (*rank, one.about));
    let differences = ordered.into_iter().map(|(_, one)| one).collect();
    Diff { good, bad, differences, immaterial, shared }
}

fn of_member(about: About, member: Member) -> Difference {
    let near = match (member.name.as_str(), &member.good, &member.bad) {
        ("iss", Some(good), Some(bad)) => compare::near(bad, good, Names::Issuers),
        ("aud", Some(good), Some(bad)) => compare::near(bad, good, Names::Audiences),
        _ => None,
    };
    Difference {
        about,
        what: member.name,
        good: member.good,
        bad: member.bad,
        note: near.map(|near| format!("they differ in {near}")).or(member.note),
        explains: None,
    }
}

/// A fault without a difference of its own: the other one simply has not got it.
fn of_fault(one: &Diagnosed, side: Side) -> Difference {
    let about = match one.fault.code.class() {
        Class::Header | Class::Malformed => About::Presentation,
        Class::Tampered | Class::Server | Class::Revoked => About::Signature,
        Class::Expired => About::Time,
        Class::AudienceScope => About::Claim,
    };
    let (fine, wrong) = (Some("nothing to find fault with".to_owned()), Some(one.detail()));
    let (good, bad) = if side == Side::Bad { (fine, wrong) } else { (wrong, fine) };
    let what = one.fault.code.as_str().to_owned();
    Difference {
        about,
        what,
        good,
        bad,
        note: Some(one.fault.code.title().to_owned()),
        explains: None,
    }
}

/// Whether a fault is about this very difference.
fn touches(difference: &Difference, one: &Diagnosed) -> bool {
    use Code as C;
    let what = difference.what.as_str();
    let claim = match one.fault.fact("claim") {
        Some(Fact::Text(claim)) => Some(claim.as_str()),
        _ => None,
    };
    match difference.about {
        About::Presentation => match one.fault.code {
            C::SchemeMissing | C::SchemeWrong | C::SchemeCase | C::SchemeDoubled => {
                what == "scheme"
            }
            C::HeaderNameWrong | C::TokenInBody | C::TokenInCookie | C::TokenInQuery => {
                what == "place"
            }
            _ => false,
        },
        About::Signature => match one.fault.code {
            C::SignatureMismatch | C::PayloadAltered | C::SignatureStripped => what == "signature",
            C::TokenOpaque | C::TokenEncrypted => what == "kind",
            _ => false,
        },
        About::Header => match one.fault.code {
            C::AlgorithmNone | C::AlgorithmNotAllowed | C::AlgorithmConfusion => what == "alg",
            C::AlgorithmMislabelled | C::KeyTypeMismatch => what == "alg",
            C::KeyUnknown | C::KeyIdMissing | C::KeyIdWrong | C::KeyIdInjection => what == "kid",
            C::KeyRetired => what == "kid",
            C::CriticalHeader => what == "crit",
            C::KeyEmbedded => matches!(what, "jwk" | "jku" | "x5u" | "x5c"),
            C::TokenTypeMismatch => what == "typ",
            _ => claim == Some(what),
        },
        About::Time => match one.fault.code {
            C::Expired | C::ExpiryMissing => what == "expires",
            C::NotYetValid => what == "valid from",
            C::IssuedInFuture | C::ClockSkew | C::TimeInLocalZone => what == "issued",
            C::LifetimeExcessive => what == "lives",
            _ => false,
        },
        About::Claim => match one.fault.code {
            C::IssuerMismatch | C::IssuerMissing | C::IssuerNearMiss => what == "iss",
            C::AudienceMismatch | C::AudienceMissing | C::AudienceNearMiss => what == "aud",
            C::ScopeInsufficient | C::ScopeShape => matches!(what, "scope" | "scp"),
            C::SubjectMissing => what == "sub",
            C::SenderProofMissing | C::SenderProofInvalid => what.starts_with("cnf"),
            _ => claim.is_some_and(|claim| what == claim),
        },
    }
}

fn rides(good: &Report, bad: &Report, out: &mut Vec<Difference>) {
    let (Some(left), Some(right)) = (&good.ride, &bad.ride) else { return };
    let mut add = |what: &str, good: Option<String>, bad: Option<String>| {
        out.push(Difference {
            about: About::Presentation,
            what: what.to_owned(),
            good,
            bad,
            note: None,
            explains: None,
        });
    };
    // A bare token stands for a header that carries it; how it really rode is not known.
    let known = left.place != "bare" && right.place != "bare";
    let same_name = match (&left.name, &right.name) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => true,
    };
    if known && (left.place != right.place || !same_name) {
        let said = |ride: &crate::Ride| match &ride.name {
            Some(name) => format!("{} {name}", ride.place),
            None => ride.place.to_owned(),
        };
        add("place", Some(said(left)), Some(said(right)));
    }
    if known && left.scheme != right.scheme {
        add("scheme", left.scheme.clone(), right.scheme.clone());
    }
}

fn signatures(
    good: &Report,
    bad: &Report,
    out: &mut Vec<Difference>,
    immaterial: &mut Vec<String>,
) {
    let (Some(left), Some(right)) = (&good.token, &bad.token) else { return };
    let mut add = |what: &str, good: String, bad: String| {
        out.push(Difference {
            about: About::Signature,
            what: what.to_owned(),
            good: Some(good),
            bad: Some(bad),
            note: None,
            explains: None,
        });
    };
    if left.kind != right.kind {
        add("kind", left.kind.to_owned(), right.kind.to_owned());
        return;
    }
    if left.signature != right.signature {
        let said = |state: SignatureState| state.as_str().to_owned();
        add("signature", said(left.signature), said(right.signature));
    } else if left.kind == "jws" && (left.header != right.header || left.claims != right.claims) {
        immaterial.push("the signature's bytes".to_owned());
    }
    if left.signature_bytes != right.signature_bytes
        && left.header.get("alg") == right.header.get("alg")
    {
        let said = |bytes: usize| format!("{bytes} bytes");
        add("signature length", said(left.signature_bytes), said(right.signature_bytes));
    }
    if let (Some(left), Some(right)) = (good.signers.first(), bad.signers.first())
        && (&left.kid, &left.thumbprint) != (&right.kid, &right.thumbprint)
    {
        add("signed by", left.described(), right.described());
    }
    if left.product != right.product {
        let said = |product: Option<&str>| product.unwrap_or("no mark of a product").to_owned();
        add("made by", said(left.product), said(right.product));
    }
}

/// Two tokens are never issued in the same second: only what follows from their times is told.
fn times(good: &Report, bad: &Report, out: &mut Vec<Difference>, immaterial: &mut Vec<String>) {
    let (Some(left), Some(right)) = (&good.token, &bad.token) else { return };
    let time = |claims: &Value, name: &str| claims.get(name).and_then(Value::as_i64);
    let relative = |now: i64, at: i64| match at.saturating_sub(now) {
        0 => "now".to_owned(),
        ahead @ 1.. => format!("in {}", lasting(ahead)),
        past => format!("{} ago", lasting(past)),
    };
    for (claim, what) in [("exp", "expires"), ("nbf", "valid from"), ("iat", "issued")] {
        let (one, other) = (time(&left.claims, claim), time(&right.claims, claim));
        if one == other {
            continue;
        }
        let side = |now: i64, at: Option<i64>| at.map(|at| at > now);
        if side(good.now, one) == side(bad.now, other) {
            immaterial.push(claim.to_owned());
            continue;
        }
        out.push(Difference {
            about: About::Time,
            what: what.to_owned(),
            good: one.map(|at| relative(good.now, at)),
            bad: other.map(|at| relative(bad.now, at)),
            note: None,
            explains: None,
        });
    }
    let life = |claims: &Value| Some(time(claims, "exp")?.saturating_sub(time(claims, "iat")?));
    let (one, other) = (life(&left.claims), life(&right.claims));
    if one != other && one.is_some() && other.is_some() {
        out.push(Difference {
            about: About::Time,
            what: "lives".to_owned(),
            good: one.map(lasting),
            bad: other.map(lasting),
            note: None,
            explains: None,
        });
    }
}
