//! Undoes, one at a time and from the outside in, what a credential was wrapped in on its way.
//!
//! Every layer is a fault with its place in the input; the order of the layers is the order in which
//! they must be undone. Whether a layer is the cause is proven later, when the same verifier accepts
//! what is left. Never looks at keys, policy or time.

mod blank;
mod decode;
mod extent;
mod frame;
mod response;
pub(crate) mod scheme;

pub(crate) use blank::is_invisible;

use claviger_token::presentation::is_placeholder;
use claviger_token::{Code, Fact, Fault, Span};

use crate::opaque;
use crate::passage::Passage;
use crate::shape;
use scheme::Opening;

/// More layers than anybody has met; the search ends here whatever comes.
const MOST_LAYERS: usize = 16;

/// One layer that was taken off.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) fault: Fault,
    /// Whether it is a fault whatever the token is worth: several credentials, a lost part.
    pub(crate) certain: bool,
}

impl Layer {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, certain: false }
    }
}

/// Where the value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The value of an `Authorization` header: a scheme is due.
    Header,
    /// What stands behind the scheme, or in another place where none is due.
    Bare,
}

/// A credential without its wrapping.
#[derive(Debug)]
pub(crate) struct Peeled {
    pub(crate) layers: Vec<Layer>,
    pub(crate) credential: Passage,
    /// Other readings of the credential, where a layer can be undone in several ways.
    pub(crate) others: Vec<Passage>,
    /// What ends the search: nothing there, a placeholder.
    pub(crate) end: Option<Fault>,
    /// The scheme, as it was written.
    pub(crate) scheme: Option<String>,
    /// What is odd and yet accepted.
    pub(crate) notes: Vec<String>,
}

/// A step that took something off, or found several readings.
pub(crate) struct Step {
    layer: Layer,
    rest: Passage,
    others: Vec<Passage>,
}

impl Step {
    fn new(fault: Fault, rest: Passage) -> Self {
        Self { layer: Layer::new(fault), rest, others: Vec::new() }
    }
}

/// A way to take one layer off a credential; none where that layer is not there.
type Attempt = fn(&Passage) -> Option<Step>;

/// In the order of research §8.1: response → frame → encoding → blanks → extent. White space at the ends
/// and characters that nobody sees come first, because they hide all others.
const ATTEMPTS: &[Attempt] = &[
    blank::around,
    blank::invisible,
    frame::quotes,
    frame::typographic_quotes,
    response::response,
    frame::brackets,
    decode::escapes,
    decode::percent,
    blank::typographic,
    extent::concatenated,
    blank::inside,
    extent::before,
    extent::behind,
    decode::base64,
];

/// Takes everything off that is not the token.
pub(crate) fn peel(value: &Passage, origin: Origin) -> Peeled {
    let mut peeled = Peeled {
        layers: Vec::new(),
        credential: value.clone(),
        others: Vec::new(),
        end: None,
        scheme: None,
        notes: Vec::new(),
    };
    let mut scheme_due = origin == Origin::Header;
    for _ in 0..MOST_LAYERS {
        if let Some(end) = nothing_or_placeholder(&peeled.credential) {
            peeled.end = Some(end);
            return peeled;
        }
        if scheme_due {
            match before_scheme(&peeled.credential) {
                Some(step) => take(&mut peeled, step),
                None => {
                    scheme_due = false;
                    read_scheme(&mut peeled);
                    if peeled.end.is_some() {
                        return peeled;
                    }
                }
            }
            continue;
        }
        if let Some(step) = doubled(&peeled.credential) {
            take(&mut peeled, step);
            continue;
        }
        let text = peeled.credential.text();
        if shape::is_complete(text) || is_clean_opaque(text) {
            return peeled;
        }
        match ATTEMPTS.iter().find_map(|attempt| attempt(&peeled.credential)) {
            Some(step) => take(&mut peeled, step),
            None => return peeled,
        }
    }
    peeled
}

fn take(peeled: &mut Peeled, step: Step) {
    // Encoded twice is one fault with a number.
    match peeled.layers.last_mut().filter(|last| {
        last.fault.code == Code::Base64OfToken && step.layer.fault.code == Code::Base64OfToken
    }) {
        Some(last) => {
            let count = match last.fault.fact("count") {
                Some(Fact::Count(count)) => count + 1,
                _ => 2,
            };
            last.fault = last.fault.clone().with("count", Fact::Count(count));
        }
        None => peeled.layers.push(step.layer),
    }
    peeled.credential = step.rest;
    peeled.others = step.others;
}

