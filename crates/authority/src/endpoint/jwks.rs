//! `GET /jwks`: the published keys (RFC 7517 §5), made once per change and served from memory.

use http::HeaderValue;

use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::render;

const JWK_SET: HeaderValue = HeaderValue::from_static("application/jwk-set+json");

pub(crate) async fn jwks(call: Call) -> Answer {
    let seconds = call.state.config.signing.jwks_max_age_seconds;
    let cache = HeaderValue::from_str(&format!("public, max-age={seconds}"))
        .map_err(|error| Refusal::unavailable("internal", error))?;
    let ring = call.state.keyring.load();
    Ok(render::document(&call.parts.headers, JWK_SET, &ring.jwks, cache))
}
