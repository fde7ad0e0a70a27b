//! From a listener to answers: connections up to their number, TLS, and an orderly end.
//!
//! Decides nothing about requests. How long each part of a connection may take is `claviger_serve`'s.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use claviger_serve::{Wire, speak};
use http::Request;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::config::{Config, Limits};
use crate::dispatch::Dispatch;
use crate::metrics::Metrics;
use crate::open_error::OpenError;
use crate::tls::{ClientCertificate, Tls};

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
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tls: Arc<Tls>,
    /// Cancelled when it is to end, so that answers without an end of their own (the feed) find one.
    pub(crate) ending: CancellationToken,
}

impl Server {
    /// Serves until `shutdown` resolves, then lets running requests end.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let limits = &self.limits;
        let open = TaskTracker::new();
        let places = Arc::new(Semaphore::new(limits.connections));
        let stall_time = Duration::from_secs(limits.write_stall_seconds);
        let of_one = claviger_serve::Limits {
            head_bytes: limits.head_bytes,
            head_time: Duration::from_secs(limits.head_read_seconds),
            stall_time,
        };
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
                        wire: Wire::new(socket, stall_time),
                        peer,
                        limits: of_one,
                        dispatch: Arc::clone(&self.dispatch),
                        metrics: Arc::clone(&self.metrics),
                        tls: self.tls.acceptor().map(|tls| (tls, self.tls.handshake())),
                        ending: self.ending.clone(),
                        open: open.token(),
                        _place: place,
                    };
                    tokio::spawn(connection.drive());
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
        self.ending.cancel();
        open.close();
        let patience = Duration::from_secs(limits.shutdown_seconds);
        if tokio::time::timeout(patience, open.wait()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
}

struct Connection {
    wire: Wire,
    peer: SocketAddr,
    limits: claviger_serve::Limits,
    dispatch: Arc<Dispatch>,
    metrics: Arc<Metrics>,
    tls: Option<(TlsAcceptor, Duration)>,
    ending: CancellationToken,
    /// For as long as something may be answered on it.
    open: TaskTrackerToken,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn drive(mut self) {
        self.metrics.connection_opened();
        match self.tls.take() {
            None => self.speak(self.wire.clone(), None).await,
            Some((acceptor, limit)) => {
                match tokio::time::timeout(limit, acceptor.accept(self.wire.clone())).await {
                    Ok(Ok(stream)) => {
                        let (_, session) = stream.get_ref();
                        let chain = session.peer_certificates().map(<[_]>::to_vec);
                        let certificate = chain.and_then(ClientCertificate::new).map(Arc::new);
                        self.speak(stream, certificate).await;
                    }
                    // Plain HTTP, an old protocol, a client that does not trust us: its own affair.
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
        drop(self.open);
        // Whatever ended it, the peer may still be sending: the rest of a body that was too long.
        self.wire.linger().await;
        self.metrics.connection_closed();
    }

    async fn speak<W>(&self, wire: W, certificate: Option<Arc<ClientCertificate>>)
    where
        W: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (dispatch, peer) = (Arc::clone(&self.dispatch), self.peer);
        let answer = move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            if let Some(certificate) = certificate.clone() {
                request.extensions_mut().insert(certificate);
            }
            let dispatch = Arc::clone(&dispatch);
            async move { dispatch.answer(request).await }
        };
        speak(wire, self.limits, &self.ending, answer).await;
    }
}
