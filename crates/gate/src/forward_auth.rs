//! `/_claviger/auth`: the verdict alone, for a proxy that asks before it passes a request on.
//!
//! Decides by the guard, and answers 204, 401 or 403 and nothing else, for nginx `auth_request` knows no
//! more: what the service cannot judge just now (503) is 403 here, with the cause in `Claviger-Code`.

use std::net::IpAddr;

use claviger_guard::{Asked, Guard, Refusal, is_preflight, trace};
use claviger_token::Code;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};

use crate::answer::{self, Body};
use crate::config::GateConfig;
use crate::headers::set_identity;
use crate::pages::resource_metadata_url;
use crate::refused::Refused;
use crate::seen::{Seen, Told};

/// Proxies read the answer's head into a small buffer (nginx: 4 KiB); claims beyond this are left out.
const LONGEST_CLAIMS: usize = 3000;
/// More scopes than this no request needs.
const MOST_SCOPES: usize = 64;

pub(crate) async fn answer(
    guard: &Guard,
    config: &GateConfig,
    peer: IpAddr,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response<Body> {
    if config.forward_auth_preflight && announces_preflight(headers) {
        return answer::empty(StatusCode::NO_CONTENT);
    }
    let scopes = demanded(uri);
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let told = Told::read(headers);
    let seen = Seen::elsewhere(config, peer, &told, headers);
    let asked = seen.asked(headers, told.method, told.target);
    match guard.check(&asked, &scopes).await {
        Ok(session) => {
            let mut response = answer::empty(StatusCode::NO_CONTENT);
            set_identity(response.headers_mut(), &session, LONGEST_CLAIMS);
            response.headers_mut().extend(guard.next_nonce(headers));
            response
        }
        Err(refusal) => {
            let refusal =
                refusal.with_resource_metadata(resource_metadata_url(config, headers, uri));
            refused(&refusal, &asked)
        }
    }
}

fn refused(refusal: &Refusal, asked: &Asked<'_>) -> Response<Body> {
    trace::refused(refusal.code().as_str(), &refusal.diagnosis);
    let status = match refusal.status().as_u16() {
        403 | 500.. => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    Refused { refusal, status, asked }.log();
    let mut response = answer::empty(status);
    response.headers_mut().extend(refusal.headers());
    // Without a code nobody could tell "come back later" from "you may not".
    if refusal.status().is_server_error() {
        let code: Code = refusal.code();
        response.headers_mut().insert("claviger-code", HeaderValue::from_static(code.as_str()));
    }
    response
}

/// Whether the proxy says that it is asked about a CORS preflight. Two values are no announcement.
fn announces_preflight(headers: &HeaderMap) -> bool {
    let mut said = ["x-original-method", "x-forwarded-method"]
        .into_iter()
        .flat_map(|name| headers.get_all(name));
    let (first, mut rest) = (said.next(), said);
    first.is_some_and(|method| method.as_bytes() == b"OPTIONS")
        && rest.all(|method| method.as_bytes() == b"OPTIONS")
        && is_preflight(&Method::OPTIONS, headers)
}

/// The scopes of `?scope=`, which may repeat and may hold several.
fn demanded(uri: &Uri) -> Vec<String> {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "scope")
        .flat_map(|(_, value)| value.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .take(MOST_SCOPES)
        .collect()
}
