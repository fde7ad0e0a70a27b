//! Where in a request the credential rides: the class `header` of the catalogue.
//!
//! Decides which place is read and what is wrong with it (RFC 6750 §2): another field, the query, a
//! cookie, the body, several places at once, none. Never looks into the credential.

use claviger_token::{Code, Fact, Fault};

use crate::passage::Passage;
use crate::peel::scheme;
use crate::peel::{Layer, Origin};
use crate::recognise::{
    Carried, Field, Recognised, Request, is_header_like, is_token_like, json, response_members,
};
use crate::shape;

/// The longest header line that usual servers take: nginx and Tomcat 8 KiB, Apache 8190 bytes.
const USUAL_LINE: usize = 8190;
/// What the more generous ones take: Node, IIS, HAProxy, AWS load balancers.
const GENEROUS_LINE: usize = 16 * 1024;
/// What the strictest take, believed only when the server's status says so.
const STRICT_LINE: usize = 4096;

/// A credential that was found, and what is wrong with its place.
#[derive(Debug, Default)]
pub(crate) struct Located {
    pub(crate) faults: Vec<Layer>,
    pub(crate) value: Option<(Passage, Origin)>,
    /// The name of the field that carries it, where one is shown.
    pub(crate) label: Option<Passage>,
    /// The others, where several came.
    pub(crate) others: Vec<(Passage, Origin)>,
    /// Why there is nothing to be judged.
    pub(crate) end: Option<Fault>,
    /// The proof of a sender-constrained token that came along (RFC 9449).
    pub(crate) proof: Option<Passage>,
}

/// A fault that stands whatever the credential is worth.
fn certain(fault: Fault) -> Layer {
    Layer { fault, certain: true }
}

fn possible(fault: Fault) -> Layer {
    Layer { fault, certain: false }
}

/// Finds the credential.
pub(crate) fn locate(recognised: &Recognised) -> Located {
    let mut located = match &recognised.carried {
        Carried::Nothing => {
            let reason = format!("no token is to be seen in what was taken for {}", recognised.kind.as_str());
            let fault = Fault::new(Code::CredentialMissing).with("reason", Fact::Words(reason));
            Located { end: Some(fault), ..Located::default() }
        }
        Carried::TooLong(bytes) => Located {
            end: Some(
                Fault::new(Code::SizeLimit)
                    .with("bytes", *bytes)
                    .with("limit_bytes", claviger_token::MAX_TOKEN_BYTES),
            ),
            ..Located::default()
        },
        Carried::Credential(passage) => {
            Located { value: Some((passage.clone(), Origin::Bare)), ..Located::default() }
        }
        Carried::Value(passage) => {
            Located { value: Some((passage.clone(), Origin::Header)), ..Located::default() }
        }
        Carried::Request(request) => in_request(request),
    };
    let status = match &recognised.carried {
        Carried::Request(request) => request.status,
        _ => None,
    };
    if let Some((value, origin)) = &located.value {
        let head = if *origin == Origin::Bare { "Authorization: Bearer ".len() } else { "Authorization: ".len() };
        if let Some(fault) = too_large(value, head, status) {
            located.faults.push(fault);
        }
    }
    located
}

fn too_large(value: &Passage, head: usize, status: Option<u16>) -> Option<Layer> {
    let bytes = value.text().len() + head;
    let said_so = matches!(status, Some(400 | 413 | 431 | 494));
    let limit = if bytes > GENEROUS_LINE {
        GENEROUS_LINE
    } else if bytes > USUAL_LINE {
        USUAL_LINE
    } else if said_so && bytes > STRICT_LINE {
        STRICT_LINE
    } else {
        return None;
    };
    let fault = Fault::new(Code::HeaderTooLarge)
        .with("bytes", bytes)
        .with("limit_bytes", limit)
        .with_some(
            "reason",
            status.filter(|_| said_so).map(|status| Fact::Words(format!("the server answered {status}"))),
        )
        .at(value.whole());
    Some(Layer { fault, certain: said_so })
}

fn in_request(request: &Request) -> Located {
    let mut located = Located {
        proof: request.named("dpop").next().map(|field| field.value.clone()),
        ..Located::default()
    };
    let authorization: Vec<&Field> = request.named("authorization").collect();
    match authorization.as_slice() {
        [] => elsewhere(request, &mut located),
        [one] => several_in_one(one, request, &mut located),
        all => {
            located.faults.push(certain(
                Fault::new(Code::HeaderDuplicated)
                    .with("count", all.len())
                    .with("reason", Fact::Words("`Authorization` stands there more than once".to_owned()))
                    .at(all[1].name.whole()),
            ));
            located.label = Some(all[0].name.clone());
            let mut values = all.iter().map(|field| (field.value.clone(), Origin::Header));
            located.value = values.next();
            located.others = values.collect();
        }
    }
    located
}

