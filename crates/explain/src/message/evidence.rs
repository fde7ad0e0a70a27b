//! The values that a message holds: they are evidence, and they change the order of the candidates.
//!
//! Decides by two names side by side (audience, issuer), by the character and the place that a base64 decoder
//! complains of, and by the name of a key. A value is quoted, never believed: who wrote the log is not known.

use claviger_token::{Code, Fact, Fault};

use super::cause::Says;
use super::{Said, symbol};
use crate::compare::{Names, near};
use crate::report::{Certainty, Diagnosed, without_signature};

/// How far behind the beginning of a message its values are looked for, in bytes.
const REACH: usize = 2000;
/// The most of one value that is kept, in bytes.
const LONGEST_VALUE: usize = 300;
/// The most values of one list.
const MOST_VALUES: usize = 8;

/// What stands before the token's value, and before the expected one; either may be empty.
type Marks = (&'static str, &'static str);

const AUDIENCES: &[Marks] = &[
    ("Audiences: ", "validationParameters.ValidAudience: "),
    ("Audiences: ", "validationParameters.ValidAudiences: "),
    ("Audience: ", "validationParameters.ValidAudiences: "),
    (" got ", "expected audience "),
    ("token audiences ", "target audiences "),
    ("with value ", "allowed audiences map"),
    ("JWT audience rejected: ", ""),
    ("The audience '", ""),
    ("", "jwt audience invalid. expected: "),
];

const ISSUERS: &[Marks] = &[
    ("Issuer: ", "validationParameters.ValidIssuer: "),
    ("Issuer: ", "validationParameters.ValidIssuers: "),
    (" got ", "provider, expected "),
    ("JWT iss claim has value ", "must be "),
    ("but was ", "Invalid token issuer. Expected "),
    ("The issuer '", ""),
    ("", "jwt issuer invalid. expected: "),
    ("", "Invalid token issuer. Expected "),
];

/// What stands before a quoted name of a key.
const KEY_NAMES: &[&str] = &["kid: ", "that matches: ", "that matches "];

/// How Microsoft.IdentityModel says that the token names no key.
const NO_KEY_NAME: &[&str] = &["does not have a kid", "The token's kid is missing"];

/// The stretch in which the values of a message stand: from the beginning of its line.
fn around<'t>(said: &Said, text: &'t str) -> &'t str {
    let start = text.get(..said.place.start).and_then(|before| before.rfind('\n')).unwrap_or(0);
    let start = start.max(said.place.start.saturating_sub(REACH));
    let mut end = text.len().min(said.place.end.saturating_add(REACH));
    let mut start = start.min(end);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(start..end).unwrap_or_default()
}

/// The values behind a mark; none where it does not stand there, empty where the message says that there are none.
fn values(text: &str, mark: &str) -> Option<Vec<String>> {
    if mark.is_empty() {
        return None;
    }
    let rest = text.get(text.find(mark)? + mark.len()..)?;
    let rest = rest.trim_start_matches(['\\', ' ']);
    let closing = match rest.chars().next()? {
        '[' => Some(']'),
        quote @ ('"' | '\'' | '`') => Some(quote),
        _ => None,
    };
    let inner = match closing {
        Some(end) => rest.get(1..)?.split(end).next()?,
        None => rest.split(|c: char| c.is_whitespace() || ",;)\"}".contains(c)).next()?,
    };
    let parts = inner.get(..LONGEST_VALUE * MOST_VALUES).unwrap_or(inner).split([',', ' ']);
    let clean = |part: &str| {
        let part = part.trim_matches(['"', '\'', '\\', '`', ' ', '[', ']']);
        part.trim_end_matches(":{}").to_owned()
    };
    let is_value = |part: &String| {
        let part = part.as_str();
        !part.is_empty()
            && part.len() <= LONGEST_VALUE
            && !matches!(part, "null" | "(null)" | "None" | "undefined" | "nil")
    };
    Some(parts.map(clean).filter(is_value).take(MOST_VALUES).collect())
}

/// The token's values and the expected ones, as far as the message tells.
fn both(text: &str, marks: &[Marks]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let read = |(found, expected): &Marks| (values(text, found), values(text, expected));
    let full = |pair: &(Option<Vec<String>>, Option<Vec<String>>)| {
        pair.0.is_some() && pair.1.as_ref().is_some_and(|values| !values.is_empty())
    };
    let pairs: Vec<_> = marks.iter().map(read).collect();
    let best = pairs.iter().find(|pair| full(pair));
    best.or_else(|| pairs.iter().find(|pair| pair.0.is_some() && pair.1.is_some()))
        .or_else(|| pairs.iter().find(|pair| pair.0.is_some() || pair.1.is_some()))
        .cloned()
        .unwrap_or_default()
}

/// Hidden by Microsoft.IdentityModel unless it is asked for.
fn is_hidden(values: &[String]) -> bool {
    values.iter().any(|value| value.contains("PII"))
}

