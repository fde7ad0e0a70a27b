//! `POST /par` (RFC 9126): a client pushes its authorization request, and the browser carries its name. What
//! `/authorize` makes of that name stands here as well.

use claviger_protocol::{
    AuthMethod, Form, OauthFault, Opening, PUSHED_TTL, PushedRequest, REQUEST_URI, answer_to,
    authorization_request, open_pushed, pushed_form, pushed_unknown,
};
use claviger_token::base64url;
use http::StatusCode;
use serde_json::json;

use super::authorize;
use crate::call::{Answer, Call};
use crate::client_check;
use crate::credential;
use crate::random;
use crate::refusal::Refusal;
use crate::render;
use crate::sender::Sender;
use crate::throttle::network;

/// Requests of one client that may wait at once: a hundred log-ins a second for as long as one lives unopened.
const MOST_WAITING: u32 = 10_000;

pub(crate) async fn par(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    let address = format!("{}/par", call.state.issuer.base);
    let sender = Sender::read(&call, &address)?;
    let client = client_check::client(&call, &form).await?;
    let about = |refusal: Box<Refusal>| Box::new(refusal.evidence("client_id", client.id.as_str()));
    let state = &call.state;
    sender.use_up(state).await.map_err(about)?;
    let judged = async {
        let form = pushed_form(&form, &client, sender.thumbprint())?;
        let redirect_uri = answer_to(&form, Some(&client))?;
        let resource = authorize::resource(&call, &form, &client).await?;
        authorization_request(&form, &client, resource.as_deref(), &redirect_uri)?;
        Ok(form)
    };
    let form = judged.await.map_err(about)?;
    let now = state.clock.now();
    // Anybody can say the name of a public client, and all of its people share its places.
    if client.auth_method == AuthMethod::None {
        state.pushing.admit(call.peer().map(network), now).map_err(|seconds| {
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "pushed-requests-limited")
                .detail("too many requests were pushed from this address")
                .fix("try again after the time in `Retry-After`")
                .retry_after(seconds);
            about(refusal.into())
        })?;
    }
    let name = base64url::encode(random::bytes::<32>()?);
    let pushed = PushedRequest {
        client_id: client.id.clone(),
        form: form.encoded(),
        expires_at: now.saturating_add(PUSHED_TTL),
        opened_at: None,
        browser: None,
        session: None,
    };
    let hash = credential::digest(&name);
    if !state.store.push_request(hash, pushed, MOST_WAITING, now).await? {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "pushed-requests-full")
            .detail("too many requests of this client wait for their browsers")
            .fix("try again after the time in `Retry-After`")
            .retry_after(PUSHED_TTL.unsigned_abs());
        return Err(about(refusal.into()));
    }
    let answer = json!({ "request_uri": format!("{REQUEST_URI}{name}"), "expires_in": PUSHED_TTL });
    let mut reply = render::json(StatusCode::CREATED, &answer);
    sender.renew(state, &mut reply);
    Ok(reply)
}

/// A pushed request that a browser came with.
pub(crate) struct Opened {
    /// The digest of its name.
    pub(crate) hash: [u8; 32],
    /// Its parameters.
    pub(crate) form: Form,
    /// As it was kept.
    pub(crate) kept: PushedRequest,
}

/// The pushed request that a browser's parameters name; none where they name none, which is then no push of ours.
pub(crate) async fn opened(
    call: &Call,
    form: &Form,
) -> Result<Result<Option<Opened>, OauthFault>, Box<Refusal>> {
    let Some(uri) = form.get("request_uri") else { return Ok(Ok(None)) };
    let Some(name) = uri.strip_prefix(REQUEST_URI) else { return Ok(Ok(None)) };
    let client_id = match form.needs("client_id") {
        Ok(id) => id.to_owned(),
        Err(fault) => return Ok(Err(fault)),
    };
    let hash = credential::digest(name);
    let browsers = &call.state.browsers;
    let opening =
        Opening { browser: browsers.mark_digest(call), session: browsers.session_digest(call) };
    let now = call.state.clock.now();
    let rule = move |pushed: &PushedRequest| open_pushed(pushed, &client_id, &opening, now);
    let found = call.state.store.open_request(hash, rule).await?;
    Ok(match found {
        Some(kept) => {
            Form::parse(kept.form.as_bytes()).map(|form| Some(Opened { hash, form, kept }))
        }
        None => Err(pushed_unknown(uri)),
    })
}
