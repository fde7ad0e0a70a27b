//! A line that is one JSON object: nginx, Envoy, Caddy, Traefik, container run times, libraries, our own gate.
//!
//! Decides which members speak of the request; objects inside are looked into, lists by their first text.

use std::borrow::Cow;

use super::fields::put;
use crate::batch::event::Event;
use crate::recognise::json::{self, Node, Text};

/// Deeper objects speak of something else.
const DEEP: usize = 4;

pub(super) fn read(line: &str) -> Option<Event<'_>> {
    let node = json::whole(line)?;
    let mut event = Event::default();
    // What stands further out is more likely to be about the whole.
    for depth in 0..=DEEP {
        level(line, &node, depth, &mut event);
    }
    Some(event)
}

/// Visits the members at exactly this depth.
fn level<'l>(line: &'l str, node: &Node, depth: usize, event: &mut Event<'l>) {
    let Node::Object(members) = node else { return };
    for (name, value) in members {
        if depth > 0 {
            level(line, value, depth - 1, event);
            continue;
        }
        let Some(name) = line.get(name.inner.clone()) else { continue };
        if let Some(value) = leaf(line, value) {
            put(event, name, value);
        }
    }
}

fn leaf<'l>(line: &'l str, node: &Node) -> Option<Cow<'l, str>> {
    match node {
        Node::Text(text) => Some(read_text(line, text)),
        Node::Other(range) => line.get(range.clone()).map(Cow::Borrowed),
        Node::List(list) => match list.first() {
            Some(Node::Text(text)) => Some(read_text(line, text)),
            _ => None,
        },
        Node::Object(_) => None,
    }
}

fn read_text<'l>(line: &'l str, text: &Text) -> Cow<'l, str> {
    match line.get(text.inner.clone()) {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
        _ => Cow::Owned(text.read(line)),
    }
}

/// A line inside a line: what a container wrote, as its run time keeps it (`{"log":"…"}`).
pub(super) fn inner(line: &str) -> Option<String> {
    if !line.starts_with("{\"log\":\"") {
        return None;
    }
    let node = json::whole(line)?;
    node.member(line, "log")?.text().map(|text| text.read(line))
}
