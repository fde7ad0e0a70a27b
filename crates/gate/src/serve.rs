//! Accepting connections until told to stop.
//!
//! Decides how long a client may take and how much it may send before its request is known; never what is
//! answered.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::{Shared, proxy};

/// For the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// For open requests and tunnels once the gate is told to stop.
const CLOSING_TIME: Duration = Duration::from_secs(10);
/// For the last reports of refusals, once nothing is open any more.
const REPORTING_TIME: Duration = Duration::from_secs(3);
/// Connections at a time; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 8192;
/// What an HTTP/2 connection begins with (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limit = shared.config.header_limit;
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly "too many open files": accepting again at once would only spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let watcher = graceful.watcher();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            let Ok(Ok(is_http2)) = tokio::time::timeout(HEAD_TIME, speaks_http2(&stream)).await
            else {
                return;
            };
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(proxy::answer(shared, peer, request).await) }
            });
            let builder = builder(limit, is_http2);
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            // The peer may go away at any time, and hyper has answered what it could not read.
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    shared.closing.cancel();
    shared.tunnels.close();
    let all = async {
        graceful.shutdown().await;
        shared.tunnels.wait().await;
    };
    if tokio::time::timeout(CLOSING_TIME, all).await.is_err() {
        tracing::warn!("some requests were still open when the gate stopped");
    }
    shared.guard.finish(REPORTING_TIME).await;
    Ok(())
}

fn builder(limit: usize, is_http2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(limit);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limit).unwrap_or(u32::MAX))
        .max_concurrent_streams(128)
        .keep_alive_interval(Duration::from_secs(30));
    if is_http2 { builder.http2_only() } else { builder.http1_only() }
}

/// Looks at the first bytes without taking them. Done here because a client that sends half a preface and
/// then nothing must not hold a connection for ever.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let read = stream.peek(&mut first).await?;
        if read == 0 || first[..read] != PREFACE[..read] {
            return Ok(false);
        }
        if read == PREFACE.len() {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
