//! A strict JSON object (RFC 8259), indexed by its members, with the bytes kept as they came.
//!
//! Decides whether bytes are one JSON object, and where each member of it stands: what the checks
//! compare, and what explain points at. Duplicate names are found here, because parsers that meet
//! one disagree about its value (RFC 7519 §4). Never decides what a member means.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde_json::Value;

/// The deepest nesting that is read. Deeper JSON is refused before anything else looks at it.
pub const MAX_DEPTH: usize = 32;

/// Where duplicate names are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// At every depth: a JOSE header steers what is verified.
    EveryDepth,
    /// Among the members of the object itself: a payload's claims.
    TopLevel,
}

/// Why bytes are not one JSON object, and where reading stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// In words.
    pub reason: &'static str,
    /// Byte offset into the decoded text.
    pub position: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.reason, self.position)
    }
}
impl std::error::Error for Malformed {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Other,
}

#[derive(Clone, Debug)]
struct Member {
    /// Between the quotes.
    name: Range<usize>,
    value: Range<usize>,
    kind: Kind,
    /// Whether the name, or a text value, holds a backslash.
    name_escaped: bool,
    value_escaped: bool,
}

/// A JSON object: its bytes as they came and an index of its members.
#[derive(Clone)]
pub struct Members {
    text: String,
    members: Vec<Member>,
    duplicate: Option<String>,
}

impl fmt::Debug for Members {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Claims may be personal: only the names are shown.
        out.debug_set().entries(self.names()).finish()
    }
}

impl Members {
    /// Reads one JSON object. A duplicate name does not stop reading: see [`Members::duplicate`].
    ///
    /// # Errors
    /// Where the bytes are not UTF-8, not one JSON object, or nested deeper than [`MAX_DEPTH`].
    pub fn parse(bytes: Vec<u8>, strictness: Strictness) -> Result<Self, Malformed> {
        Self::read(bytes, strictness).map_err(|(why, _)| why)
    }

    /// As [`Members::parse`], but what is no object is handed back.
    pub(crate) fn read(
        bytes: Vec<u8>,
        strictness: Strictness,
    ) -> Result<Self, (Malformed, Vec<u8>)> {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let position = error.utf8_error().valid_up_to();
                let why = Malformed { reason: "bytes that are not UTF-8", position };
                return Err((why, error.into_bytes()));
            }
        };
        match index(&text, strictness) {
            Ok((members, duplicate)) => Ok(Self { text, members, duplicate }),
            Err(why) => Err((why, text.into_bytes())),
        }
    }

    fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| {
            if member.name_escaped {
                unescape(&self.text[member.name.clone()]) == name
            } else {
                &self.text[member.name.clone()] == name
            }
        })
    }

    /// A name that stands twice, if one does.
    #[must_use]
    pub fn duplicate(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// Whether a member of this name is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A member's value as it is written.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.find(name).map(|member| &self.text[member.value.clone()])
    }

    /// Where a member's value stands, in bytes of the decoded text.
    #[must_use]
    pub fn value_range(&self, name: &str) -> Option<Range<usize>> {
        self.find(name).map(|member| member.value.clone())
    }

    /// Where a member's name stands, without its quotes, in bytes of the decoded text.
    #[must_use]
    pub fn name_range(&self, name: &str) -> Option<Range<usize>> {
        self.find(name).map(|member| member.name.clone())
    }

    /// A member's value, if it is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let member = self.find(name).filter(|member| member.kind == Kind::Text)?;
        let inner = &self.text[member.value.start + 1..member.value.end - 1];
        Some(if member.value_escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) })
    }

    /// A member's value, if it is a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        let member = self.find(name).filter(|member| member.kind == Kind::Number)?;
        self.text[member.value.clone()].parse().ok()
    }

    /// A member's value as whole seconds or the like: fractions are cut off towards the past, what
    /// no 53 bits hold is none (RFC 7159 §6: numbers beyond that are not interoperable).
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        let member = self.find(name).filter(|member| member.kind == Kind::Number)?;
        let text = &self.text[member.value.clone()];
        if let Ok(number) = text.parse::<i64>() {
            return Some(number);
        }
        let number = text.parse::<f64>().ok()?.floor();
        // In range, so the conversion is exact.
        (number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
    }

    /// A member's value as a JSON value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.members.iter().map(|member| {
            let raw = &self.text[member.name.clone()];
            if member.name_escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
        })
    }

    /// The object as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The object's bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The whole object as a JSON value (of duplicates, the last).
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// Walks the whole text once: the members of the object, and a name that stands twice.
fn index(text: &str, strictness: Strictness) -> Result<(Vec<Member>, Option<String>), Malformed> {
    let top = Vec::with_capacity(12);
    let mut reader = Reader { bytes: text.as_bytes(), at: 0, strictness, duplicate: None, top };
    reader.blank();
    if reader.peek() != Some(b'{') {
        return Err(reader.malformed(match reader.peek() {
            None => "nothing",
            Some(b'[') => "a list where an object is due",
            Some(b'"') => "a text where an object is due",
            Some(0xEF) => "a byte order mark before the object",
            Some(_) => "no object",
        }));
    }
    reader.object(1)?;
    reader.blank();
    if reader.peek().is_some() {
        return Err(reader.malformed("something behind the object"));
    }
    Ok((reader.top, reader.duplicate))
}

