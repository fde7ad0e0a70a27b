//! The two discovery documents: RFC 8414 and OpenID Connect Discovery.

use http::HeaderValue;

use crate::call::{Answer, Call};
use crate::render;

pub(crate) const OAUTH: &str = "/.well-known/oauth-authorization-server";
pub(crate) const OPENID: &str = "/.well-known/openid-configuration";

/// Endpoints move rarely, and a client that has an old address finds the new one within minutes.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(crate) async fn oauth(call: Call) -> Answer {
    let ring = call.state.keyring.load();
    Ok(render::document(&call.parts.headers, render::JSON, &ring.oauth, CACHE))
}

pub(crate) async fn openid(call: Call) -> Answer {
    let ring = call.state.keyring.load();
    Ok(render::document(&call.parts.headers, render::JSON, &ring.openid, CACHE))
}