/// One `Authorization` field: several credentials in it, or another one beside it?
fn several_in_one(field: &Field, request: &Request, located: &mut Located) {
    located.label = Some(field.name.clone());
    let parts = comma_parts(&field.value);
    if parts.len() > 1 {
        located.faults.push(certain(
            Fault::new(Code::HeaderDuplicated)
                .with("count", parts.len())
                .with("reason", Fact::Words("one `Authorization` with a comma in it".to_owned()))
                .at(parts[1].whole()),
        ));
        let mut values = parts.into_iter().map(|part| (part, Origin::Header));
        located.value = values.next();
        located.others = values.collect();
        return;
    }
    located.value = Some((field.value.clone(), Origin::Header));
    // RFC 6750 §2: a client must not use more than one method in a request.
    let mut places = vec!["Authorization".to_owned()];
    let mut span = None;
    let query = in_query(request).filter(|(name, value)| name == "access_token" && value.len() > 8);
    if let Some((name, value)) = query {
        span = Some(value.whole());
        places.push(format!("the query's {name}"));
        located.others.push((value, Origin::Bare));
    }
    let body = in_body(request).filter(|(name, value)| name == "access_token" && value.len() > 8);
    if let Some((name, value)) = body {
        span = span.or(Some(value.whole()));
        places.push(format!("the body's {name}"));
        located.others.push((value, Origin::Bare));
    }
    if let Some(span) = span {
        located.faults.push(certain(
            Fault::new(Code::HeaderDuplicated)
                .with("count", places.len())
                .with("reason", Fact::Words(places.join(" and ")))
                .at(span),
        ));
    }
}

/// The credentials of a value that were joined by commas; one where it is only one.
fn comma_parts(value: &Passage) -> Vec<Passage> {
    let text = value.text();
    // Parameters of other schemes (`Digest realm="a", nonce="b"`) and JSON have commas as well.
    if !text.contains(',') || text.contains(['{', '"']) {
        return vec![value.clone()];
    }
    let mut at = 0;
    let mut parts = Vec::new();
    for piece in text.split(',') {
        let start = at;
        at += piece.len() + 1;
        let part = value.bytes(start..start + piece.len()).trimmed(|c| c == ' ' || c == '\t');
        let is_credential = scheme::leading(part.text()).is_some_and(|word| part.text().len() > word + 8)
            || shape::has_three_parts(part.text());
        if !is_credential {
            return vec![value.clone()];
        }
        parts.push(part);
    }
    parts
}

/// No `Authorization` field: does the credential ride somewhere else?
fn elsewhere(request: &Request, located: &mut Located) {
    if is_preflight(request) {
        let reason = request.status.map(|status| Fact::Words(format!("it was answered {status}")));
        let fault = Fault::new(Code::PreflightUnauthenticated).with_some("reason", reason);
        located.end = Some(match &request.target {
            Some(target) => fault.at(target.whole()),
            None => fault,
        });
        return;
    }
    if let Some(field) = in_other_field(request) {
        let fault = Fault::new(Code::HeaderNameWrong)
            .with("header", field.name.text())
            .at(field.name.whole());
        located.faults.push(possible(fault));
        located.label = Some(field.name.clone());
        let with_scheme = scheme::leading(field.value.text()).is_some();
        let origin = if with_scheme { Origin::Header } else { Origin::Bare };
        located.value = Some((field.value.clone(), origin));
        return;
    }
    let places = [
        (Code::TokenInQuery, in_query(request)),
        (Code::TokenInCookie, in_cookie(request)),
        (Code::TokenInBody, in_body(request)),
    ];
    for (code, found) in places {
        if let Some((name, value)) = found {
            let fault = Fault::new(code).with("name", name).at(value.whole());
            located.faults.push(possible(fault));
            let with_scheme = scheme::leading(value.text()).is_some();
            located.value = Some((value, if with_scheme { Origin::Header } else { Origin::Bare }));
            return;
        }
    }
    if let Some(lost) = &request.lost {
        let fault = Fault::new(Code::HeaderStripped).with("reason", Fact::Words(lost.clone()));
        located.end = Some(fault);
        return;
    }
    let fault = Fault::new(Code::CredentialMissing);
    located.end = Some(match &request.target {
        Some(target) => fault.at(target.whole()),
        None => fault,
    });
}

/// The CORS protocol's question before the real request: it never carries a credential.
fn is_preflight(request: &Request) -> bool {
    request.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("OPTIONS"))
        && (request.named("access-control-request-method").next().is_some()
            || request.named("access-control-request-headers").next().is_some())
}

