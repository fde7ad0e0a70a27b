//! Health and figures, for orchestrators and monitors.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::administrator;
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::render;

/// What prometheus-client writes.
const OPENMETRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Whoever asks gives up soon after; a queue for a locked database is longer.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process answers. Asks nothing else: a slow disk must not have the process restarted.
pub(crate) async fn live(_call: Call) -> Answer {
    Ok(render::json(StatusCode::OK, &json!({ "status": "live" })))
}

/// Requests can be served: the store answers, and a key signs.
pub(crate) async fn ready(call: Call) -> Answer {
    let state = &call.state;
    let unreachable = |why: String| {
        Refusal::unavailable("store-unreachable", why).detail("the database does not answer")
    };
    match tokio::time::timeout(READY_WITHIN, state.store.health()).await {
        Ok(answered) => answered.map_err(|error| unreachable(error.to_string()))?,
        Err(_) => {
            let waited = format!("no answer within {} s", READY_WITHIN.as_secs());
            return Err(unreachable(waited).into());
        }
    }
    if state.keyring.load().signer(None).is_none() {
        return Err(Refusal::unavailable("no-signing-key", "no key is active")
            .detail("no key is active")
            .into());
    }
    Ok(render::json(StatusCode::OK, &json!({ "status": "ready" })))
}

/// The figures, as OpenMetrics text.
pub(crate) async fn metrics(call: Call) -> Answer {
    if !call.state.config.metrics_open {
        administrator::authenticate(&call)?;
    }
    let text = call
        .state
        .metrics
        .text()
        .ok_or_else(|| Refusal::unavailable("internal", "the figures could not be written"))?;
    Ok(render::reply(StatusCode::OK, OPENMETRICS, text))
}
