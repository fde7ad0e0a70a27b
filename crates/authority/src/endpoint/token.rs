//! `POST /token`: an authenticated client gets an access token (RFC 6749 §4.4, RFC 9068).
//!
//! Nothing is written: a token is remembered by whoever holds it, and ends by its `exp` or by an entry
//! in the list of revocations.

use claviger_protocol::{ACCESS_TOKEN_TYPE, Ask, Facts, decide, grant_type, wanted_resource};
use http::StatusCode;

use crate::call::{Answer, Call};
use crate::client_check;
use crate::random;
use crate::refusal::Refusal;
use crate::render;

pub(crate) async fn token(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    // Before the client is authenticated: a request that nobody could be served costs no hash.
    grant_type(&form)?;
    let client = client_check::client(&call, &form).await?;
    let state = &call.state;
    let ask = Ask::from_form(&form);
    let about = |refusal: Box<Refusal>| Box::new(refusal.evidence("client_id", client.id.as_str()));
    let wanted = wanted_resource(&client, &ask).map_err(|fault| about(fault.into()))?;
    let resource = state.resource(wanted).await?;
    let facts = Facts {
        client: &client,
        resources: resource.as_deref().map(std::slice::from_ref).unwrap_or_default(),
        issuer: &state.issuer.text,
        default_ttl: state.config.tokens.access_ttl_seconds,
        max_ttl: state.config.tokens.access_ttl_max_seconds,
    };
    let jti = random::token_id().map_err(|error| Refusal::unavailable("no-randomness", error))?;
    let now = state.clock.now();
    let grant = decide(facts, &ask, now, jti).map_err(|fault| about(fault.into()))?;
    let ring = state.keyring.load();
    let Some(key) = &ring.active else {
        return Err(Refusal::unavailable("no-signing-key", "no key is active").into());
    };
    let token = key
        .seal(ACCESS_TOKEN_TYPE, &grant.claims)
        .map_err(|error| Refusal::unavailable("signing-failed", error))?;
    state.metrics.token_issued("client_credentials");
    tracing::debug!(client_id = client.id, jti = grant.claims.jti, "an access token was issued");
    Ok(render::json(StatusCode::OK, &grant.response(&token)))
}
