//! `POST /introspect` (RFC 7662): an API asks whether a token lives.

use claviger_protocol::{AuthMethod, introspect as decide, not_authenticated};
use http::StatusCode;

use crate::call::{Answer, Call};
use crate::client_check;
use crate::own_token;
use crate::render;

pub(crate) async fn introspect(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    // RFC 7662 §4: the caller first, so that nobody else learns anything by asking.
    let caller = client_check::client(&call, &form).await?;
    if caller.auth_method == AuthMethod::None {
        // Whoever only says a name has proven nothing.
        return Err(not_authenticated().into());
    }
    let token = form.needs("token")?;
    let state = &call.state;
    let verified = own_token::verified(state, token);
    let mut revoked = false;
    let mut resource = None;
    if let Some(verified) = &verified {
        revoked = state.revocations.touches(verified);
        let audiences = verified.claims().audiences();
        if let Some(audience) = audiences.first() {
            resource = state.resource(audience).await?;
        }
    }
    let answer = decide(verified.as_ref(), revoked, resource.as_deref(), &caller.id);
    Ok(render::json(StatusCode::OK, &answer))
}
