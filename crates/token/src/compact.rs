//! The compact form (RFC 7515 §7.1): three base64url segments, two dots, nothing else.
//!
//! Decides what stands where; never what it is worth. The text is borrowed, offsets are kept, so that
//! whoever explains a refusal can point at the character.

use crate::base64url::{self, NotBase64url};
use crate::catalogue::Code;
use crate::fault::{Fact, Fault, Span};
use crate::json::{Malformed, Members, Strictness};

/// The longest token that is looked at, in bytes. Longer ones are refused before any work: no header
/// line of usual servers holds them.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// One of the three segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl Part {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Header, Self::Payload, Self::Signature];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        }
    }
}

/// A token taken apart, not yet believed in anything.
#[derive(Debug)]
pub struct Token<'a> {
    text: &'a str,
    /// Where the two dots stand, in bytes.
    dots: [usize; 2],
    header_bytes: Vec<u8>,
    payload_bytes: Vec<u8>,
    header: Result<Members, Malformed>,
    payload: Result<Members, Malformed>,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a compact JWS apart. That header and payload are JSON objects is judged later, by the
    /// checks of those names: a signature can be good over bytes that are not.
    ///
    /// # Errors
    /// `size-limit`, `credential-empty`, `token-opaque`, `token-encrypted`, `segment-count`, or the
    /// base64url and white-space faults, with the place.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Fault::new(Code::SizeLimit)
                .with("bytes", text.len())
                .with("limit_bytes", MAX_TOKEN_BYTES));
        }
        if text.is_empty() {
            return Err(Fault::new(Code::CredentialEmpty));
        }
        let mut dots = text.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(not_three(text));
        };
        let dots = [first, second];
        let segment = |part: Part, text: &'a str, start: usize| {
            base64url::decode(text).map_err(|why| not_base64url(why, part, text, start))
        };
        let header_bytes = segment(Part::Header, &text[..first], 0)?;
        let payload_bytes = segment(Part::Payload, &text[first + 1..second], first + 1)?;
        let signature = segment(Part::Signature, &text[second + 1..], second + 1)?;
        // Members keep their bytes; the fields beside them hold what is no object.
        let (header, header_bytes) = members(header_bytes, Strictness::EveryDepth);
        let (payload, payload_bytes) = members(payload_bytes, Strictness::TopLevel);
        Ok(Self { text, dots, header_bytes, payload_bytes, header, payload, signature })
    }

    /// The text as it came.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }
    /// What the signature covers (RFC 7515 §5.2): header, dot, payload, as they came.
    #[must_use]
    pub fn signing_input(&self) -> &'a str {
        &self.text[..self.dots[1]]
    }
    /// The header's members, if it is an object.
    #[must_use]
    pub fn header(&self) -> Option<&Members> {
        self.header.as_ref().ok()
    }
    /// The payload's members, if it is an object.
    #[must_use]
    pub fn payload(&self) -> Option<&Members> {
        self.payload.as_ref().ok()
    }
    /// The header, or why it is no object.
    ///
    /// # Errors
    /// Why it is none.
    pub fn header_or_why(&self) -> Result<&Members, &Malformed> {
        self.header.as_ref()
    }
    /// The payload, or why it is no object.
    ///
    /// # Errors
    /// Why it is none.
    pub fn payload_or_why(&self) -> Result<&Members, &Malformed> {
        self.payload.as_ref()
    }
    /// The header, decoded.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        self.header.as_ref().map_or(&self.header_bytes, Members::bytes)
    }
    /// The payload, decoded.
    #[must_use]
    pub fn payload_bytes(&self) -> &[u8] {
        self.payload.as_ref().map_or(&self.payload_bytes, Members::bytes)
    }
    /// The signature, decoded.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Where a segment stands, in characters; the text is ASCII, for it decoded.
    #[must_use]
    pub fn segment(&self, part: Part) -> Span {
        let [first, second] = self.dots;
        let (start, end) = match part {
            Part::Header => (0, first),
            Part::Payload => (first + 1, second),
            Part::Signature => (second + 1, self.text.len()),
        };
        Span { start, end }
    }

    /// The characters that carry these bytes of a decoded segment: every four characters carry three bytes.
    #[must_use]
    pub fn span_of(&self, part: Part, bytes: std::ops::Range<usize>) -> Span {
        let segment = self.segment(part);
        let start = segment.start + bytes.start * 8 / 6;
        let end = segment.start + (bytes.end * 8).div_ceil(6);
        Span { start: start.min(segment.end), end: end.min(segment.end) }
    }

    /// Where a claim's value stands in the token's text.
    #[must_use]
    pub fn span_of_claim(&self, name: &str) -> Option<Span> {
        Some(self.span_of(Part::Payload, self.payload()?.value_range(name)?))
    }

    /// Where a header member's value stands in the token's text.
    #[must_use]
    pub fn span_of_member(&self, name: &str) -> Option<Span> {
        Some(self.span_of(Part::Header, self.header()?.value_range(name)?))
    }

    /// The claims of a token whose payload is an object.
    pub(crate) fn into_members(self) -> Option<(Members, Members)> {
        Some((self.header.ok()?, self.payload.ok()?))
    }
}

