//! `GET /status-lists/{list}` (draft-ietf-oauth-status-list §8.1): which tokens of a list were revoked, for whoever
//! wants to know, without saying which one they ask about.

use http::{HeaderValue, StatusCode, header};

use crate::call::{Answer, Call, clipped};
use crate::refusal::Refusal;
use crate::render;
use crate::status_lists::TTL;

const MEDIA: HeaderValue = HeaderValue::from_static("application/statuslist+jwt");

pub(crate) async fn status_list(call: Call) -> Answer {
    let asked = call.place("list");
    // Exactly as it was given out: `007` is another address.
    let number = asked.parse::<u32>().ok().filter(|number| number.to_string() == asked);
    let token = match number {
        Some(number) => call.state.status_lists.token(&call.state, number).await?,
        None => None,
    };
    let Some(token) = token else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "status-list-unknown")
            .detail(format!("there is no status list `{}`", clipped(asked)))
            .fix("take the address from the token's `status` claim; a list is gone when its last token has expired")
            .into());
    };
    let query = call.parts.uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "time") {
        // §8.4: what is true now is no answer about then.
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "status-list-time")
            .detail("what a list said at another time is not kept")
            .fix("leave `time` out")
            .into());
    }
    let accepts = call.header("accept").unwrap_or("*/*");
    let fits = ["*/*", "application/*", "statuslist+jwt"].iter().any(|kind| accepts.contains(kind));
    if !fits {
        return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "status-list-format")
            .detail(format!("`{}` is not served", clipped(accepts)))
            .fix("ask for application/statuslist+jwt")
            .into());
    }
    let mut reply = render::reply(StatusCode::OK, MEDIA, token);
    let cache = HeaderValue::from_str(&format!("public, max-age={TTL}"));
    if let Ok(cache) = cache {
        reply.headers_mut().insert(header::CACHE_CONTROL, cache);
    }
    Ok(reply)
}
