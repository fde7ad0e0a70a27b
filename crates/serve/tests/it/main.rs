//! Connections as their peers see them: who is let go, who is not, and the end.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use claviger_serve::{Limits, Wire, speak};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const HEAD_TIME: Duration = Duration::from_millis(500);
const STALL_TIME: Duration = Duration::from_millis(1000);
/// What is let go is let go within this, on a busy machine as well.
const PATIENCE: Duration = Duration::from_secs(20);

type AnyBody = BoxBody<Bytes, std::convert::Infallible>;

/// A request under way, or a body without an end; it tells how many of it live.
struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(living: &Arc<AtomicUsize>) -> Self {
        living.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(living))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Body for Living {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 64 * 1024])))))
    }
}

struct Server {
    address: std::net::SocketAddr,
    ending: CancellationToken,
    living: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, ending: CancellationToken::new(), living: Arc::default() };
        let (ending, living) = (server.ending.clone(), Arc::clone(&server.living));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (ending, living) = (ending.clone(), Arc::clone(&living));
                let limits =
                    Limits { head_bytes: 16 * 1024, head_time: HEAD_TIME, stall_time: STALL_TIME };
                let answer = move |request| answer(request, Arc::clone(&living));
                let wire = Wire::new(socket, STALL_TIME);
                tokio::spawn(async move { speak(wire, limits, &ending, answer).await });
            }
        });
        server
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn request(&self, path: &str) -> Request<Empty<Bytes>> {
        Request::get(format!("http://{}{path}", self.address)).body(Empty::new()).unwrap()
    }

    async fn living_are(&self, count: usize) {
        let reached = async {
            while self.living.load(Ordering::SeqCst) != count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }
}

async fn answer(request: Request<Incoming>, living: Arc<AtomicUsize>) -> Response<AnyBody> {
    Response::new(match request.uri().path() {
        "/endless" => Living::new(&living).boxed(),
        "/slow" => {
            let _asked = Living::new(&living);
            tokio::time::sleep(3 * HEAD_TIME).await;
            Full::from("done").boxed()
        }
        _ => Full::from("done").boxed(),
    })
}

/// What comes until the server hangs up.
async fn rest(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let reading = socket.read_to_end(&mut read);
    tokio::time::timeout(PATIENCE, reading).await.expect("the connection is let go").unwrap();
    String::from_utf8(read).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_nothing_is_let_go() {
    let server = Server::start().await;
    let cases: [&[u8]; 5] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n\r\nS",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: ",
    ];
    for begun in cases {
        let mut socket = server.connect().await;
        socket.write_all(begun).await.unwrap();
        let mut read = Vec::new();
        let reading = socket.read_to_end(&mut read);
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        assert!(ended.is_ok(), "{:?}", String::from_utf8_lossy(begun));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_kept_for_the_next_request_and_not_for_ever() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    for _ in 0..3 {
        socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut seen = String::new();
        while !seen.ends_with("done") {
            let mut piece = [0; 1024];
            let count = socket.read(&mut piece).await.unwrap();
            assert!(count > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    }
    assert_eq!(rest(&mut socket).await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_http_2_connection_is_let_go_though_its_peer_answers_pings() {
    let server = Server::start().await;
    let socket = TokioIo::new(server.connect().await);
    let (mut ask, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    let connection = tokio::spawn(connection);
    let answer = ask.send_request(server.request("/")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "done");
    let ended = tokio::time::timeout(PATIENCE, connection).await;
    ended.expect("the connection is let go").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_us_is_not_let_go() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut socket).await.ends_with("done"));
    let socket = TokioIo::new(server.connect().await);
    let (mut ask, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let answer = ask.send_request(server.request("/slow")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_let_go() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.living_are(1).await;
    server.living_are(0).await;
    // Over HTTP/2 the peer grants no room for more, and goes on answering pings.
    let stream = TokioIo::new(server.connect().await);
    let (mut ask, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let unread = ask.send_request(server.request("/endless")).await.unwrap();
    server.living_are(1).await;
    server.living_are(0).await;
    drop((unread, socket));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_what_is_asked_and_for_nothing_else() {
    let server = Server::start().await;
    let (mut idle, mut asking) = (server.connect().await, server.connect().await);
    asking.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.living_are(1).await;
    server.ending.cancel();
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut asking).await.ends_with("done"));
}