fn members(bytes: Vec<u8>, strictness: Strictness) -> (Result<Members, Malformed>, Vec<u8>) {
    match Members::read(bytes, strictness) {
        Ok(members) => (Ok(members), Vec::new()),
        Err((why, bytes)) => (Err(why), bytes),
    }
}

/// What a text without exactly two dots is.
fn not_three(text: &str) -> Fault {
    let count = text.split('.').count();
    let blank = |c: char| c.is_ascii_whitespace();
    if text.starts_with(blank) || text.ends_with(blank) {
        return whitespace_around(text);
    }
    if count == 1 {
        return Fault::new(Code::TokenOpaque);
    }
    if count == 5 {
        let header = text
            .split('.')
            .next()
            .and_then(|first| base64url::decode(first).ok())
            .and_then(|bytes| Members::parse(bytes, Strictness::TopLevel).ok());
        if let Some(header) = header.filter(|header| header.contains("enc")) {
            let literal = |name| header.text(name).map(|text| text.into_owned());
            return Fault::new(Code::TokenEncrypted)
                .with_some("alg", literal("alg"))
                .with_some("enc", literal("enc"));
        }
    }
    Fault::new(Code::SegmentCount).with("count", count)
}

fn whitespace_around(text: &str) -> Fault {
    let blank = |c: char| c.is_ascii_whitespace();
    let position =
        if text.starts_with(blank) { 0 } else { text.trim_end_matches(blank).chars().count() };
    let character = text.chars().nth(position).unwrap_or(' ');
    Fault::new(Code::WhitespaceAround)
        .with("character", Fact::Words(name_of(character)))
        .with("position", position)
        .at(Span { start: position, end: position + 1 })
}

fn not_base64url(why: NotBase64url, part: Part, segment: &str, start: usize) -> Fault {
    let part_name = Fact::Words(part.as_str().to_owned());
    match why {
        NotBase64url::Length => Fault::new(Code::Base64Invalid).with("part", part_name),
        NotBase64url::TrailingBits { position } => {
            let at = start + position;
            Fault::new(Code::Base64TrailingBits)
                .with("part", part_name)
                .with("position", at)
                .at(Span { start: at, end: at + 1 })
        }
        NotBase64url::Character { position } => {
            // Everything before the first foreign byte of this segment is ASCII; earlier segments
            // decoded, so they are too: bytes are characters up to here.
            let at = start + position;
            let character = segment[position..].chars().next().unwrap_or('\u{FFFD}');
            let code = match character {
                '=' if segment[position..].bytes().all(|byte| byte == b'=') => Code::Base64Padding,
                '+' | '/' => Code::Base64Alphabet,
                c if c.is_whitespace() => {
                    let outside = (part == Part::Header && position == 0)
                        || (part == Part::Signature && segment[position..].trim().is_empty());
                    if outside { Code::WhitespaceAround } else { Code::WhitespaceInside }
                }
                _ => Code::Base64Invalid,
            };
            let fault = Fault::new(code)
                .with("character", Fact::Words(name_of(character)))
                .with("position", at)
                .at(Span { start: at, end: at + 1 });
            fault.with("part", part_name)
        }
    }
}

/// A character as a person can tell it from another: `+` in backticks, what is not seen by its code point.
pub(crate) fn name_of(character: char) -> String {
    let visible = character.is_ascii_graphic() || character.is_alphanumeric();
    if visible {
        return format!("`{character}`");
    }
    let name = match character {
        '\n' => " (line feed)",
        '\r' => " (carriage return)",
        '\t' => " (tab)",
        ' ' => " (space)",
        _ => "",
    };
    format!("U+{:04X}{name}", u32::from(character))
}
