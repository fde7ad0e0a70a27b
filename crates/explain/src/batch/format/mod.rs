//! Which format a line has, and what it says.
//!
//! Decides line by line, so that a file of several formats is read as well as one. A line of no known
//! format is a text: with a time in front, perhaps.

mod access;
mod fields;
mod members;
mod pairs;

use std::borrow::Cow;

use super::event::Event;
use super::moment;

/// The longest time with what a container's run time writes behind it.
const LONGEST_TIME: usize = 56;

/// Reads a line.
pub(super) fn read(line: &str) -> Event<'_> {
    let line = line.trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    if line.starts_with('{')
        && let Some(event) = members::read(line)
    {
        return event;
    }
    if let Some(event) = access::read(line) {
        return event;
    }
    let (time, rest) = dated(line);
    let mut event = pairs::read(rest).unwrap_or_else(|| Event {
        text: (!rest.is_empty()).then_some(Cow::Borrowed(rest)),
        ..Event::default()
    });
    event.time = time.or(event.time);
    event
}

/// A line without the frame that a container's run time puts around it: Docker's `{"log":"…"}`, and the
/// `TIME stdout F …` of the others.
pub(super) fn unwrapped(line: &str) -> Cow<'_, str> {
    if let Some(inner) = members::inner(line) {
        return Cow::Owned(inner);
    }
    // The frame stands at the very beginning: most lines have none and are not searched for it.
    let head = line.get(..line.floor_char_boundary(LONGEST_TIME)).unwrap_or_default();
    for frame in [" stdout F ", " stderr F "] {
        if let Some((time, _)) = head.split_once(frame)
            && moment::whole(time).is_some()
        {
            return Cow::Borrowed(line.get(time.len() + frame.len()..).unwrap_or_default());
        }
    }
    Cow::Borrowed(line)
}

/// The time in front of a line, in brackets or not, and what stands behind it.
fn dated(line: &str) -> (Option<i64>, &str) {
    let bare = line.strip_prefix('[').unwrap_or(line);
    match moment::prefix(bare) {
        Some((time, length)) => {
            let rest = bare.get(length..).unwrap_or_default();
            (Some(time), rest.trim_start_matches([']', ' ', '\t']))
        }
        None => (None, line),
    }
}

/// The target of `GET /orders?x=1 HTTP/1.1`.
fn target(request: &str) -> Option<&str> {
    let mut words = request.split(' ').filter(|word| !word.is_empty());
    let method = words.next()?;
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    words.next().filter(|target| !target.starts_with("HTTP/"))
}

#[cfg(test)]
mod tests;
