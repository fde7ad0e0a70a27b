//! `GET /revocations`: the feed that every guard holds its view by.
//!
//! Server-sent events: first what is revoked now, then `live`, then each revocation as it happens,
//! with a comment every few seconds so that silence means a broken line. Readable without
//! credentials, because an entry carries a hash and names nobody. A reader has no queue of its own:
//! it reads the shared list at its own pace, and one that does not read loses its connection.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Method, Response, StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;

/// Entries in one piece: some 40 KiB, so a snapshot is neither many small writes nor one huge one.
const PIECE: usize = 256;

pub(crate) async fn revocations(call: Call) -> Answer {
    let after = last_event_id(&call);
    let state = call.state;
    let mut reply = Response::new(Body::empty());
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would collect the stream in its buffers.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if call.parts.method == Method::HEAD {
        return Ok(reply);
    }
    let Ok(place) = Arc::clone(&state.feed_places).try_acquire_owned() else {
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "feed-full")
            .detail("all places for readers of the revocation feed are taken")
            .fix("raise `limits.feed_readers`, or let several guards share one reader")
            .retry_after(5)
            .into());
    };
    // A number from the future means that the sequence began anew (a restored backup): send it all.
    let cursor = if after > state.revocations.latest() { 0 } else { after };
    let reader = Reader::new(state, cursor, place);
    *reply.body_mut() = Body::from_stream(stream::unfold(reader, |mut reader| async move {
        let piece = reader.next().await?;
        Some((Ok::<_, Infallible>(piece), reader))
    }));
    Ok(reply)
}

/// WHATWG HTML §9.2: where a broken stream goes on. Anything but a number starts from the beginning.
fn last_event_id(call: &Call) -> u64 {
    call.header("last-event-id").and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

struct Reader {
    state: Arc<State>,
    cursor: u64,
    announced: bool,
    latest: watch::Receiver<u64>,
    ping: Interval,
    ending: std::pin::Pin<Box<WaitForCancellationFutureOwned>>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    fn new(state: Arc<State>, cursor: u64, place: OwnedSemaphorePermit) -> Self {
        state.metrics.feed_reader_came();
        let silence = Duration::from_secs(state.config.limits.feed_ping_seconds);
        let mut ping = interval_at(Instant::now() + silence, silence);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            cursor,
            announced: false,
            latest: state.revocations.subscribe(),
            ping,
            ending: Box::pin(state.ending.clone().cancelled_owned()),
            state,
            _place: place,
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.latest.mark_unchanged();
            let (entries, seq) = self.state.revocations.after(self.cursor, PIECE);
            if let Some(last) = entries.last() {
                self.cursor = last.seq;
                let mut piece = String::with_capacity(entries.len() * 160);
                for entry in &entries {
                    // Writing to a string cannot fail.
                    let _ = write!(
                        piece,
                        "id: {}\nevent: revoked\ndata: {}\n\n",
                        entry.seq,
                        entry.to_json()
                    );
                }
                return Some(Bytes::from(piece));
            }
            if !self.announced {
                self.announced = true;
                // Numbers may have been forgotten with their entries; those need not be asked for.
                self.cursor = seq;
                let now = self.state.clock.now();
                let live = format!("event: live\ndata: {{\"seq\":{seq},\"now\":{now}}}\n\n");
                return Some(Bytes::from(live));
            }
            tokio::select! {
                changed = self.latest.changed() => changed.ok()?,
                _ = self.ping.tick() => return Some(Bytes::from_static(b": ping\n\n")),
                () = &mut self.ending => return None,
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.state.metrics.feed_reader_left();
    }
}
