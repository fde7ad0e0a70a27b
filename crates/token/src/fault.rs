//! What a fault is: a code of the catalogue, the evidence it was met with, and the place to blame.
//!
//! Decides how a fault is worded; never which fault applies (that is `check`'s).

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::catalogue::Code;
use crate::words::{lasting, rfc3339};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word used in JSON, metrics and documentation.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// The seven classes of the field guide.
    Class {
        /// How the credential was presented.
        Header => "header",
        /// What was presented is no token.
        Malformed => "malformed",
        /// Integrity.
        Tampered => "tampered",
        /// Time.
        Expired => "expired",
        /// It was good once.
        Revoked => "revoked",
        /// A good token for something else.
        AudienceScope => "audience-scope",
        /// The token is fine, the validating side is not.
        Server => "server",
    }
}
words! {
    /// Who normally has to act.
    Who {
        /// The client: its developer or its user.
        Client => "client",
        /// Who mints and signs.
        Issuer => "issuer",
        /// Who validates: its code or its configuration.
        Api => "api",
        /// Who carries the request.
        Proxy => "proxy",
        /// Who runs machines, clocks and networks.
        Operator => "operator",
    }
}
words! {
    /// How certainty `proven` is reached.
    Proof {
        /// Accepted by the very same policy once the one defect is repaired.
        Repair => "repair",
        /// A value in hand contradicts the policy in hand.
        Compare => "compare",
        /// The issuer's or the gate's own record says so.
        Record => "record",
        /// A live request showed it.
        Probe => "probe",
        /// Visible in the input itself.
        Shape => "shape",
    }
}
words! {
    /// What goes into `WWW-Authenticate: … error=` (RFC 6750 §3.1, RFC 9470 §3).
    OauthError {
        /// 400.
        InvalidRequest => "invalid_request",
        /// 401.
        InvalidToken => "invalid_token",
        /// 403.
        InsufficientScope => "insufficient_scope",
        /// 401, step-up.
        InsufficientUserAuthentication => "insufficient_user_authentication",
    }
}

/// One row of the catalogue: what is known of a cause before any token is seen.
#[derive(Debug)]
pub struct Row {
    /// The stable name: `audience-mismatch`.
    pub code: &'static str,
    /// Its class.
    pub class: Class,
    /// Who normally has to act.
    pub who: Who,
    /// How it is proven.
    pub proof: Proof,
    /// The HTTP status a guard answers with.
    pub status: u16,
    /// The error of RFC 6750 §3.1; none where no credential came or the guard itself is at fault.
    pub error: Option<OauthError>,
    /// The clause it rests on: `RFC 7519 §4.1.4`.
    pub clause: &'static str,
    /// A short sentence: `The token has expired`.
    pub title: &'static str,
    /// The template of [`Fault::detail`].
    pub sentence: &'static str,
    /// What it means and how it comes about.
    pub explanation: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Writes the catalogue once: the enumeration, the list of all, and the row of each.
macro_rules! catalogue {
    ($($variant:ident {
        code: $code:literal, class: $class:ident, who: $who:ident, proof: $proof:ident,
        status: $status:literal, error: $error:expr,
        clause: $clause:literal,
        title: $title:literal,
        sentence: $sentence:literal,
        explanation: $explanation:literal,
        fix: $fix:literal $(,)?
    })+) => {
        /// Every cause that Claviger can name. The code of a cause never changes once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $title] $variant),+ }

        impl Code {
            /// All causes, in the catalogue's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What is known of this cause before any token is seen.
            #[must_use]
            pub const fn row(self) -> &'static $crate::fault::Row {
                match self {
                    $(Self::$variant => &$crate::fault::Row {
                        code: $code,
                        class: $crate::fault::Class::$class,
                        who: $crate::fault::Who::$who,
                        proof: $crate::fault::Proof::$proof,
                        status: $status,
                        error: $error,
                        clause: $clause,
                        title: $title,
                        sentence: $sentence,
                        explanation: $explanation,
                        fix: $fix,
                    }),+
                }
            }
        }
    };
}

impl Code {
    /// The stable name: `audience-mismatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }
    /// The class of the field guide.
    #[must_use]
    pub const fn class(self) -> Class {
        self.row().class
    }
    /// Who normally has to act.
    #[must_use]
    pub const fn who(self) -> Who {
        self.row().who
    }
    /// How it is proven.
    #[must_use]
    pub const fn proof(self) -> Proof {
        self.row().proof
    }
    /// The HTTP status a guard answers with.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().status
    }
    /// The error of RFC 6750 §3.1, where one applies.
    #[must_use]
    pub const fn oauth_error(self) -> Option<OauthError> {
        self.row().error
    }
    /// A short sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().title
    }
    /// What it means and how it comes about.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.row().explanation
    }
    /// What to do.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        self.row().fix
    }
    /// The clause it rests on.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        self.row().clause
    }
    /// The template of [`Fault::detail`].
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().sentence
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text that is no code of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl fmt::Display for UnknownCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("no such code in the catalogue; `claviger faults` lists them")
    }
}
impl std::error::Error for UnknownCode {}

