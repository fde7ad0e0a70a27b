//! The report: what was found, with the proof and the remedy of each fault.
//!
//! Its JSON is the contract of the project's design; the text for a person is `render`'s. Neither ever
//! shows a signature, a secret or a whole token; the repaired credential only where it is asked for.

use claviger_token::{Code, Fact, Fault, Proof, SignatureState, Span, Verdict};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::picture::Picture;
use crate::product;
use crate::recognise::InputKind;
use crate::ride::Ride;
use crate::signer::Signer;
use crate::warnings::Warning;

/// How sure a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The same verifier accepts what the one repair gives, or two values in hand contradict each other.
    Proven,
    /// Nothing else fits, but a proof would need what is not at hand.
    Likely,
    /// It would explain what is seen, as other things would.
    Possible,
}

impl Certainty {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// A fault with how sure it is and, where repair is the proof, what the repair gives.
#[derive(Clone, Debug)]
pub struct Diagnosed {
    /// The fault; its span is over the characters of the input.
    pub fault: Fault,
    /// How sure.
    pub certainty: Certainty,
    repaired: Option<Repaired>,
    /// Nothing of it was seen: a message only made one think of it.
    supposed: bool,
}

/// A credential that works: never printed by `Debug`.
#[derive(Clone)]
struct Repaired(String);

impl std::fmt::Debug for Repaired {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

impl Diagnosed {
    pub(crate) fn new(fault: Fault, certainty: Certainty) -> Self {
        Self { fault: redacted(fault), certainty, repaired: None, supposed: false }
    }

    /// A cause that an error message can have, with what the message tells of it.
    pub(crate) fn supposed(fault: Fault, certainty: Certainty) -> Self {
        Self { supposed: true, ..Self::new(fault, certainty) }
    }

    /// What is wrong, with both sides of what was compared. Of what is only supposed, the title: the
    /// catalogue's sentence would tell of things that nobody saw.
    #[must_use]
    pub fn detail(&self) -> String {
        if !self.supposed || !self.fault.evidence().is_empty() {
            return self.fault.detail();
        }
        lower_first(self.fault.code.title())
    }

    pub(crate) fn with_repaired(mut self, repaired: Option<String>) -> Self {
        self.repaired = repaired.map(Repaired);
        self
    }

    /// The credential that would be accepted in place of the given one: a secret. Whoever shows it was
    /// asked to by the holder of the damaged one, and by nobody else.
    #[must_use]
    pub fn repaired(&self) -> Option<&str> {
        self.repaired.as_ref().map(|repaired| repaired.0.as_str())
    }

