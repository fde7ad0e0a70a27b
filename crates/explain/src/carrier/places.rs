//! The places other than `Authorization` in which a token rides: fields, query, cookies, body.
//!
//! Decides which value in them is the access token; tokens of another purpose (a refresh token, a client
//! assertion) are passed by.

use crate::passage::Passage;
use crate::peel::scheme;
use crate::recognise::{
    Field, Request, is_header_like, is_misspelt, is_token_like, json, response_members,
};
use crate::shape;

/// Names that are meant for a token whatever its shape.
const TOKEN_FIELDS: &[&str] = &[
    "authentication",
    "authorisation",
    "x-auth-token",
    "x-access-token",
    "access-token",
    "access_token",
    "auth-token",
    "x-authorization",
    "x-authentication",
    "x-token",
    "token",
    "jwt",
    "x-jwt",
    "x-jwt-token",
    "auth",
    "x-auth",
    "bearer",
    "proxy-authorization",
    "http_authorization",
    "http-authorization",
    "x-forwarded-authorization",
    "x-forwarded-access-token",
    "x-forwarded-token",
    "x-user-token",
    "x-session-token",
    "x-bearer-token",
    "id-token",
    "x-id-token",
    "private-token",
    "x-api-token",
    "api-token",
];

/// Fields that hold tokens of another purpose, or texts in which one is met by chance.
const OTHER_FIELDS: &[&str] = &[
    "cookie",
    "set-cookie",
    "dpop",
    "referer",
    "user-agent",
    "host",
    "origin",
    "content-type",
    "accept",
    "if-none-match",
    "etag",
    ":path",
    ":authority",
    "location",
    "x-csrf-token",
    "x-xsrf-token",
    "traceparent",
];

