//! A loopback HTTP server on a thread of its own, so that blocking tests and tests with a runtime can
//! both use it. It ends with its owner.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::tls::Tls;

pub(crate) type Body = BoxBody<Bytes, hyper::Error>;
pub(crate) type Answering = Pin<Box<dyn Future<Output = Option<Response<Body>>> + Send>>;
pub(crate) type Handler = Arc<dyn Fn(Request<Incoming>) -> Answering + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Binds `address` (port 0: any) and answers until dropped. A handler that returns `None` has
    /// the connection closed without an answer.
    pub(crate) fn start(address: &str, handler: Handler) -> Self {
        Self::start_over(address, None, handler)
    }

    /// The same over TLS, where a certificate is given.
    pub(crate) fn start_over(address: &str, tls: Option<Tls>, handler: Handler) -> Self {
        let listener = std::net::TcpListener::bind(address).expect("a loopback port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        std::thread::spawn(move || run(listener, tls, &handler, stopped));
        Self { address, stop }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn run(
    listener: std::net::TcpListener,
    tls: Option<Tls>,
    handler: &Handler,
    mut stopped: watch::Receiver<bool>,
) {
    let tls = tls.map(Tls::acceptor);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async move {
        let listener = TcpListener::from_std(listener).expect("a listener");
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(_) => continue,
                },
                _ = stopped.wait_for(|stop| *stop) => return,
            };
            let handler = Arc::clone(handler);
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    None => serve(stream, handler).await,
                    // A client that does not like the certificate goes away; that is its business.
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, handler).await;
                        }
                    }
                }
            });
        }
    });
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, handler: Handler) {
    let service = service_fn(move |request| {
        let answer = handler(request);
        async move { answer.await.ok_or(Hang) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .max_buf_size(2 * 1024 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // The peer may go away at any time; that is its business.
    let _ = connection.await;
}

/// The handler wants the connection to break.
#[derive(Debug)]
struct Hang;

impl std::fmt::Display for Hang {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the connection was to break here")
    }
}
impl std::error::Error for Hang {}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    use http_body_util::{BodyExt as _, Full};
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed()
}

pub(crate) fn stream(chunks: tokio::sync::mpsc::Receiver<Bytes>) -> Body {
    use http_body_util::BodyExt as _;
    Chunks(chunks).boxed()
}

/// A body that is written chunk by chunk as somebody sends them.
struct Chunks(tokio::sync::mpsc::Receiver<Bytes>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, hyper::Error>>> {
        self.0
            .poll_recv(context)
            .map(|chunk| chunk.map(|bytes| Ok(hyper::body::Frame::data(bytes))))
    }
}