    pub(crate) fn to_json(&self, show_repaired: bool) -> Value {
        let fault = &self.fault;
        json!({
            "code": fault.code.as_str(),
            "class": fault.code.class().as_str(),
            "title": fault.code.title(),
            "certainty": self.certainty.as_str(),
            "detail": self.detail(),
            "evidence": fault.evidence_json(),
            "span": fault.span.map(|span| json!({"start": span.start, "end": span.end})),
            "who": fault.code.who().as_str(),
            "fix": fault.code.fix(),
            "repaired": if show_repaired { self.repaired() } else { None },
        })
    }
}

/// A title as a part of a sentence.
pub(crate) fn lower_first(title: &str) -> String {
    let mut characters = title.chars();
    let first = characters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// What became of one check, as a person and JSON see it.
#[derive(Clone, Debug)]
pub struct CheckLine {
    /// Which check.
    pub check: &'static str,
    /// `passed`, `failed` or `skipped`.
    pub outcome: &'static str,
    /// What it saw.
    pub detail: String,
}

/// The token that was found, as far as it could be read.
#[derive(Clone, Debug)]
pub struct TokenView {
    /// `jws`, `jwe` or `opaque`.
    pub kind: &'static str,
    /// The header; null where it could not be read.
    pub header: Value,
    /// The claims; null where they could not be read.
    pub claims: Value,
    /// What became of the signature of the token as it was given.
    pub signature: SignatureState,
    /// The product that made it, where its marks are known.
    pub product: Option<&'static str>,
    /// What is usually behind the first fault with a token of that product; else what its tokens are usually
    /// refused for.
    pub advice: Option<&'static str>,
    /// Whether the advice is for that very fault. Of an opaque token it says how its holder can try it.
    pub(crate) advice_fits: bool,
    /// The bytes of the signature as it was given; none where there is none to be read.
    pub(crate) signature_bytes: usize,
    /// Where the characters of each segment stand in the input.
    pub(crate) segments: Vec<Vec<Span>>,
}

/// Everything that was found out.
#[derive(Debug)]
pub struct Report {
    /// Accepted, refused, or left open for want of a key.
    pub verdict: Verdict,
    /// The faults, the one to fix first on top; empty when accepted.
    pub faults: Vec<Diagnosed>,
    /// The token, if one was found.
    pub token: Option<TokenView>,
    /// What was checked.
    pub checks: Vec<CheckLine>,
    /// What the input was taken for.
    pub input: InputKind,
    /// What is odd and yet no fault; of an error message, who says it and where to look next.
    pub notes: Vec<String>,
    /// What will hurt later; only of a credential that nothing speaks against now.
    pub warnings: Vec<Warning>,
    /// How the credential rides, where one was found.
    pub ride: Option<Ride>,
    /// The given keys under which the token's signature verifies, perhaps after a repair.
    pub signers: Vec<Signer>,
    /// The time it was judged at.
    pub now: i64,
    /// Whether a search was given up because its budget was spent.
    pub exhausted: bool,
    /// How many of the faults, from the first on, lay around the token and were undone to see it.
    pub(crate) layers: usize,
    pub(crate) picture: Picture,
    /// The credential without what was around it, and whether anything was.
    credential: Option<(Repaired, bool)>,
}

impl Report {
    /// Nothing found out yet.
    pub(crate) fn empty(now: i64) -> Self {
        Self {
            verdict: Verdict::Undetermined,
            faults: Vec::new(),
            token: None,
            checks: Vec::new(),
            input: InputKind::Empty,
            notes: Vec::new(),
            warnings: Vec::new(),
            ride: None,
            signers: Vec::new(),
            now,
            exhausted: false,
            layers: 0,
            picture: Picture::default(),
            credential: None,
        }
    }

    pub(crate) fn set_credential(&mut self, text: &str, was_wrapped: bool) {
        self.credential = Some((Repaired(text.to_owned()), was_wrapped));
    }

    /// The credential that was judged, without what was around it: a secret. Whoever was told to may ask its
    /// issuer about it.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        self.credential.as_ref().map(|(credential, _)| credential.0.as_str())
    }

    /// The one correction that the first fault suggests: the credential that verifies, else the one without what
    /// was around it. A secret, as [`Diagnosed::repaired`] is; none where another token is needed.
    #[must_use]
    pub fn correction(&self) -> Option<&str> {
        let first = self.first()?;
        let was_wrapped = self.credential.as_ref().is_some_and(|(_, was_wrapped)| *was_wrapped);
        let is_repair = first.fault.code.proof() == Proof::Repair;
        first.repaired().or_else(|| self.credential().filter(|_| is_repair && was_wrapped))
    }

    /// Names the product that made the token, and what it says to the fault that stands first.
    pub(crate) fn name_product(&mut self) {
        let first = self.first().map(|first| first.fault.code);
        let Some(token) = &mut self.token else { return };
        let Some(product) = product::recognise(&token.header, &token.claims) else { return };
        let fitting = first.and_then(|code| product.advice(code));
        token.product = Some(product.name);
        token.advice_fits = fitting.is_some();
        token.advice = Some(fitting.unwrap_or_else(|| product.general()));
    }

    /// The fault to fix first.
    #[must_use]
    pub fn first(&self) -> Option<&Diagnosed> {
        self.faults.first()
    }

    /// Whether this fault was found.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.faults.iter().any(|one| one.fault.code == code)
    }

