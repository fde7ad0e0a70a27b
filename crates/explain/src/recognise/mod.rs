//! What kind of input this is, and what in it is the credential.
//!
//! Decides what a server would have been sent: a bare token, a header's value, a whole request. What
//! merely surrounds a credential in a log line, a letter or a HAR file is no fault of the credential.
//! Never judges what it finds.

mod code;
pub(crate) mod har;
mod header_lines;
pub(crate) mod json;
mod prose;
pub(crate) mod request;
mod response;
mod shell;
mod tool;
mod variable;

use std::borrow::Cow;
use std::ops::Range;

use crate::passage::Passage;
pub(crate) use header_lines::is_misspelt;
pub(crate) use request::{Field, Request};

/// The longest input that is looked at. A HAR file of a long session fits.
pub const MAX_INPUT_BYTES: usize = 64 * 1024 * 1024;

/// The longest stretch that is taken for one credential; the text around tokens that a server takes is
/// far shorter, and a token that was percent-encoded or encoded twice still fits.
pub(crate) const MAX_CREDENTIAL_BYTES: usize = 4 * claviger_token::MAX_TOKEN_BYTES;

/// The longest stretch of the input that is taken up with the place of each character.
const LONGEST_PASSAGE: usize = 1024 * 1024;

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputKind {
    /// Nothing at all.
    Empty,
    /// A token without anything around it.
    Token,
    /// One header line, or the value of one.
    Header,
    /// A raw HTTP request.
    Request,
    /// A command of curl or a similar tool.
    Command,
    /// A HAR file.
    Har,
    /// A token response, or other JSON that holds a token.
    Response,
    /// A log line, a letter, code: text around a token.
    Text,
    /// An error message without its token.
    Message,
}

impl InputKind {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "nothing",
            Self::Token => "a bare token",
            Self::Header => "a header line",
            Self::Request => "a raw HTTP request",
            Self::Command => "a command line",
            Self::Har => "a HAR file",
            Self::Response => "JSON that holds a token",
            Self::Text => "a log line or other text",
            Self::Message => "an error message",
        }
    }
}

/// What a server would have been sent.
#[derive(Debug)]
pub(crate) enum Carried {
    /// No credential is to be seen anywhere.
    Nothing,
    /// What stands behind `Bearer `.
    Credential(Passage),
    /// The value of an `Authorization` header.
    Value(Passage),
    /// A request, as far as it is shown.
    Request(Box<Request>),
    /// Far longer than any credential: so many bytes.
    TooLong(usize),
}

/// An input that was recognised.
#[derive(Debug)]
pub(crate) struct Recognised {
    pub(crate) kind: InputKind,
    pub(crate) carried: Carried,
    /// What else was noticed: which of several requests was taken, and the like.
    pub(crate) notes: Vec<String>,
}

impl Recognised {
    fn new(kind: InputKind, carried: Carried) -> Self {
        Self { kind, carried, notes: Vec::new() }
    }
}

/// The input as text.
pub(crate) struct Input<'i> {
    pub(crate) text: Cow<'i, str>,
    ascii: bool,
    /// How it had to be read, where it was not plain UTF-8.
    pub(crate) encoding: Option<&'static str>,
}

impl<'i> Input<'i> {
    /// Bytes as text: UTF-8, or UTF-16 as PowerShell writes it; anything else with replacement
    /// characters in the damaged places.
    pub(crate) fn read(bytes: &'i [u8]) -> Self {
        let (text, encoding) = match std::str::from_utf8(bytes) {
            Ok(text) if !looks_like_utf16(bytes) => (Cow::Borrowed(text), None),
            _ => match utf16(bytes) {
                Some(text) => (Cow::Owned(text), Some("UTF-16")),
                None => (String::from_utf8_lossy(bytes), Some("bytes that are not UTF-8")),
            },
        };
        let ascii = text.is_ascii();
        Self { text, ascii, encoding }
    }

    /// The same with blanks in place of a part, so that every other character stays where it is.
    pub(crate) fn without(&self, part: Range<usize>) -> Self {
        let blanked = self.text.char_indices();
        let text: String =
            blanked.map(|(at, c)| if part.contains(&at) { ' ' } else { c }).collect();
        Self { ascii: text.is_ascii(), text: Cow::Owned(text), encoding: self.encoding }
    }