impl FromStr for Code {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// A place in the judged text, in characters (not bytes); `end` is one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// One piece of evidence. Its kind says how a sentence writes it and how JSON does.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// An instant, unix seconds: RFC 3339 in sentences, an integer in JSON.
    Time(i64),
    /// A duration in seconds: `3 min 12 s` in sentences, an integer in JSON.
    Lasting(i64),
    /// A number of things.
    Count(u64),
    /// A literal: written in backticks, shortened past 120 characters.
    Text(String),
    /// Words of our own, written as they are.
    Words(String),
    /// Literals, comma-separated.
    List(Vec<String>),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<u64> for Fact {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}
impl From<usize> for Fact {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}
impl From<Vec<String>> for Fact {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// The longest literal that a sentence quotes whole, in characters.
const LONGEST_QUOTE: usize = 120;

fn quote(text: &str, out: &mut String) {
    out.push('`');
    let mut characters = text.chars();
    for c in characters.by_ref().take(LONGEST_QUOTE) {
        // A control character in a claim must not reach a terminal or a header as itself.
        if c.is_control() { out.push_str(&format!("U+{:04X}", u32::from(c))) } else { out.push(c) }
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out.push('`');
}

impl Fact {
    fn say(&self, out: &mut String) {
        match self {
            Self::Time(unix) => out.push_str(&rfc3339(*unix)),
            Self::Lasting(seconds) => out.push_str(&lasting(*seconds)),
            Self::Count(count) => out.push_str(&count.to_string()),
            Self::Text(text) => quote(text, out),
            Self::Words(words) => out.push_str(words),
            Self::List(list) if list.is_empty() => out.push_str("nothing"),
            Self::List(list) => {
                for (nth, text) in list.iter().enumerate() {
                    if nth > 0 {
                        out.push_str(", ");
                    }
                    if nth == 8 && list.len() > 9 {
                        out.push_str(&format!("{} more", list.len() - nth));
                        return;
                    }
                    quote(text, out);
                }
            }
        }
    }

    /// As JSON: numbers for times, durations and counts, text for the rest.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Time(number) | Self::Lasting(number) => json!(number),
            Self::Count(count) => json!(count),
            Self::Text(text) | Self::Words(text) => json!(text),
            Self::List(list) => json!(list),
        }
    }
}

/// A cause that was met: the code, the values it was met with, and where.
///
/// Evidence never holds a whole token, a signature or a secret: whoever builds a fault sees to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which cause.
    pub code: Code,
    evidence: Vec<(&'static str, Fact)>,
    /// The place in the judged text, where one place is to blame.
    pub span: Option<Span>,
}

impl Fault {
    /// A fault with no evidence yet.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, evidence: Vec::new(), span: None }
    }

    /// Adds one piece of evidence; a later one of the same name replaces the former.
    #[must_use]
    pub fn with(mut self, name: &'static str, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        match self.evidence.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = fact,
            None => self.evidence.push((name, fact)),
        }
        self
    }

    /// Adds evidence that may be absent.
    #[must_use]
    pub fn with_some(self, name: &'static str, fact: Option<impl Into<Fact>>) -> Self {
        match fact {
            Some(fact) => self.with(name, fact),
            None => self,
        }
    }

    /// Names the place to blame.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// One piece of evidence by its name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.evidence.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
    }

    /// All evidence, in the order it was given.
    #[must_use]
    pub fn evidence(&self) -> &[(&'static str, Fact)] {
        &self.evidence
    }

    /// All evidence as one JSON object.
    #[must_use]
    pub fn evidence_json(&self) -> Value {
        Value::Object(
            self.evidence.iter().map(|(name, fact)| ((*name).to_owned(), fact.to_json())).collect(),
        )
    }

    /// The row's sentence over this evidence: both sides of what was compared.
    #[must_use]
    pub fn detail(&self) -> String {
        let mut out = String::new();
        fill(self.code.sentence(), self, &mut out);
        out
    }
}

/// Fills a template; a bracketed part without all its evidence is dropped. Returns whether all was there.
fn fill(template: &str, fault: &Fault, out: &mut String) -> bool {
    let mut whole = true;
    let mut rest = template;
    while let Some(next) = rest.find(['{', '[']) {
        out.push_str(&rest[..next]);
        let (close, is_part) =
            if rest.as_bytes()[next] == b'[' { (']', true) } else { ('}', false) };
        let Some(end) = rest[next..].find(close) else {
            out.push_str(&rest[next..]);
            return whole;
        };
        let inner = &rest[next + 1..next + end];
        if is_part {
            let mut part = String::new();
            if fill(inner, fault, &mut part) {
                out.push_str(&part);
            }
        } else {
            match fault.fact(inner) {
                Some(fact) => fact.say(out),
                None => {
                    whole = false;
                    out.push('?');
                }
            }
        }
        rest = &rest[next + end + 1..];
    }
    out.push_str(rest);
    whole
}

#[cfg(test)]
mod tests;