    /// The contract's JSON, and beside it two lists that a person sees as well: `warnings`, and `notes`, one
    /// sentence each; of an error message they say who says it and where to look next, while its candidate
    /// causes are the `faults`, the most probable first. With `show_repaired` it holds working credentials: see
    /// [`Diagnosed::repaired`].
    #[must_use]
    pub fn to_json(&self, show_repaired: bool) -> Value {
        let faults: Vec<Value> =
            self.faults.iter().map(|fault| fault.to_json(show_repaired)).collect();
        let token = self.token.as_ref().map(|token| {
            json!({
                "kind": token.kind,
                "header": token.header,
                "claims": token.claims,
                "signature": token.signature.as_str(),
                "product": token.product,
                "advice": token.advice,
            })
        });
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(
                |line| json!({"check": line.check, "outcome": line.outcome, "detail": line.detail}),
            )
            .collect();
        json!({
            "verdict": self.verdict.as_str(),
            "faults": faults,
            "token": token,
            "checks": checks,
            "warnings": self.warnings.iter().map(Warning::to_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

impl Serialize for Report {
    /// The contract's JSON without repaired credentials.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json(false).serialize(serializer)
    }
}

/// A fault whose evidence holds no whole token: a claim or a name may carry one.
pub(crate) fn redacted(fault: Fault) -> Fault {
    let mut out = fault.clone();
    for (name, fact) in fault.evidence() {
        let fact = match fact {
            Fact::Text(text) => Fact::Text(without_signature(text)),
            Fact::Words(text) => Fact::Words(without_signature(text)),
            Fact::List(list) => {
                Fact::List(list.iter().map(|text| without_signature(text)).collect())
            }
            other => other.clone(),
        };
        out = out.with(name, fact);
    }
    out
}

/// What stands between dots beside a token's header is a signature if it is longer, and no JSON.
const LONGEST_WORD: usize = 16;

/// A text in which whatever looks like a token has lost its signature.
pub(crate) fn without_signature(text: &str) -> String {
    if !text.contains("ey") || text.len() < 40 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| crate::shape::is_token_character(c)) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !crate::shape::is_token_character(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let segments: Vec<&str> = word.split('.').collect();
        if segments.len() > 1 && segments.iter().any(|part| crate::recognise::is_header_like(part))
        {
            let shown = segments.into_iter().map(|part| {
                let is_plain = part.len() <= LONGEST_WORD || crate::shape::is_object_text(part);
                if is_plain { part } else { "…" }
            });
            out.push_str(&shown.collect::<Vec<_>>().join("."));
        } else {
            out.push_str(word);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A JSON value in which no text holds a whole token.
pub(crate) fn without_tokens(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_signature(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(without_tokens).collect()),
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.into_iter().map(|(name, member)| (name, without_tokens(member))).collect();
            Value::Object(members)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_inside_evidence_lose_their_signature() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";
        let said = without_signature(&format!("a {token}, b"));
        assert!(!said.contains("c2lnbmF0"), "{said}");
        assert!(said.starts_with("a eyJ") && said.ends_with(", b"));
        assert_eq!(without_signature("nothing to hide"), "nothing to hide");
        let glued = without_signature(&format!("x.{token}.eyJzdWIiOiJiIn0.more"));
        assert!(!glued.contains("c2lnbmF0"), "{glued}");
        assert!(glued.starts_with("x.eyJ") && glued.ends_with(".more"), "{glued}");
        // One signature of 256 begins with a brace's byte.
        let said =
            without_signature("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.e2q6L90vOFTWm2YCNH356oC7");
        assert_eq!(said, "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.…");
        let said = without_signature("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiLDpMOkw6TDpMOkw6TD");
        assert_eq!(
            said, "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiLDpMOkw6TDpMOkw6TD",
            "a payload that is cut"
        );
    }
}