/// The text that an escaped JSON text stands for; the reader has already seen that it is well formed.
fn unescape(inner: &str) -> String {
    serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_default()
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    strictness: Strictness,
    duplicate: Option<String>,
    top: Vec<Member>,
}

/// Past this many members names are compared through a set, so that no object costs quadratic work.
const FEW: usize = 24;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn malformed(&self, reason: &'static str) -> Malformed {
        Malformed { reason, position: self.at }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(self.malformed("nesting deeper than 32 levels"));
        }
        let collect = depth == 1 || self.strictness == Strictness::EveryDepth;
        let mut nested: Vec<Member> = Vec::new();
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.malformed("no member name"));
            }
            let (name, name_escaped) = self.string()?;
            self.blank();
            if self.peek() != Some(b':') {
                return Err(self.malformed("no colon behind a member name"));
            }
            self.at += 1;
            self.blank();
            let start = self.at;
            let (kind, value_escaped) = self.value(depth)?;
            if collect {
                let member =
                    Member { name, value: start..self.at, kind, name_escaped, value_escaped };
                if depth == 1 { self.top.push(member) } else { nested.push(member) }
            }
            self.blank();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.blank();
                }
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                _ => return Err(self.malformed("neither a comma nor the end of the object")),
            }
        }
        if collect && self.duplicate.is_none() {
            let members = if depth == 1 { &self.top } else { &nested };
            self.duplicate = duplicate(self.bytes, members);
        }
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(self.malformed("nesting deeper than 32 levels"));
        }
        self.at += 1;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            self.blank();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.blank();
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.malformed("neither a comma nor the end of the list")),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<(Kind, bool), Malformed> {
        match self.peek() {
            Some(b'"') => Ok((Kind::Text, self.string()?.1)),
            Some(b'{') => self.object(depth + 1).map(|()| (Kind::Other, false)),
            Some(b'[') => self.list(depth + 1).map(|()| (Kind::Other, false)),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| (Kind::Number, false)),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(_) => Err(self.malformed("no value")),
            None => Err(self.malformed("the end in the middle of the object")),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(Kind, bool), Malformed> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok((Kind::Other, false))
        } else {
            Err(self.malformed("no value"))
        }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.malformed("a number without a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// The range between the quotes, and whether a backslash stands in it.
    fn string(&mut self) -> Result<(Range<usize>, bool), Malformed> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let range = start..self.at;
                    self.at += 1;
                    return Ok((range, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => {
                    return Err(self.malformed("a control character in a text"));
                }
                Some(_) => self.at += 1,
                None => return Err(self.malformed("a text without its end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let first = self.code_unit(self.at + 2)?;
                match first {
                    0xD800..0xDC00 => {
                        // A high surrogate stands for a character only with a low one behind it.
                        if self.bytes.get(self.at + 6..self.at + 8) != Some(b"\\u") {
                            return Err(self.malformed("half of a surrogate pair"));
                        }
                        if !(0xDC00..0xE000).contains(&self.code_unit(self.at + 8)?) {
                            return Err(self.malformed("half of a surrogate pair"));
                        }
                        self.at += 12;
                        Ok(())
                    }
                    0xDC00..0xE000 => Err(self.malformed("half of a surrogate pair")),
                    _ => {
                        self.at += 6;
                        Ok(())
                    }
                }
            }
            _ => Err(self.malformed("an unknown escape")),
        }
    }

    fn code_unit(&self, at: usize) -> Result<u32, Malformed> {
        let digits = self.bytes.get(at..at + 4).ok_or_else(|| self.malformed("a cut escape"))?;
        digits.iter().try_fold(0, |sum, digit| {
            (*digit as char)
                .to_digit(16)
                .map(|digit| sum * 16 + digit)
                .ok_or_else(|| self.malformed("an escape with a digit that is none"))
        })
    }
}

fn duplicate(bytes: &[u8], members: &[Member]) -> Option<String> {
    // The bytes were UTF-8 before they were indexed, and names end at quotes.
    let name = |member: &Member| -> Cow<'_, str> {
        let raw = String::from_utf8_lossy(&bytes[member.name.clone()]);
        if member.name_escaped { Cow::Owned(unescape(&raw)) } else { Cow::Owned(raw.into_owned()) }
    };
    if members.len() <= FEW && !members.iter().any(|member| member.name_escaped) {
        for (nth, member) in members.iter().enumerate() {
            let this = &bytes[member.name.clone()];
            if members[..nth].iter().any(|earlier| &bytes[earlier.name.clone()] == this) {
                return Some(name(member).into_owned());
            }
        }
        return None;
    }
    let mut seen = HashSet::with_capacity(members.len());
    members.iter().map(|member| name(member).into_owned()).find(|name| !seen.insert(name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(text: &str) -> Result<Members, Malformed> {
        Members::parse(text.as_bytes().to_vec(), Strictness::EveryDepth)
    }

    #[test]
    fn members_are_found_and_read() {
        let object =
            members(r#" {"a":1,"b":"x\u00e9","c":[1,{"d":null}],"\u0065":-1.5e2,"f":"plain"} "#)
                .unwrap();
        assert_eq!(object.integer("a"), Some(1));
        assert_eq!(object.text("b").unwrap(), "xé");
        assert_eq!(object.raw("c"), Some(r#"[1,{"d":null}]"#));
        assert_eq!(object.integer("e"), Some(-150));
        assert_eq!(object.text("f").unwrap(), "plain");
        assert_eq!(object.text("a"), None);
        assert!(!object.contains("d"));
        assert_eq!(object.duplicate(), None);
    }

    #[test]
    fn duplicates_are_found_at_the_asked_depth_and_under_escapes() {
        for (text, everywhere, on_top) in [
            (r#"{"a":1,"a":2}"#, true, true),
            (r#"{"a":1,"\u0061":2}"#, true, true),
            (r#"{"a":{"b":1,"b":2}}"#, true, false),
            (r#"{"a":[{"b":1,"b":2}]}"#, true, false),
            (r#"{"a":{"a":1}}"#, false, false),
        ] {
            let bytes = text.as_bytes().to_vec();
            let every = Members::parse(bytes.clone(), Strictness::EveryDepth).unwrap();
            assert_eq!(every.duplicate().is_some(), everywhere, "{text}");
            let top = Members::parse(bytes, Strictness::TopLevel).unwrap();
            assert_eq!(top.duplicate().is_some(), on_top, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_on_both_sides_of_the_limit() {
        let nested = |levels: usize| {
            format!("{}{{}}{}", r#"{"a":"#.repeat(levels - 1), "}".repeat(levels - 1))
        };
        assert!(members(&nested(MAX_DEPTH)).is_ok());
        assert!(members(&nested(MAX_DEPTH + 1)).is_err());
        assert!(members(&format!(r#"{{"a":{}1{}}}"#, "[".repeat(31), "]".repeat(31))).is_ok());
        assert!(members(&format!(r#"{{"a":{}1{}}}"#, "[".repeat(32), "]".repeat(32))).is_err());
    }

    #[test]
    fn numbers_are_whole_seconds_or_nothing() {
        let object = members(r#"{"a":1700000000.9,"b":1e300,"c":-0.5,"d":"1"}"#).unwrap();
        assert_eq!(object.integer("a"), Some(1_700_000_000));
        assert_eq!(object.integer("b"), None);
        assert_eq!(object.integer("c"), Some(-1));
        assert_eq!(object.integer("d"), None);
    }

    proptest! {
        // serde_json is the judge: what one reads, the other does, and with the same values.
        #[test]
        fn agrees_with_serde_json_on_anything(text in r#"[\{\}\[\]",:\\a0u1-9e. tfn+-]{0,24}"#) {
            let text = format!("{{{text}}}");
            let ours = members(&text);
            let theirs = serde_json::from_str::<Value>(&text);
            // serde_json refuses numbers that no f64 holds; RFC 8259 calls them well formed.
            let out_of_range = theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
            prop_assert!(ours.is_ok() == theirs.is_ok() || out_of_range, "{text} {theirs:?}");
        }

        #[test]
        fn any_object_reads_back(map in proptest::collection::btree_map(".{0,6}", ".{0,12}", 0..40)) {
            let text = serde_json::to_string(&map).unwrap();
            let object = members(&text).unwrap();
            prop_assert_eq!(object.duplicate(), None);
            for (name, value) in &map {
                prop_assert_eq!(&object.text(name).unwrap(), value);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Members::parse(bytes, Strictness::EveryDepth);
        }
    }
}