/// Names that are meant for a token whatever its shape.
const TOKEN_FIELDS: &[&str] = &[
    "authentication", "authorisation", "x-auth-token", "x-access-token", "access-token", "access_token",
    "auth-token", "x-authorization", "x-authentication", "x-token", "token", "jwt", "x-jwt",
    "x-jwt-token", "auth", "x-auth", "bearer", "proxy-authorization", "http_authorization",
    "http-authorization", "x-forwarded-authorization", "x-forwarded-access-token",
    "x-forwarded-token", "x-user-token", "x-session-token", "x-bearer-token", "id-token", "x-id-token",
    "private-token", "x-api-token", "api-token",
];

/// Fields that hold tokens of another purpose, or texts in which one is met by chance.
const OTHER_FIELDS: &[&str] = &[
    "cookie", "set-cookie", "dpop", "referer", "user-agent", "host", "origin", "content-type", "accept",
    "if-none-match", "etag", "www-authenticate", ":path", ":authority", "location", "x-csrf-token",
    "x-xsrf-token", "traceparent",
];

fn in_other_field(request: &Request) -> Option<&Field> {
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
        name == "authorization"
            || TOKEN_FIELDS.contains(&name.as_str())
            || crate::recognise::is_misspelt(&name)
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
    "access_token", "accesstoken", "access-token", "token", "jwt", "auth_token", "authtoken",
    "auth-token", "bearer", "bearer_token", "authorization", "id_token", "x-access-token",
    "jwt_token", "session_token",
];

/// Parameters that hold a token for another purpose (RFC 6749 §6, RFC 7523, RFC 8693, RFC 9101).
const OTHER_NAMES: &[&str] = &[
    "refresh_token", "client_assertion", "assertion", "subject_token", "actor_token", "id_token_hint",
    "request", "logout_token", "code", "state", "csrf_token", "response",
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
        .filter(|(name, _)| !OTHER_NAMES.contains(&name_of(name).as_str()))
        .find(|(_, value)| holds_token(value.text()))
}

fn in_query(request: &Request) -> Option<(String, Passage)> {
    let target = request.target.as_ref()?;
    let start = target.text().find(['?', '#'])?;
    let query = target.from_byte(start + 1);
    // `#` parts the query from the fragment; both are looked at.
    let flat = query.mapped(|c| if c == '#' { '&' } else { c });
    let pairs = pairs(&flat, '&').into_iter().map(|(name, value)| (name, decoded(&value))).collect();
    best(pairs)
}

fn in_cookie(request: &Request) -> Option<(String, Passage)> {
    let mut all = Vec::new();
    for field in request.named("cookie") {
        for (name, value) in pairs(&field.value, ';') {
            let value = crate::peel::percent_decoded(&value).trimmed(|c| c == '"' || c == ' ');
            all.push((name, unsigned(&value)));
        }
    }
    // Any cookie named `token` may be a session id: only what looks like a token counts.
    all.retain(|(_, value)| holds_token(value.text()) || crate::opaque::recognise(value.text()).is_some());
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

fn in_body(request: &Request) -> Option<(String, Passage)> {
    let body = request.body.as_ref()?;
    let text = body.text();
    let trimmed = text.trim_start();
    let offset = text.len() - trimmed.len();
    if trimmed.starts_with(['{', '[']) {
        let (node, _) = json::parse(text, offset)?;
        return response_members().iter().find_map(|name| {
            let found = node.find(text, name)?;
            let value = found.passage(&body.bytes(found.inner.clone()));
            (holds_token(value.text()) || value.len() >= 16).then(|| ((*name).to_owned(), value))
        });
    }
    if let Some(at) = text.find("name=\"access_token\"") {
        // multipart/form-data (RFC 7578): an empty line, then the value.
        let rest = &text[at..];
        let start = at + rest.find("\r\n\r\n").map(|at| at + 4).or_else(|| rest.find("\n\n").map(|at| at + 2))?;
        let end = text[start..].find(['\r', '\n']).map_or(text.len(), |end| start + end);
        return Some(("access_token".to_owned(), body.bytes(start..end)));
    }
    let line = body.trimmed(|c| c == '\r' || c == '\n' || c == ' ');
    if line.text().contains('=') {
        return best(pairs(&line, '&').into_iter().map(|(name, value)| (name, decoded(&value))).collect());
    }
    let bare = line.text().split('.').next().is_some_and(is_header_like);
    (bare && shape::has_three_parts(line.text())).then(|| ("the body itself".to_owned(), line.clone()))
}
