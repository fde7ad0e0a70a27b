//! A call of a program that makes a request: `fetch(…)`, axios, requests, `Invoke-RestMethod`.
//!
//! Decides which texts of it are fields, body and address, where no `Authorization` is set; runs nothing
//! and knows no language: only names, signs and quotes.

use super::{Carried, Field, Input, InputKind, Recognised, Request};
use crate::carrier::places::is_of_another_purpose;

/// What shows that a text calls for a request.
const CALLS: &[&str] = &[
    "fetch(",
    "axios",
    "requests.",
    "httpx.",
    "Invoke-RestMethod",
    "Invoke-WebRequest",
    "$.ajax",
    "got(",
    "ky.",
    "superagent",
    "HttpRequest",
    "http.NewRequest",
    "headers",
];

/// More texts than any request has; the rest is a program.
const MOST: usize = 256;

/// The request that the text makes.
pub(super) fn call(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let is_call = CALLS.iter().any(|call| body.contains(call));
    let target = address(body);
    if !is_call || (target.is_none() && !body.contains("eaders")) {
        return None;
    }
    let mut request =
        Request { target: target.map(|target| input.part(target)), ..Request::default() };
    let fields_from = body.find("eaders").unwrap_or(body.len());
    for (at, name, value) in pairs(body) {
        match name.to_ascii_lowercase().as_str() {
            "method" => request.method = Some(value.to_owned()),
            "body" | "data" => {
                request.body.get_or_insert_with(|| unescaped(input, value));
            }
            _ if at > fields_from && !is_of_another_purpose(name) => {
                request.fields.push(Field { name: input.part(name), value: input.part(value) })
            }
            _ => {}
        }
    }
    // A text without an address or a field is no request, whatever words are in it.
    if request.target.is_none() && request.fields.is_empty() {
        return None;
    }
    Some(Recognised::new(InputKind::Text, Carried::Request(Box::new(request))))
}

/// The first address between quotes.
fn address(body: &str) -> Option<&str> {
    body.match_indices("://").take(MOST).find_map(|(at, _)| {
        let start = body[..at].rfind(['"', '\'', '`'])? + 1;
        let scheme = &body[start..at];
        let end = at + body[at..].find(['"', '\'', '`'])?;
        matches!(scheme, "http" | "https" | "ws" | "wss").then_some(&body[start..end])
    })
}

/// Names and the quoted texts that stand behind them and a sign: `"a": "b"`, `a = 'b'`, `'a' => 'b'`.
fn pairs(body: &str) -> Vec<(usize, &str, &str)> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(found) = body[from..].find([':', '=']) {
        let at = from + found;
        from = at + 1;
        let behind = body[from..].trim_start_matches(['>', ' ', '\t']);
        let Some(quote) = behind.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
            continue;
        };
        let text = &behind[1..];
        let Some(end) = closing(text, quote) else { continue };
        let before = body[..at].trim_end_matches([' ', '\t', '"', '\'', '`', ']', '=']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let start = before
            .rfind(|c: char| !is_name(c))
            .map_or(0, |border| border + before[border..].chars().next().map_or(1, char::len_utf8));
        if start < before.len() {
            all.push((at, &before[start..], &text[..end]));
        }
        from = body.len() - text.len() + end + 1;
        if all.len() >= MOST {
            break;
        }
    }
    all
}

/// Where a quoted text ends: at its quote, unless a backslash stands before that.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// A text with the backslashes gone that stood before its quotes.
fn unescaped(input: &Input<'_>, text: &str) -> crate::passage::Passage {
    let whole = input.part(text);
    let mut out = crate::passage::Passage::empty(whole.whole().start);
    let characters: Vec<char> = whole.text().chars().collect();
    for (nth, c) in characters.iter().enumerate() {
        let goes = *c == '\\' && matches!(characters.get(nth + 1), Some('"' | '\'' | '\\'));
        if !goes {
            out.push_from(*c, &whole, nth..nth + 1);
        }
    }
    out
}
