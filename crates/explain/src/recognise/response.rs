//! JSON that is no HAR file: a token response (RFC 6749 §5.1), a map of headers, a structured log line.
//!
//! Decides which text in it is the credential. An access token goes before an ID token.

use std::ops::Range;

use super::json::Node;
use super::{Carried, Field, InputKind, Recognised, Request, is_token_like};
use crate::carrier::places::rides;
use crate::passage::Passage;

/// Members that hold a token, best first.
pub(crate) const TOKEN_MEMBERS: &[&str] = &[
    "access_token",
    "accessToken",
    "access-token",
    "token",
    "jwt",
    "bearer",
    "auth_token",
    "authToken",
    "bearerToken",
    "bearer_token",
    "jwtToken",
    "id_token",
    "idToken",
];

pub(crate) fn recognise(
    source: &str,
    node: &Node,
    place: &dyn Fn(Range<usize>) -> Passage,
) -> Option<Recognised> {
    // The JSON serialisation of a JWS (RFC 7515 §7.2) is a kind of token itself.
    if node.member(source, "payload").is_some()
        && (node.member(source, "signatures").is_some()
            || node.member(source, "signature").is_some())
    {
        let carried = Carried::Credential(place(0..source.len()));
        return Some(Recognised::new(InputKind::Token, carried));
    }
    // `["eyJ…"]` alone is a token in brackets and quotes, sent as it stands.
    if let Node::List(list) = node
        && let [Node::Text(_)] = list.as_slice()
    {
        return None;
    }
    if let Some(text) = node.find(source, "authorization").or_else(|| listed(source, node)) {
        let value = text.passage(&place(text.inner.clone()));
        return Some(Recognised::new(InputKind::Text, Carried::Value(value)));
    }
    if let Some(request) = recorded(source, node, place).filter(rides) {
        return Some(Recognised::new(InputKind::Text, Carried::Request(Box::new(request))));
    }
    for name in TOKEN_MEMBERS {
        if let Some(text) = node.find(source, name) {
            let credential = text.passage(&place(text.inner.clone()));
            return Some(Recognised::new(InputKind::Response, held(credential)));
        }
    }
    for name in ["url", "uri", "path", "request_uri", "request"] {
        if let Some(text) = node.find(source, name) {
            let target = text.passage(&place(text.inner.clone()));
            if target.text().contains("access_token=") {
                let request = Request { target: Some(target), ..Request::default() };
                let carried = Carried::Request(Box::new(request));
                return Some(Recognised::new(InputKind::Text, carried));
            }
        }
    }
    let text = any_token(source, node)?;
    let credential = text.passage(&place(text.inner.clone()));
    Some(Recognised::new(InputKind::Response, held(credential)))
}

/// The request whose header fields are recorded, at any depth: an object with the member `headers`.
fn recorded(source: &str, node: &Node, place: &dyn Fn(Range<usize>) -> Passage) -> Option<Request> {
    let text = |node: &Node, names: &[&str]| {
        let found = names.iter().find_map(|name| node.member(source, name)?.text())?;
        Some(found.passage(&place(found.inner.clone())))
    };
    let members = match node {
        Node::Object(members) => members,
        Node::List(list) => return list.iter().find_map(|one| recorded(source, one, place)),
        Node::Text(_) | Node::Other(_) => return None,
    };
    let Some(Node::Object(headers)) = node.member(source, "headers") else {
        return members.iter().find_map(|(_, member)| recorded(source, member, place));
    };
    let value = |node: &Node| match node {
        Node::Text(text) => Some(text.passage(&place(text.inner.clone()))),
        Node::List(list) => {
            list.first()?.text().map(|text| text.passage(&place(text.inner.clone())))
        }
        Node::Object(_) | Node::Other(_) => None,
    };
    let fields = headers.iter().filter_map(|(name, node)| {
        Some(Field { name: place(name.inner.clone()), value: value(node)? })
    });
    Some(Request {
        method: text(node, &["method", "httpMethod"]).map(|method| method.text().to_owned()),
        target: text(node, &["url", "path", "rawPath", "uri"]),
        fields: fields.collect(),
        ..Request::default()
    })
}

/// A text with the scheme in front was made for a header.
fn held(credential: Passage) -> Carried {
    let begins = credential.text().get(..7);
    if begins.is_some_and(|begins| begins.eq_ignore_ascii_case("Bearer ")) {
        Carried::Value(credential)
    } else {
        Carried::Credential(credential)
    }
}

/// The value of `{"name": "Authorization", "value": "…"}` in a list, at any depth.
fn listed<'n>(source: &str, node: &'n Node) -> Option<&'n super::json::Text> {
    match node {
        Node::Object(members) => {
            let name = node.member(source, "name").or_else(|| node.member(source, "key"));
            if name.and_then(Node::text).is_some_and(|name| name.is(source, "authorization")) {
                return node.member(source, "value").and_then(Node::text);
            }
            members.iter().find_map(|(_, member)| listed(source, member))
        }
        Node::List(list) => list.iter().find_map(|member| listed(source, member)),
        Node::Text(_) | Node::Other(_) => None,
    }
}

/// Any text that has the shape of a token.
fn any_token<'n>(source: &str, node: &'n Node) -> Option<&'n super::json::Text> {
    match node {
        Node::Text(text) => {
            let inner = source[text.inner.clone()].trim();
            let bare = inner.strip_prefix("Bearer ").unwrap_or(inner);
            is_token_like(bare).then_some(text)
        }
        Node::Object(members) => members.iter().find_map(|(_, member)| any_token(source, member)),
        Node::List(list) => list.iter().find_map(|member| any_token(source, member)),
        Node::Other(_) => None,
    }
}
