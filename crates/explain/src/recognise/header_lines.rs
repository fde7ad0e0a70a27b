//! One header line, or several, without a request line: what a person copies out of a developer tool.
//!
//! Decides whether text is header lines; a credential in a field of the wrong name still counts as one.

use super::request::field_line;
use super::{Carried, Field, Input, InputKind, Recognised, Request, is_header_like};
use crate::passage::Passage;
use crate::peel::scheme;

/// Names that show at once that a line is a header line.
const KNOWN: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "authentication",
    "authorisation",
    "x-auth-token",
    "x-access-token",
    "x-authorization",
    "x-api-key",
    "api-key",
    "apikey",
    "access-token",
    "access_token",
    "auth-token",
    "x-token",
    "x-jwt",
    "x-jwt-token",
    "x-id-token",
    "id-token",
    "x-amz-security-token",
    "private-token",
    "token",
    "jwt",
    "cookie",
    "host",
    "accept",
    "user-agent",
    "content-type",
    "dpop",
    "x-forwarded-authorization",
    "x-forwarded-access-token",
    "http_authorization",
    "sec-websocket-protocol",
];

/// Whether a name is `authorization` with at most two letters wrong, or one of the usual others.
pub(crate) fn is_known(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    KNOWN.contains(&name.as_str()) || is_misspelt(&name)
}

/// Whether a name was meant to be `authorization`.
pub(crate) fn is_misspelt(name: &str) -> bool {
    name.len().abs_diff("authorization".len()) <= 2
        && crate::compare::distance(name, "authorization", 2).is_some()
}

pub(crate) fn lines(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let mut fields: Vec<Field> = Vec::new();
    let mut known = false;
    let offset = |part: &str| (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    let mut open: Option<(&str, usize, usize)> = None;
    let mut all = Vec::new();
    // Braces still open in the field's value: JSON over several lines.
    let mut depth = 0_usize;
    let opened = |depth: usize, text: &str| {
        text.bytes().fold(depth, |depth, byte| match byte {
            b'{' => depth.saturating_add(1),
            b'}' => depth.saturating_sub(1),
            _ => depth,
        })
    };
    for line in body.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            continue;
        }
        if depth > 0
            && let Some((_, _, end)) = &mut open
        {
            *end = offset(line) + line.len();
            depth = opened(depth, line);
            continue;
        }
        match field_line(line) {
            Some((name, value)) if is_plausible(name, value) => {
                all.extend(open.take());
                depth = if value.trim_end().ends_with('{') { opened(0, value) } else { 0 };
                open = Some((name, offset(value), offset(line) + line.len()));
            }
            // The rest of a token that was wrapped.
            _ => match &mut open {
                Some((_, _, end)) if is_continuation(line) => *end = offset(line) + line.len(),
                _ => return None,
            },
        }
    }
    all.extend(open.take());
    for (name, start, end) in all {
        let value = input.part(&body[start..end]).trimmed(|c| c == ' ' || c == '\t' || c == '\r');
        known |= is_known(name) || holds_credential(&value);
        fields.push(Field { name: input.part(name), value });
    }
    // `Bearer: eyJ…` is no header called Bearer: the scheme and a wrong separator.
    if let [field] = fields.as_slice()
        && field.is("bearer")
    {
        let value = input.part(body);
        return Some(Recognised::new(InputKind::Header, Carried::Value(value)));
    }
    // The request line of HTTP/2 and HTTP/3 is written as pseudo-fields (RFC 9113 §8.3.1).
    let pseudo = |name: &str| fields.iter().find(|field| field.is(name)).map(|field| &field.value);
    let method = pseudo(":method").map(|method| method.text().to_owned());
    let target = pseudo(":path").cloned();
    if !known && method.is_none() {
        return None;
    }
    let kind = if method.is_some() { InputKind::Request } else { InputKind::Header };
    let request = Request { method, target, fields, ..Request::default() };
    Some(Recognised::new(kind, Carried::Request(Box::new(request))))
}

/// Whether a line looks like a field rather than like prose with a colon or a time of day.
fn is_plausible(name: &str, value: &str) -> bool {
    let begins = name.trim_start_matches(':').starts_with(|c: char| c.is_ascii_alphabetic());
    let short = name.trim_end().len() <= 64;
    // `JWT::DecodeError` is a name of Ruby's or C++'s.
    let scoped = value.starts_with(':') && !value.contains("eyJ") && !is_misspelt(name.trim());
    // `https://…` is an address.
    begins
        && short
        && !is_header_like(name)
        && !scoped
        && !name.trim_end().contains(' ')
        && (is_known(name) || !value.starts_with("//"))
}

fn is_continuation(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 2 && line.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=+/\"',;".contains(c))
}

/// Whether a value is a credential and nothing else: a scheme and a token, or a token.
fn holds_credential(value: &Passage) -> bool {
    let text = value.text().trim();
    let bare = text.trim_matches(['"', '\'', '<', '>', '{', '}', '[', ']', '(', ')', ',', ';']);
    let token = match bare.split_once([' ', ':', '=']) {
        Some((word, rest)) if scheme::is_scheme(word) => rest.trim(),
        _ => bare,
    };
    !token.contains(' ') && token.split('.').next().is_some_and(is_header_like)
}