pub(super) fn candidates(said: &Said, text: &str) -> Vec<Diagnosed> {
    let near_text = around(said, text);
    let mut codes = said.cause.candidates.to_vec();
    let mut outright = said.cause.says == Says::Outright && !said.is_guessed();
    let mut found = Vec::new();
    let has = |code| said.cause.candidates.contains(&code);
    if has(Code::AudienceNearMiss) {
        found = names(near_text, AUDIENCES, &AUDIENCE);
    } else if has(Code::IssuerNearMiss) {
        found = names(near_text, ISSUERS, &ISSUER);
    } else if has(Code::KeyUnknown) && !has(Code::AudienceMismatch) {
        found = key(near_text);
    } else if let Some((fault, more)) = symbol::read(near_text) {
        codes = more;
        found.push(fault);
        outright = true;
    }
    if let Some(fault) = found.first() {
        outright |= fault.fact("expected").is_some() && fault.fact("found").is_some();
        let first = fault.code;
        codes.retain(|code| *code != first && !is_refuted(*code, fault));
        codes.insert(0, first);
    }
    let mut out: Vec<Diagnosed> = Vec::new();
    for (nth, code) in codes.into_iter().enumerate() {
        let fault = found.iter().find(|fault| fault.code == code).cloned();
        let certainty = if nth == 0 && outright { Certainty::Likely } else { Certainty::Possible };
        out.push(Diagnosed::supposed(fault.unwrap_or_else(|| Fault::new(code)), certainty));
    }
    out
}

/// Whether the values of the first candidate speak against another one.
fn is_refuted(code: Code, first: &Fault) -> bool {
    let compared = [(&AUDIENCE, Code::AudienceNotConfigured), (&ISSUER, Code::IssuerMissing)];
    compared.iter().any(|(names, unset)| {
        let all = [names.near, names.mismatch, names.missing, *unset];
        all.contains(&first.code) && all.contains(&code) && first.fact("expected").is_some()
    }) || (first.code == Code::AudienceNearMiss && code == Code::IdTokenAsAccessToken)
}

/// The three codes of a name that is compared.
struct Compared {
    near: Code,
    mismatch: Code,
    missing: Code,
    names: Names,
}

const AUDIENCE: Compared = Compared {
    near: Code::AudienceNearMiss,
    mismatch: Code::AudienceMismatch,
    missing: Code::AudienceMissing,
    names: Names::Audiences,
};
const ISSUER: Compared = Compared {
    near: Code::IssuerNearMiss,
    mismatch: Code::IssuerMismatch,
    missing: Code::IssuerMissing,
    names: Names::Issuers,
};

/// What the two sides say, the most telling first.
fn names(text: &str, marks: &[Marks], codes: &Compared) -> Vec<Fault> {
    let (found, expected) = both(text, marks);
    let (found, expected) = match (found, expected) {
        (Some(found), _) if is_hidden(&found) => return Vec::new(),
        (Some(found), Some(expected)) => (found, expected),
        _ => return Vec::new(),
    };
    if found.is_empty() {
        return vec![Fault::new(codes.missing).with("expected", expected).with("found", found)];
    }
    if expected.is_empty() {
        let unset = codes.mismatch == Code::AudienceMismatch;
        let code = if unset { Code::AudienceNotConfigured } else { codes.mismatch };
        return vec![Fault::new(code).with("found", found).with("expected", expected)];
    }
    let difference = found
        .iter()
        .find_map(|found| expected.iter().find_map(|expected| near(found, expected, codes.names)));
    let code = if difference.is_some() { codes.near } else { codes.mismatch };
    let fault = Fault::new(code).with("found", found).with("expected", expected);
    vec![fault.with_some("difference", difference.map(Fact::Words))]
}

/// The name of the key that was looked for; an absent one leads to another cause.
fn key(text: &str) -> Vec<Fault> {
    if NO_KEY_NAME.iter().any(|mark| text.contains(mark)) {
        return vec![Fault::new(Code::KeyIdMissing)];
    }
    // Unquoted, what follows is a word of the sentence.
    let is_quoted = |mark: &&&str| {
        text.split_once(**mark).is_some_and(|(_, rest)| rest.starts_with(['"', '\'', '\\', '`']))
    };
    let Some(found) = KEY_NAMES.iter().find(is_quoted).and_then(|mark| values(text, mark)) else {
        return Vec::new();
    };
    match found.first() {
        // The message names a key: the order stays, and the evidence is there.
        Some(kid) if !is_hidden(&found) => {
            let kid = kid.as_str();
            vec![
                Fault::new(Code::KeySetStale).with("kid", kid),
                Fault::new(Code::KeyUnknown).with("kid", kid),
            ]
        }
        Some(_) => Vec::new(),
        None => vec![Fault::new(Code::KeyIdMissing)],
    }
}

/// The next step that the values themselves ask for.
pub(super) fn next(text: &str) -> Option<String> {
    symbol::note(text)
}

/// What else the message tells a reader.
pub(super) fn notes(said: &Said, text: &str) -> Vec<String> {
    let text = around(said, text);
    let mut notes = Vec::new();
    if text.contains("[PII") {
        notes.push(
            "the values are hidden: `IdentityModelEventSource.ShowPII = true` in a test shows them"
                .to_owned(),
        );
        return notes;
    }
    for (code, marks) in [(AUDIENCE.near, AUDIENCES), (ISSUER.near, ISSUERS)] {
        if !said.cause.candidates.contains(&code) {
            continue;
        }
        let named = match both(text, marks) {
            (Some(found), None) if !found.is_empty() => Some(("the token's", found)),
            (None, Some(expected)) if !expected.is_empty() => Some(("the expected", expected)),
            _ => None,
        };
        if let Some((whose, values)) = named {
            notes.push(format!("the message tells only {whose} value: {}", quoted(&values)));
        }
    }
    notes
}

/// Values of a message in a sentence: without what moves a terminal's cursor, and without a token's signature.
fn quoted(values: &[String]) -> String {
    let joined = without_signature(&values.join(", "));
    let plain: String = joined.chars().filter(|c| !c.is_control()).take(LONGEST_VALUE).collect();
    format!("`{plain}`")
}