/// A token of a known family that no wrapping touches.
fn is_clean_opaque(text: &str) -> bool {
    opaque::in_json(text).is_some()
        || opaque::recognise(text).is_some()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~/+=:".contains(c))
}

fn nothing_or_placeholder(passage: &Passage) -> Option<Fault> {
    let text = passage.text().trim();
    // Quotes or brackets around nothing are nothing: `Bearer ""`.
    if text.chars().all(|c| "\"'`<>{}[]()".contains(c)) {
        return Some(Fault::new(Code::CredentialEmpty).at(passage.whole()));
    }
    // JSON in braces is no placeholder in braces.
    is_placeholder(text).then(|| {
        let fault = Fault::new(Code::CredentialPlaceholder).with("found", text);
        let fault = match whose(text) {
            Some(whose) => fault.with("reason", Fact::Words(whose.to_owned())),
            None => fault,
        };
        fault.at(passage.whole())
    })
}

/// Which language or tool leaves such a placeholder behind.
fn whose(text: &str) -> Option<&'static str> {
    Some(match text {
        "undefined" => "JavaScript writes this for a variable that was never set",
        "null" => "JavaScript, Java and Go templates write this for a variable without a value",
        "None" => "Python writes this for a variable without a value",
        "nil" | "<nil>" => "Go, Ruby and Swift write this for a variable without a value",
        "NaN" => "JavaScript writes this for a number that is none",
        "[object Object]" => "JavaScript writes this for an object put into a text",
        "[object Promise]" => "JavaScript writes this for a promise: an `await` is missing",
        _ if text.starts_with("{{") => {
            "a template's variable that was not filled in (Postman, Jinja, Helm)"
        }
        _ if text.starts_with("${") || text.starts_with('$') => {
            "a shell or template variable that was not filled in: single quotes, or not set"
        }
        _ if text.starts_with('%') => "a variable of cmd.exe that was not set",
        _ if text.starts_with('<') => "the notation of a documentation, copied as it stands",
        _ => return None,
    })
}

/// What hides the scheme: white space, marks, quotes or brackets around the whole value.
fn before_scheme(value: &Passage) -> Option<Step> {
    let text = value.text();
    if text.trim().eq_ignore_ascii_case("bearer") {
        return None;
    }
    if let Some(step) = blank::around_value(value) {
        return Some(step);
    }
    if !matches!(scheme::opening(text), Opening::None) {
        return None;
    }
    if let Some(step) = blank::invisible_before(value)
        .or_else(|| frame::quotes(value))
        .or_else(|| frame::typographic_quotes(value))
    {
        return Some(step);
    }
    // Brackets around scheme and token together; around the token alone they are met later.
    let inner = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if scheme::leading(inner).is_some() {
        return frame::brackets(value).or_else(|| name_repeated(value));
    }
    name_repeated(value)
}

/// `Authorization: Authorization: Bearer …`.
fn name_repeated(value: &Passage) -> Option<Step> {
    let text = value.text();
    let name = text.get(.."authorization".len())?;
    let rest = &text[name.len()..];
    if !name.eq_ignore_ascii_case("authorization") || !rest.starts_with([':', '=', ' ']) {
        return None;
    }
    let skip = rest.len() - rest.trim_start_matches([':', '=', ' ', '\t']).len();
    let part = value.bytes(0..name.len() + 1);
    let fault = Fault::new(Code::SchemeDoubled).with("scheme", "Authorization:").at(part.whole());
    Some(Step::new(fault, value.since(name.len() + skip)))
}

