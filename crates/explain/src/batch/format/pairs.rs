//! Lines of `name=value`: our own gate, Traefik, logfmt of any kind.
//!
//! Decides where a value ends: at its closing quote, else at a blank. A line that names neither a status
//! nor a cause is a text and is left alone.

use std::borrow::Cow;

use super::fields::put;
use crate::batch::event::Event;

/// A line has no more pairs than this.
const MOST: usize = 64;

pub(super) fn read(line: &str) -> Option<Event<'_>> {
    let mut event = Event::default();
    let mut from = 0;
    let mut words = line;
    for _ in 0..MOST {
        let Some(found) = line.get(from..).and_then(|rest| rest.find('=')) else { break };
        let sign = from + found;
        let head = line.get(from..sign).unwrap_or_default();
        let name = head.rsplit([' ', '\t', ',', '{', '(']).next().unwrap_or_default();
        if from == 0 {
            words = head.strip_suffix(name).unwrap_or(head).trim_end();
        }
        let rest = line.get(sign + 1..).unwrap_or_default();
        let (value, length) = value(rest);
        from = sign + 1 + length;
        if !name.is_empty() {
            put(&mut event, name, value);
        }
    }
    if !event.is_request() {
        return None;
    }
    // What is said in words before the first pair; a path may hold anything.
    if event.text.is_none() && !words.is_empty() {
        event.text = Some(Cow::Borrowed(words));
    }
    Some(event)
}

/// A value and how many bytes it takes.
fn value(rest: &str) -> (Cow<'_, str>, usize) {
    let Some(inner) = rest.strip_prefix('"') else {
        let length = rest.find([' ', '\t', ',', '}', ')']).unwrap_or(rest.len());
        return (Cow::Borrowed(rest.get(..length).unwrap_or_default()), length);
    };
    let bytes = inner.as_bytes();
    let mut at = 0;
    let mut escaped = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => break,
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
    let at = at.min(bytes.len());
    let plain = inner.get(..at).unwrap_or_default();
    let value = if escaped { Cow::Owned(unescaped(plain)) } else { Cow::Borrowed(plain) };
    (value, (at + 2).min(rest.len()))
}

/// Quotes and backslashes without the backslash before them; other escapes stay.
fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}
