//! From a listener to answers: connections with limits and time limits, and an orderly end.
//!
//! Decides nothing about requests; hyper is driven directly because the limits on request heads and
//! connections are set there.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::config::{Config, Limits};
use crate::metrics::Metrics;
use crate::open_error::OpenError;
use crate::tls::{ClientCertificate, Tls};
use crate::wire::Wire;

/// The address a request came from, as the socket says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Binds the configured address and writes the actual one back (port 0 becomes the port given).
///
/// # Errors
/// The address is taken, forbidden, or not this machine's; or the configuration refuses it.
pub async fn bind(config: &mut Config) -> Result<TcpListener, OpenError> {
    let address = config.listen;
    let refused = |error: io::Error| {
        let fix = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another port with `listen`"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege: choose a higher one"
            }
            io::ErrorKind::AddrNotAvailable => "name an address of this machine",
            _ => "choose another address with `listen`",
        };
        OpenError::Listen { address, problem: error.to_string(), fix: fix.to_owned() }
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    config.listen = listener.local_addr().map_err(refused)?;
    Ok(listener)
}

/// What every connection is served with.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tls: Arc<Tls>,
}

impl Server {
    /// Serves until `shutdown` resolves, then lets running requests end. `ending` is called at that
    /// moment, so that answers without an end of their own (the feed) find one.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        ending: impl FnOnce(),
    ) {
        let limits = &self.limits;
        let server = server(limits);
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(limits.connections));
        let stall_limit = Duration::from_secs(limits.write_stall_seconds);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let place = tokio::select! {
                biased;
                () = &mut shutdown => break,
                place = Arc::clone(&places).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => {
                    let connection = Connection {
                        wire: wire(socket, stall_limit),
                        peer,
                        router: self.router.clone(),
                        metrics: Arc::clone(&self.metrics),
                        tls: self.tls.acceptor().map(|tls| (tls, self.tls.handshake())),
                        _place: place,
                    };
                    tokio::spawn(connection.drive(server.clone(), graceful.watcher()));
                }
                // Out of file descriptors, or a peer that left before we came: neither gets better by
                // asking again at once.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(listener);
        ending();
        let patience = Duration::from_secs(limits.shutdown_seconds);
        if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
}

fn wire(socket: TcpStream, stall_limit: Duration) -> Wire {
    // Answers are written in one piece; waiting for more only delays them. Where it cannot be set,
    // they are merely late.
    let _ = socket.set_nodelay(true);
    Wire::new(socket, stall_limit)
}

fn server(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_read_seconds))
        .max_buf_size(limits.head_bytes);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(128)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    server
}

struct Connection {
    wire: Wire,
    peer: SocketAddr,
    router: Router,
    metrics: Arc<Metrics>,
    tls: Option<(TlsAcceptor, Duration)>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn drive(mut self, server: auto::Builder<TokioExecutor>, watcher: Watcher) {
        self.metrics.connection_opened();
        match self.tls.take() {
            None => self.speak(self.wire.clone(), None, &server, watcher).await,
            Some((acceptor, limit)) => {
                match tokio::time::timeout(limit, acceptor.accept(self.wire.clone())).await {
                    Ok(Ok(stream)) => {
                        let (_, session) = stream.get_ref();
                        let chain = session.peer_certificates().map(<[_]>::to_vec);
                        let certificate = chain.and_then(ClientCertificate::new).map(Arc::new);
                        self.speak(stream, certificate, &server, watcher).await;
                    }
                    // Plain HTTP, an old protocol, a client that does not trust us: its own affair.
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
        // Whatever ended it, the peer may still be sending: the rest of a body that was too long.
        self.wire.linger().await;
        self.metrics.connection_closed();
    }

    async fn speak<W>(
        &self,
        wire: W,
        certificate: Option<Arc<ClientCertificate>>,
        server: &auto::Builder<TokioExecutor>,
        watcher: Watcher,
    ) where
        W: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (router, peer) = (self.router.clone(), self.peer);
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (router, certificate) = (router.clone(), certificate.clone());
            async move {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer));
                if let Some(certificate) = certificate {
                    request.extensions_mut().insert(certificate);
                }
                Ok::<_, Infallible>(answer(router, request).await)
            }
        });
        let connection = server.serve_connection(TokioIo::new(wire), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            // A peer that hangs up, is too slow or sends nonsense: its own affair. The text never
            // holds what was sent.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

async fn answer(router: Router, request: http::Request<Body>) -> http::Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
