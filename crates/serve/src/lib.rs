//! Connections of a server: how long each part of one may take, how much may come before a request is known, and an
//! orderly end.
//!
//! Decides when a connection is let go; never what is asked on it or answered. hyper is driven directly, because the
//! limits on request heads and connections are set there.

mod activity;
mod wire;

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use activity::{Activity, Held};
pub use wire::Wire;

/// Requests of one HTTP/2 connection that may be under way at once.
const STREAMS: u32 = 128;
/// An HTTP/2 peer is asked so often whether it is still there, and has as long to say so.
const PING: Duration = Duration::from_secs(20);

/// What one connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest head of a request, in bytes; beyond it the answer is 431.
    pub head_bytes: usize,
    /// For the head of a request; also how long a connection is kept on which nothing is asked.
    pub head_time: Duration,
    /// How long a peer may leave an answer unread.
    pub stall_time: Duration,
}

/// Speaks HTTP/1.1 or HTTP/2, whichever the peer begins with, and has `answer` answer each request. Ends with the
/// peer, when it stays silent for longer than the limits allow, or, once `ending` is cancelled, with the requests under
/// way. A connection that changes its protocol lives on in what `answer` made of it.
pub async fn speak<W, A, F, B>(wire: W, limits: Limits, ending: &CancellationToken, answer: A)
where
    W: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let activity = Arc::new(Activity::new());
    let of_this = Arc::clone(&activity);
    let service = service_fn(move |request| {
        let running = of_this.begin();
        let answering = answer(request);
        async move { Ok::<_, Infallible>(answering.await.map(|body| Held::new(body, running))) }
    });
    let server = server(limits);
    let mut connection = pin!(server.serve_connection_with_upgrades(TokioIo::new(wire), service));
    let Limits { head_time, stall_time, .. } = limits;
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => Some(ended),
        () = ending.cancelled() => None,
        // hyper's own limit begins with the first byte of a head and knows no idle HTTP/2: a peer that says nothing at
        // all, or half of what tells the version, is let go here as well.
        () = activity.quiet(head_time, stall_time) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            activity.touch();
            tokio::select! {
                ended = connection => ended,
                () = activity.quiet(stall_time, stall_time) => {
                    return tracing::debug!("a connection did not end in time");
                }
            }
        }
    };
    if let Err(error) = ended {
        // A peer that hangs up, is too slow or sends nonsense: its own affair. The text never holds what was sent.
        tracing::debug!(%error, "a connection ended early");
    }
}

fn server(limits: Limits) -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    server
}
