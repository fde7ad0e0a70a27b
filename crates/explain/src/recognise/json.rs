//! JSON with the place of every text in it, read generously: single quotes, bare names and a missing end
//! are tolerated, for what people paste is often a snippet. Decides nothing about what it means.

use std::ops::Range;

use crate::passage::Passage;

/// Deeper nesting is not followed: no response, HAR or log line has it.
const MAX_DEPTH: usize = 64;

/// A text between its quotes, in bytes of the source.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) inner: Range<usize>,
    escaped: bool,
}

/// A JSON value.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Object(Vec<(Text, Self)>),
    List(Vec<Self>),
    Text(Text),
    /// A number, `true`, `null`, or a bare word.
    Other(Range<usize>),
}

impl Text {
    /// The text itself.
    pub(crate) fn read(&self, source: &str) -> String {
        self.passage(&Passage::plain(&source[self.inner.clone()], 0)).text().to_owned()
    }

    /// Whether it is this text, whatever the case.
    pub(crate) fn is(&self, source: &str, expected: &str) -> bool {
        source[self.inner.clone()].eq_ignore_ascii_case(expected)
    }

    /// The text with its origin, given the passage of what stands between the quotes.
    pub(crate) fn passage(&self, inner: &Passage) -> Passage {
        if self.escaped { unescaped(inner) } else { inner.clone() }
    }
}

impl Node {
    pub(crate) fn member(&self, source: &str, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(text, _)| text.is(source, name)).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    pub(crate) fn number(&self, source: &str) -> Option<i64> {
        match self {
            Self::Other(range) => source[range.clone()].parse().ok(),
            _ => None,
        }
    }

    /// The first member of this name with a text, at any depth; shallow ones first.
    pub(crate) fn find(&self, source: &str, name: &str) -> Option<&Text> {
        let mut level = vec![self];
        while !level.is_empty() {
            let mut next = Vec::new();
            for node in level {
                match node {
                    Self::Object(members) => {
                        for (text, value) in members {
                            if let Self::Text(value) = value
                                && text.is(source, name)
                            {
                                return Some(value);
                            }
                            next.push(value);
                        }
                    }
                    Self::List(list) => next.extend(list),
                    Self::Text(_) | Self::Other(_) => {}
                }
            }
            level = next;
        }
        None
    }
}

/// The value that begins at this byte, and the byte behind it.
pub(crate) fn parse(source: &str, start: usize) -> Option<(Node, usize)> {
    let mut reader = Reader { bytes: source.as_bytes(), at: start };
    let node = reader.value(0)?;
    Some((node, reader.at))
}

/// The value that is the whole text, white space aside.
pub(crate) fn whole(source: &str) -> Option<Node> {
    let (node, end) = parse(source, 0)?;
    source[end..].trim_matches([' ', '\t', '\r', '\n', ',', ';']).is_empty().then_some(node)
}

struct Reader<'s> {
    bytes: &'s [u8],
    at: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.items(depth),
            b'"' | b'\'' => self.string().map(Node::Text),
            _ => self.word().map(Node::Other),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(Node::Object(members));
                }
                b',' => self.at += 1,
                quote => {
                    let name = if matches!(quote, b'"' | b'\'') {
                        self.string()?
                    } else {
                        Text { inner: self.word()?, escaped: false }
                    };
                    if self.peek()? != b':' {
                        return None;
                    }
                    self.at += 1;
                    members.push((name, self.value(depth + 1)?));
                }
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut list = Vec::new();
        loop {
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(Node::List(list));
                }
                b',' => self.at += 1,
                _ => list.push(self.value(depth + 1)?),
            }
        }
    }

    fn string(&mut self) -> Option<Text> {
        let quote = self.bytes[self.at];
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match *self.bytes.get(self.at)? {
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                byte if byte == quote => {
                    let inner = start..self.at;
                    self.at += 1;
                    return Some(Text { inner, escaped });
                }
                _ => self.at += 1,
            }
        }
    }

    /// A number, a literal, a bare name.
    fn word(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-._$".contains(byte))
        {
            self.at += 1;
        }
        (self.at > start).then_some(start..self.at)
    }
}

/// A text with its JSON escapes undone; an escape that is none stays as it is.
pub(crate) fn unescaped(inner: &Passage) -> Passage {
    let characters: Vec<char> = inner.text().chars().collect();
    let mut out = Passage::empty(inner.whole().start);
    let mut at = 0;
    while at < characters.len() {
        let (c, length) = match (characters[at], characters.get(at + 1)) {
            ('\\', Some(next)) => match next {
                'n' => ('\n', 2),
                'r' => ('\r', 2),
                't' => ('\t', 2),
                'b' => ('\u{8}', 2),
                'f' => ('\u{C}', 2),
                'u' => code_point(&characters, at).unwrap_or(('\\', 1)),
                '"' | '\\' | '/' | '\'' => (*next, 2),
                _ => ('\\', 1),
            },
            (c, _) => (c, 1),
        };
        out.push_from(c, inner, at..at + length);
        at += length;
    }
    out
}

/// `\uXXXX`, or a surrogate pair of them.
fn code_point(characters: &[char], at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        if characters.get(at) != Some(&'\\') || characters.get(at + 1) != Some(&'u') {
            return None;
        }
        characters
            .get(at + 2..at + 6)?
            .iter()
            .try_fold(0, |sum, digit| Some(sum * 16 + digit.to_digit(16)?))
    };
    let first = unit(at)?;
    match char::from_u32(first) {
        Some(c) => Some((c, 6)),
        None => {
            let second = unit(at + 6)?;
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
            let high = first.checked_sub(0xD800).filter(|high| *high < 0x400)?;
            Some((char::from_u32(0x10000 + (high << 10) + low)?, 12))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_found_where_they_stand() {
        let source = r#"{"a":[1,{"Access_Token":"x\n\u00e9"}],'b':'c', d: true}"#;
        let node = whole(source).unwrap();
        let text = node.find(source, "access_token").unwrap();
        assert_eq!(text.read(source), "x\né");
        let inner = Passage::plain(&source[text.inner.clone()], text.inner.start);
        let passage = text.passage(&inner);
        assert_eq!(passage.len(), 3);
        let span = passage.span(1..2);
        assert_eq!(&source[span.start..span.end], "\\n");
        assert_eq!(node.member(source, "b").and_then(Node::text).unwrap().read(source), "c");
        assert!(whole("{\"a\":1} x").is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "[{}\\[\\]\"':,\\\\ua0-9é ]{0,40}") {
            if let Some(node) = whole(&source) {
                let _ = node.find(&source, "a").map(|text| text.read(&source));
            }
        }

        #[test]
        fn any_text_reads_back(text: String) {
            let source = serde_json::to_string(&text).unwrap();
            let node = whole(&source).unwrap();
            prop_assert_eq!(node.text().unwrap().read(&source), text);
        }
    }
}