/// Takes the scheme off a header's value and says what is wrong with it.
fn read_scheme(peeled: &mut Peeled) {
    let value = peeled.credential.clone();
    let text = value.text();
    match scheme::opening(text) {
        Opening::Bearer { parted, usual } => {
            peeled.scheme = Some(text[..6].to_owned());
            if !usual {
                peeled.notes.push(format!(
                    "the scheme is written `{}`: RFC 9110 §11.1 makes that equal to `Bearer`, a \
                     case-sensitive reader would refuse it (`scheme-case`)",
                    &text[..6]
                ));
            }
            let rest = value.since(6 + parted);
            if rest.text().trim().is_empty() {
                peeled.end = Some(Fault::new(Code::CredentialEmpty).at(value.whole()));
                return;
            }
            peeled.layers.extend(scheme::separator(&value, 6, parted));
            peeled.credential = rest;
        }
        Opening::Other { word, parted } => {
            let name = text[..word].to_owned();
            let rest = value.since(word + parted);
            // RFC 9449 §7.1: a sender-constrained token comes under a scheme of its own.
            if !name.eq_ignore_ascii_case("dpop") {
                peeled.layers.push(scheme::wrong(&value, word));
            }
            let is_basic = name.eq_ignore_ascii_case("basic");
            peeled.scheme = Some(name);
            if is_basic && !crate::recognise::is_token_like(rest.text()) {
                match scheme::inside_basic(&rest) {
                    Some(token) => peeled.credential = token,
                    None => {
                        // User and password: no token to be judged.
                        peeled.end = peeled.layers.pop().map(|layer| layer.fault);
                        peeled.credential = rest;
                    }
                }
                return;
            }
            peeled.credential = rest;
        }
        Opening::None => {
            let fault = Fault::new(Code::SchemeMissing).at(value.span(0..0));
            peeled.layers.push(Layer::new(fault));
        }
    }
}

/// A second scheme, or the header's name, where the token should begin.
fn doubled(passage: &Passage) -> Option<Step> {
    if let Some(step) = name_repeated(passage) {
        return Some(step);
    }
    let text = passage.text();
    let length = scheme::leading(text)?;
    let (word, parted) = match scheme::opening(text) {
        Opening::Bearer { parted, .. } => (6, parted),
        Opening::Other { word, parted } => (word, parted),
        Opening::None => (length, 0),
    };
    // `access_token=…` is a member of a response, not a scheme.
    if text[word..].starts_with('=') && !text[..word].eq_ignore_ascii_case("bearer") {
        return None;
    }
    let rest = passage.since(word + parted);
    let part = passage.bytes(0..word);
    let fault = Fault::new(Code::SchemeDoubled).with("scheme", part.text()).at(part.whole());
    Some(Step::new(fault, rest))
}

/// A text with its percent-encoding undone, where that is no fault: in a query, a form, a cookie.
pub(crate) fn percent_decoded(passage: &Passage) -> Passage {
    decode::percent(passage).map_or_else(|| passage.clone(), |step| step.rest)
}

/// A character as a person can tell it from another.
pub(crate) fn code_point(c: char) -> String {
    let name = match c {
        '\n' => " (line feed)",
        '\r' => " (carriage return)",
        '\t' => " (tab)",
        ' ' => " (space)",
        '\0' => " (zero byte)",
        '\u{1B}' => " (escape)",
        '\u{7F}' => " (delete)",
        '\u{A0}' => " (no-break space)",
        '\u{AD}' => " (soft hyphen)",
        '\u{200B}' => " (zero-width space)",
        '\u{200C}' => " (zero-width non-joiner)",
        '\u{200D}' => " (zero-width joiner)",
        '\u{200E}' => " (left-to-right mark)",
        '\u{200F}' => " (right-to-left mark)",
        '\u{2028}' => " (line separator)",
        '\u{2029}' => " (paragraph separator)",
        '\u{202F}' => " (narrow no-break space)",
        '\u{2060}' => " (word joiner)",
        '\u{3000}' => " (ideographic space)",
        '\u{FEFF}' => " (byte order mark)",
        '\u{FFFD}' => " (replacement of a byte that is not UTF-8)",
        c if c.is_ascii_graphic() || (c.is_alphanumeric() && !c.is_ascii()) => {
            return format!("`{c}`");
        }
        c if blank::is_dash(c) || blank::is_dot(c) || frame::is_typographic_quote(c) => {
            return format!("`{c}` (U+{:04X})", u32::from(c));
        }
        _ => "",
    };
    format!("U+{:04X}{name}", u32::from(c))
}

/// The span of the first character of a passage that matches.
fn first_span(passage: &Passage, matches: impl Fn(char) -> bool) -> Option<(usize, char, Span)> {
    let (nth, c) = passage.text().chars().enumerate().find(|(_, c)| matches(*c))?;
    Some((nth, c, passage.span(nth..nth + 1)))
}

#[cfg(test)]
mod tests;
