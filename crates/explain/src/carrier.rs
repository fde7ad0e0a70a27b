//! Where in a request the credential rides: the class `header` of the catalogue.
//!
//! Decides which place is read and what is wrong with it (RFC 6750 §2): another field, the query, a
//! cookie, the body, several places at once, none. Never looks into the credential.

pub(crate) mod places;

use claviger_token::dpop;
use claviger_token::{Code, Fact, Fault};

use self::places::{in_body, in_cookie, in_other_field, in_query};

use crate::passage::Passage;
use crate::peel::scheme;
use crate::peel::{Layer, Origin};
use crate::recognise::{Carried, Field, Recognised, Request};
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
            let reason = format!(
                "no token is to be seen in what was taken for {}",
                recognised.kind.as_str()
            );
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
        let head = if *origin == Origin::Bare {
            "Authorization: Bearer ".len()
        } else {
            "Authorization: ".len()
        };
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
            status
                .filter(|_| said_so)
                .map(|status| Fact::Words(format!("the server answered {status}"))),
        )
        .at(value.whole());
    Some(Layer { fault, certain: said_so })
}

fn in_request(request: &Request) -> Located {
    let mut located = Located {
        proof: request.named(dpop::HEADER).next().map(|field| field.value.clone()),
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
                    .with(
                        "reason",
                        Fact::Words("`Authorization` stands there more than once".to_owned()),
                    )
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
        span = span.or_else(|| Some(value.whole()));
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
        let is_credential = scheme::leading(part.text())
            .is_some_and(|word| part.text().len() > word + 8)
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
        located.value = Some((field.value.clone(), origin(&field.value)));
        return;
    }
    let places = [
        (Code::TokenInQuery, in_query(request)),
        (Code::TokenInCookie, in_cookie(request)),
        (Code::TokenInBody, in_body(request)),
    ];
    for (code, found) in places {
        if let Some((name, value)) = found {
            let fault = Fault::new(code).with("name", shown_name(name)).at(value.whole());
            located.faults.push(possible(fault));
            let origin = origin(&value);
            located.value = Some((value, origin));
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

/// Whether a value was made for `Authorization`: a scheme stands in front, quotes around it aside.
fn origin(value: &Passage) -> Origin {
    let bare = value.text().trim_start_matches(['"', '\'', '`', ' ', '\t']);
    if scheme::leading(bare).is_some() { Origin::Header } else { Origin::Bare }
}

/// A parameter's or cookie's name, as far as it is one (RFC 9110 §5.6.2): damaged input may hold anything
/// there, parts of a token as well.
fn shown_name(mut name: String) -> String {
    const LONGEST: usize = 40;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~[]".contains(c);
    let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
    if end.min(LONGEST) < name.len() {
        name.truncate(end.min(LONGEST));
        name.push('…');
    }
    name
}

/// The CORS protocol's question before the real request: it never carries a credential.
fn is_preflight(request: &Request) -> bool {
    request.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("OPTIONS"))
        && (request.named("access-control-request-method").next().is_some()
            || request.named("access-control-request-headers").next().is_some())
}
