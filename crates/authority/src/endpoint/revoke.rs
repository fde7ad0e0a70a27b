//! `POST /revoke` (RFC 7009): a client ends a token of its own.

use claviger_protocol::{RevokeOutcome, revoke as decide};
use http::StatusCode;

use crate::call::{Answer, Call};
use crate::client_check;
use crate::ending;
use crate::journal::By;
use crate::own_token;
use crate::refresh_token;
use crate::render;

pub(crate) async fn revoke(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    let caller = client_check::client(&call, &form).await?;
    let token = form.needs("token")?;
    let state = &call.state;
    if refresh_token::is_refresh_token(token) {
        if let Some(numbered) = state.refresh_keys.read(token)
            && let Some(held) = state.store.find_family(&numbered.family).await?
            && held.family.client_id == caller.id
        {
            ending::revoke_grant(state, &numbered.family, By::client(&call)).await?;
            tracing::info!(client_id = caller.id, family = numbered.family, "a grant was revoked");
        }
        return Ok(render::empty(StatusCode::OK));
    }
    let verified = own_token::verified(state, token);
    let already = verified.as_ref().is_some_and(|verified| state.revocations.touches(verified));
    match decide(verified.as_ref(), &caller.id) {
        RevokeOutcome::Revoke { kind, value, expires } if !already => {
            let entry = state.store.revoke(kind, &value, None, expires).await?;
            ending::token_revoked(state, &value, verified.as_ref(), By::client(&call)).await?;
            tracing::info!(client_id = caller.id, kind = kind.as_str(), value, "revoked");
            // The answer says that it is over, so it has to be: introspection and every reader of
            // the feed have the entry now.
            state.revocations.reached(entry.seq).await;
        }
        // RFC 7009 §2.2: what is no token of this client is none of its business, and no error.
        RevokeOutcome::Revoke { .. } | RevokeOutcome::Nothing => {}
    }
    Ok(render::empty(StatusCode::OK))
}
