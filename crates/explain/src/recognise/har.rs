//! HAR files (HTTP Archive 1.2): which of the recorded requests was refused, and what it carried.
//!
//! Decides which request is explained: the last that was refused with 401 or 403, one with a credential
//! before one without; else the last with a credential; else the last.

use std::ops::Range;

use super::json::{Node, Text};
use super::{Carried, Field, InputKind, Recognised, Request, is_token_like};
use crate::passage::Passage;

pub(crate) fn pick(
    source: &str,
    node: &Node,
    place: &dyn Fn(Range<usize>) -> Passage,
) -> Option<Recognised> {
    let entries = entries(source, node)?;
    let mut chosen: Option<(u8, usize)> = None;
    for (nth, entry) in entries.iter().enumerate() {
        let refused = matches!(status(source, entry), Some(401 | 403));
        let carries = carries_credential(source, entry);
        let rank = match (refused, carries) {
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        if chosen.is_none_or(|(best, _)| rank >= best) {
            chosen = Some((rank, nth));
        }
    }
    let Some((_, nth)) = chosen else {
        return Some(Recognised::new(InputKind::Har, Carried::Nothing));
    };
    let request = read(source, &entries[nth], &entries[..nth], place);
    let mut found = Recognised::new(InputKind::Har, Carried::Request(Box::new(request)));
    found.notes.push(match status(source, &entries[nth]) {
        Some(status) => {
            format!("request {} of {}, answered {status}", nth + 1, entries.len())
        }
        None => format!("request {} of {}", nth + 1, entries.len()),
    });
    Some(found)
}

/// The recorded requests; nothing where this is no HAR file.
pub(crate) fn entries<'n>(source: &str, node: &'n Node) -> Option<&'n [Node]> {
    Some(node.member(source, "log")?.member(source, "entries")?.list())
}

/// The challenge of a refusal.
pub(crate) fn challenge(source: &str, entry: &Node) -> Option<String> {
    let headers = entry.member(source, "response")?.member(source, "headers");
    let headers = pairs(source, headers);
    let found = headers.iter().find(|(name, _)| name.is(source, "www-authenticate"))?;
    Some(found.1.read(source))
}

pub(crate) fn status(source: &str, entry: &Node) -> Option<u16> {
    let number = entry.member(source, "response")?.member(source, "status")?.number(source)?;
    u16::try_from(number).ok().filter(|status| *status > 0)
}

fn text<'n>(source: &str, node: &'n Node, name: &str) -> Option<&'n Text> {
    node.member(source, name)?.text()
}

/// Name and value of each recorded pair.
fn pairs<'n>(source: &str, node: Option<&'n Node>) -> Vec<(&'n Text, &'n Text)> {
    node.map(Node::list)
        .unwrap_or_default()
        .iter()
        .filter_map(|pair| Some((text(source, pair, "name")?, text(source, pair, "value")?)))
        .collect()
}

fn carries_credential(source: &str, entry: &Node) -> bool {
    let Some(request) = entry.member(source, "request") else { return false };
    let in_header = pairs(source, request.member(source, "headers")).iter().any(|(name, value)| {
        name.is(source, "authorization") || is_token_like(source[value.inner.clone()].trim())
    });
    in_header
        || text(source, request, "url")
            .is_some_and(|url| source[url.inner.clone()].contains("access_token="))
}

pub(crate) fn read(
    source: &str,
    entry: &Node,
    earlier: &[Node],
    place: &dyn Fn(Range<usize>) -> Passage,
) -> Request {
    let taken = |text: &Text| text.passage(&place(text.inner.clone()));
    let Some(node) = entry.member(source, "request") else { return Request::default() };
    let mut fields: Vec<Field> = pairs(source, node.member(source, "headers"))
        .into_iter()
        .map(|(name, value)| Field { name: taken(name), value: taken(value) })
        .collect();
    if !fields.iter().any(|field| field.is("cookie")) {
        // Firefox and proxies list cookies apart, and only there.
        for (name, value) in pairs(source, node.member(source, "cookies")) {
            let line = taken(value);
            let label = format!("{}=", name.read(source));
            let mut cookie = Passage::standing_for(&label, line.span(0..0));
            for (nth, c) in line.text().chars().enumerate() {
                cookie.push_from(c, &line, nth..nth + 1);
            }
            fields.push(Field {
                name: Passage::standing_for("cookie", line.span(0..0)),
                value: cookie,
            });
        }
    }
    let body = node.member(source, "postData").and_then(|data| text(source, data, "text"));
    let url = text(source, node, "url");
    Request {
        method: text(source, node, "method").map(|method| method.read(source)),
        target: url.map(taken),
        fields,
        body: body.map(taken).filter(|body| !body.is_empty()),
        status: status(source, entry),
        lost: url.and_then(|url| lost_on_redirect(source, &url.read(source), earlier)),
        ..Request::default()
    }
}

/// How a redirect to another origin took the credential away: an earlier request that carried one was
/// answered with this address.
fn lost_on_redirect(source: &str, url: &str, earlier: &[Node]) -> Option<String> {
    earlier.iter().rev().find_map(|entry| {
        let response = entry.member(source, "response")?;
        let request = entry.member(source, "request")?;
        let from = text(source, request, "url")?.read(source);
        let status = status(source, entry).filter(|status| (300..400).contains(status))?;
        let to = text(source, response, "redirectURL")
            .map(|to| to.read(source))
            .filter(|to| !to.is_empty());
        let to = to.or_else(|| {
            let headers = pairs(source, response.member(source, "headers"));
            let location = headers.iter().find(|(name, _)| name.is(source, "location"))?;
            Some(location.1.read(source))
        })?;
        let sent = pairs(source, request.member(source, "headers"))
            .iter()
            .any(|(name, _)| name.is(source, "authorization"));
        let leads_here = to == url || (to.starts_with('/') && url.ends_with(&to));
        (sent && leads_here)
            .then(|| format!("a redirect ({status}) from {} to {}", origin(&from), origin(url)))
    })
}

/// Scheme and host of an address, without path, query and user.
pub(crate) fn origin(url: &str) -> &str {
    let Some(scheme) = url.find("://") else {
        return url.split(['/', '?', '#']).next().unwrap_or(url);
    };
    let rest = &url[scheme + 3..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    &url[..scheme + 3 + end]
}