pub(super) fn in_other_field(request: &Request) -> Option<&Field> {
    let plain = |field: &Field| -> String {
        field
            .name
            .text()
            .chars()
            .filter(|c| !c.is_whitespace() && c.is_ascii_graphic())
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let filled = |field: &&Field| field.value.text().trim().len() > 3;
    let by_name = request.fields.iter().filter(filled).find(|field| {
        let name = plain(field);
        name == "authorization" || TOKEN_FIELDS.contains(&name.as_str()) || is_misspelt(&name)
    });
    by_name.or_else(|| {
        request.fields.iter().find(|field| {
            !OTHER_FIELDS.contains(&plain(field).as_str()) && holds_token(field.value.text())
        })
    })
}

fn holds_token(text: &str) -> bool {
    let bare = text.trim().trim_matches(['"', '\'', '<', '>', '{', '}', '[', ']', '(', ')']);
    let rest = match scheme::leading(bare) {
        Some(word) => bare[word..].trim_start_matches([' ', ':', '=', '\t']),
        None => bare,
    };
    is_token_like(rest) && !rest.contains(' ')
}

/// The decoded value of a parameter: percent-encoding is right in a query, a form and a cookie.
fn decoded(value: &Passage) -> Passage {
    crate::peel::percent_decoded(&value.mapped(|c| if c == '+' { ' ' } else { c }))
}

/// Pairs `name=value` of a part of the request, in order.
fn pairs(part: &Passage, separator: char) -> Vec<(String, Passage)> {
    let text = part.text();
    let mut at = 0;
    text.split(separator)
        .filter_map(|pair| {
            let start = at;
            at += pair.len() + separator.len_utf8();
            let (name, value) = pair.split_once('=')?;
            let from = start + pair.len() - value.len();
            Some((name.trim().to_owned(), part.bytes(from..from + value.len())))
        })
        .take(256)
        .collect()
}

/// Names of parameters, cookies and members for an access token.
const TOKEN_NAMES: &[&str] = &[
    "access_token",
    "accesstoken",
    "access-token",
    "token",
    "jwt",
    "auth_token",
    "authtoken",
    "auth-token",
    "bearer",
    "bearer_token",
    "authorization",
    "id_token",
    "x-access-token",
    "jwt_token",
    "session_token",
];

/// Parameters that hold a token for another purpose (RFC 6749 §6, RFC 7523, RFC 8693, RFC 9101).
const OTHER_NAMES: &[&str] = &[
    "refresh_token",
    "client_assertion",
    "assertion",
    "subject_token",
    "actor_token",
    "id_token_hint",
    "request",
    "logout_token",
    "code",
    "state",
    "csrf_token",
    "response",
];

fn best(pairs: Vec<(String, Passage)>) -> Option<(String, Passage)> {
    let name_of = |name: &str| name.to_ascii_lowercase();
    for wanted in TOKEN_NAMES {
        let found = pairs.iter().find(|(name, value)| {
            name_of(name) == *wanted && (*wanted == "access_token" || value.len() >= 16)
        });
        if let Some((name, value)) = found {
            return Some((name.clone(), value.clone()));
        }
    }
    pairs
        .into_iter()
        .filter(|(name, _)| !is_of_another_purpose(name))
        .find(|(_, value)| holds_token(value.text()))
}

/// Whether a token rides anywhere in the request but in `Authorization`.
pub(crate) fn rides(request: &Request) -> bool {
    in_other_field(request).is_some()
        || in_query(request).is_some()
        || in_cookie(request).is_some()
        || in_body(request).is_some()
}

/// Whether a parameter of this name holds a token for another purpose.
pub(crate) fn is_of_another_purpose(name: &str) -> bool {
    OTHER_NAMES.contains(&name.to_ascii_lowercase().as_str())
}

pub(super) fn in_query(request: &Request) -> Option<(String, Passage)> {
    in_target(request).or_else(|| {
        // curl puts the data there when it is told to.
        let data = request.body.as_ref().filter(|_| request.again.as_query)?;
        best(in_pairs(data))
    })
}

fn in_pairs(part: &Passage) -> Vec<(String, Passage)> {
    pairs(part, '&').into_iter().map(|(name, value)| (name, decoded(&value))).collect()
}

fn in_target(request: &Request) -> Option<(String, Passage)> {
    let target = request.target.as_ref()?;
    let start = target.text().find(['?', '#'])?;
    let query = target.since(start + 1);
    // `#` parts the query from the fragment; both are looked at.
    let flat = query.mapped(|c| if c == '#' { '&' } else { c });
    best(in_pairs(&flat))
}

pub(super) fn in_cookie(request: &Request) -> Option<(String, Passage)> {
    let mut all = Vec::new();
    for field in request.named("cookie") {
        for (name, value) in pairs(&field.value, ';') {
            let value = crate::peel::percent_decoded(&value).trimmed(|c| c == '"' || c == ' ');
            all.push((name, unsigned(&value)));
        }
    }
    // Any cookie named `token` may be a session id: only what looks like a token counts.
    all.retain(|(_, value)| {
        holds_token(value.text()) || crate::opaque::recognise(value.text()).is_some()
    });
    best(all)
}

/// Express signs cookies as `s:VALUE.MAC` and marks JSON with `j:`.
fn unsigned(value: &Passage) -> Passage {
    let text = value.text();
    if let Some(rest) = text.strip_prefix("s:")
        && rest.matches('.').count() == 3
        && let Some((signed, _)) = rest.rsplit_once('.')
    {
        return value.bytes(2..2 + signed.len());
    }
    value.clone()
}

pub(super) fn in_body(request: &Request) -> Option<(String, Passage)> {
    let body = request.body.as_ref().filter(|_| !request.again.as_query)?;
    let text = body.text();
    let trimmed = text.trim_start();
    let offset = text.len() - trimmed.len();
    if trimmed.starts_with(['{', '[']) {
        let (node, _) = json::parse(text, offset)?;
        return response_members().iter().chain(&["authorization"]).find_map(|name| {
            let found = node.find(text, name)?;
            let value = found.passage(&body.bytes(found.inner.clone()));
            (holds_token(value.text()) || value.len() >= 16).then(|| ((*name).to_owned(), value))
        });
    }
    if text.contains("form-data; name=\"") {
        return best(form_data(body));
    }
    if trimmed.starts_with('<') {
        return in_markup(body);
    }
    let line = body.trimmed(|c| c == '\r' || c == '\n' || c == ' ');
    if line.text().contains('=') {
        return best(in_pairs(&line));
    }
    let bare = line.text().split('.').next().is_some_and(is_header_like);
    (bare && shape::has_three_parts(line.text()))
        .then(|| ("the body itself".to_owned(), line.clone()))
}

/// The fields of multipart/form-data (RFC 7578): a name, an empty line, the value.
fn form_data(body: &Passage) -> Vec<(String, Passage)> {
    const MARK: &str = "form-data; name=\"";
    let text = body.text();
    let field = |(at, _): (usize, &str)| {
        let rest = &text[at + MARK.len()..];
        let (name, behind) = rest.split_once('"')?;
        let gap = behind.find("\r\n\r\n").map(|gap| gap + 4);
        let gap = gap.or_else(|| behind.find("\n\n").map(|gap| gap + 2))?;
        let start = text.len() - behind.len() + gap;
        let end = text[start..].find(['\r', '\n']).map_or(text.len(), |end| start + end);
        Some((name.to_owned(), body.bytes(start..end)))
    };
    text.match_indices(MARK).take(256).filter_map(field).collect()
}

/// An element of XML that holds a token and nothing else.
fn in_markup(body: &Passage) -> Option<(String, Passage)> {
    let text = body.text();
    text.match_indices('>').take(4096).find_map(|(at, _)| {
        let start = at + 1;
        let end = start + text[start..].find('<')?;
        let name = text[..at].rsplit('<').next()?;
        let name = name.split([' ', '/']).next().unwrap_or_default();
        holds_token(&text[start..end]).then(|| {
            let value = body.bytes(start..end).trimmed(char::is_whitespace);
            (name.to_owned(), value)
        })
    })
}