    /// The index of the character that begins at a byte; borders that are none count to the one before.
    pub(crate) fn character_at(&self, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        self.text.char_indices().take_while(|(at, _)| *at < byte).count()
    }

    /// A part of the input; borders that are none give an empty part.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Passage {
        // A body may be long; what is looked for in it stands near its beginning.
        let mut end = range.end.min(range.start.saturating_add(LONGEST_PASSAGE));
        while !self.text.is_char_boundary(end.min(self.text.len())) {
            end -= 1;
        }
        match self.text.get(range.start..end) {
            Some(part) => Passage::plain(part, self.character_at(range.start)),
            None => Passage::empty(0),
        }
    }

    /// A part of the input given as a slice of its own text.
    pub(crate) fn part(&self, part: &str) -> Passage {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.bytes(start..start + part.len())
    }
}

fn looks_like_utf16(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes.len().is_multiple_of(2) && {
        let head = &bytes[..bytes.len().min(256)];
        let zeros =
            |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        zeros(0) * 4 > head.len() || zeros(1) * 4 > head.len()
    }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (body, big) = match bytes {
        [0xFF, 0xFE, body @ ..] => (body, false),
        [0xFE, 0xFF, body @ ..] => (body, true),
        _ if looks_like_utf16(bytes) => (bytes, bytes[0] == 0),
        _ => return None,
    };
    let units = body.chunks_exact(2).map(|pair| {
        if big {
            u16::from_be_bytes([pair[0], pair[1]])
        } else {
            u16::from_le_bytes([pair[0], pair[1]])
        }
    });
    Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect())
}

/// Recognises an input.
pub(crate) fn recognise(input: &Input<'_>) -> Recognised {
    let text = input.text.as_ref();
    // A byte order mark belongs to the file; before a bare token it is looked at again below.
    let body = text.trim_start_matches('\u{FEFF}').trim_matches([' ', '\t', '\r', '\n']);
    if body.is_empty() {
        return Recognised::new(InputKind::Empty, Carried::Credential(Passage::empty(0)));
    }
    if body.starts_with(['{', '['])
        && let Some(found) = structured(input, body)
    {
        return found;
    }
    if let Some(found) = tool::command(input, body)
        .or_else(|| request::raw(input, body))
        .or_else(|| header_lines::lines(input, body))
    {
        return bounded(variable::filled(input, found));
    }
    bounded(variable::filled(input, prose::recognise(input, text)))
}

/// JSON: a HAR file, a token response, headers, a structured log line.
fn structured(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let offset = (body.as_ptr() as usize).saturating_sub(input.text.as_ptr() as usize);
    let node = json::whole(body)?;
    let place = |inner: Range<usize>| input.bytes(offset + inner.start..offset + inner.end);
    if let Some(found) = har::pick(body, &node, &place) {
        return Some(bounded(found));
    }
    response::recognise(body, &node, &place).map(bounded)
}

/// A credential of a length that no server takes is said to be so, and not looked into.
fn bounded(mut found: Recognised) -> Recognised {
    let longest = match &found.carried {
        Carried::Credential(passage) | Carried::Value(passage) => passage.text().len(),
        Carried::Request(request) => {
            request.fields.iter().map(|field| field.value.text().len()).max().unwrap_or(0)
        }
        Carried::Nothing | Carried::TooLong(_) => 0,
    };
    if longest > MAX_CREDENTIAL_BYTES {
        found.carried = Carried::TooLong(longest);
    }
    found
}

/// The members of a token response that hold a token, best first.
pub(crate) const fn response_members() -> &'static [&'static str] {
    response::TOKEN_MEMBERS
}

/// Whether a text has the shape of a compact token: a header that decodes to the start of an object,
/// and a dot. Generous, for it only steers where to look.
pub(crate) fn is_token_like(text: &str) -> bool {
    let Some((header, rest)) = text.split_once('.') else { return false };
    is_header_like(header) && rest.len() >= 2
}

/// Whether a segment decodes to something that begins with a brace. Looks at eight characters, and no
/// further than the first dot.
pub(crate) fn is_header_like(segment: &str) -> bool {
    use base64::Engine as _;
    let head: String = segment
        .chars()
        .take_while(|c| *c != '.')
        .take(8)
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        })
        .collect();
    head.len() == 8
        && base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(head)
            .is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{"))
}

#[cfg(test)]
mod tests;
