//! A connection that has changed its protocol: bytes both ways.
//!
//! Decides when it ends: with either side, with the token, with its revocation, or with the gate; never
//! looks at what goes through.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::Shared;

/// How often the credential of an open connection is judged again.
const RECHECK: Duration = Duration::from_secs(1);
/// Both sides have this long to take up the new protocol.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(crate) async fn tunnel(
    shared: Arc<Shared>,
    client: OnUpgrade,
    upstream: OnUpgrade,
    credential: HeaderMap,
    expires: Option<i64>,
) {
    let both = tokio::time::timeout(HANDSHAKE, async { tokio::try_join!(client, upstream) });
    let Ok(Ok((client, upstream))) = both.await else { return };
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    tokio::select! {
        // Either side may break off at any time; that ends it and is no fault.
        _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {}
        () = until_refused(&shared, &credential, expires) => {}
        () = shared.closing.cancelled() => {}
    }
}

/// Returns once the credential no longer passes.
async fn until_refused(shared: &Shared, credential: &HeaderMap, expires: Option<i64>) {
    loop {
        tokio::time::sleep(pause(expires, shared.config.leeway)).await;
        match shared.guard.recheck(credential, &[]).await {
            Ok(()) => {}
            // What cannot be judged just now was good when it was judged; it ends with its time.
            Err(fault) if fault.code.status() >= 500 && !over(expires, shared.config.leeway) => {}
            Err(fault) => {
                tracing::warn!(code = %fault.code, "an upgraded connection is closed");
                return;
            }
        }
    }
}

fn end(expires: Option<i64>, leeway: u64) -> Option<Duration> {
    Some(Duration::from_secs(u64::try_from(expires?).ok()?.saturating_add(leeway)))
}

fn over(expires: Option<i64>, leeway: u64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    end(expires, leeway).is_some_and(|end| now >= end)
}

fn pause(expires: Option<i64>, leeway: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = end(expires, leeway).map_or(RECHECK, |end| end.saturating_sub(now));
    left.clamp(Duration::from_millis(50), RECHECK)
}
