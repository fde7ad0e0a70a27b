//! The server on a socket: limits, time limits, and the end.

use std::time::{Duration, Instant};

use claviger_authority::{Authority, Clock, Config, bind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::NOW;

pub(crate) struct Served {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) client: (String, String),
    pub(crate) reload: claviger_authority::Reload,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Served {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_while(change, || {}).await
    }

    /// Does something between opening and serving, before any of the authority's own jobs has begun where the
    /// runtime has one thread.
    pub(crate) async fn start_while(
        change: impl FnOnce(&mut Config),
        meanwhile: impl FnOnce(),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: dir.path().join("data"),
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Config::default()
        };
        change(&mut config);
        let listener = bind(&mut config).await.unwrap();
        let address = config.listen;
        let (authority, bootstrap) = Authority::open_at(config, Clock::manual(NOW)).await.unwrap();
        meanwhile();
        let bootstrap = bootstrap.unwrap();
        let reload = authority.reload();
        let example = bootstrap.example.as_ref().unwrap();
        let client = (example.client_id.clone(), example.client_secret.expose().to_owned());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let shutdown = async {
                stopped.await.ok();
            };
            authority.serve(listener, shutdown).await;
        });
        Self { address, client, reload, stop, serving, _dir: dir }
    }

    /// Sends raw bytes and reads until the server closes or `within` is over.
    pub(crate) async fn raw(&self, bytes: &[u8], within: Duration) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut read = Vec::new();
        let _ = tokio::time::timeout(within, socket.read_to_end(&mut read)).await;
        String::from_utf8_lossy(&read).into_owned()
    }

    pub(crate) async fn request(&self, head: &str) -> String {
        let request = format!("{head}\r\nhost: x\r\nconnection: close\r\n\r\n");
        self.raw(request.as_bytes(), Duration::from_secs(10)).await
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.serving.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_comes_over_tcp() {
    let served = Served::start(|_| {}).await;
    let (id, secret) = &served.client;
    let form = "grant_type=client_credentials";
    let request = format!(
        "POST /token HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        crate::app::basic(id, secret),
        form.len(),
    );
    let answer = served.raw(request.as_bytes(), Duration::from_secs(10)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"token_type\":\"Bearer\""), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issuer_follows_the_port_that_was_bound() {
    let served = Served::start(|_| {}).await;
    let answer = served.request("GET /.well-known/oauth-authorization-server HTTP/1.1").await;
    assert!(answer.contains(&format!("\"issuer\":\"http://{}\"", served.address)), "{answer}");
    served.stop().await;
}

/// The whole megabyte is sent before the answer is read, as simple clients do it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_megabyte_of_header_is_answered_431() {
    let served = Served::start(|_| {}).await;
    let request = format!(
        "GET /jwks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let answer = served.raw(request.as_bytes(), Duration::from_secs(10)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = served.request("GET /health/live HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    served.stop().await;
}

/// Refused at its 81st kilobyte, sent to its end all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_answered_413_in_full() {
    let served = Served::start(|_| {}).await;
    let body = "a".repeat(4 << 20);
    let request = format!(
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let answer = served.raw(request.as_bytes(), Duration::from_secs(10)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body-too-large\""), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_on_the_socket_is_answered_or_dropped_and_harms_nobody() {
    let served = Served::start(|config| config.limits.head_read_seconds = 1).await;
    let inputs: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /token HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /token HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzz",
        b"\0\0\0\0\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    ];
    for input in inputs {
        let answer = served.raw(input, Duration::from_secs(5)).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{input:?}: {answer}");
    }
    let answer = served.request("GET /health/live HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_finishes_its_head_or_body_is_let_go() {
    let served = Served::start(|config| {
        config.limits.head_read_seconds = 1;
        config.limits.body_read_seconds = 1;
    })
    .await;
    let started = Instant::now();
    for begun in [&b""[..], b"PRI * HTTP/2.0\r\n\r\nS", b"GET /jwks HTTP/1.1\r\nx: "] {
        served.raw(begun, Duration::from_secs(60)).await;
    }
    let answer = served
        .raw(
            b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\
              content-type: application/x-www-form-urlencoded\r\n\r\ngrant",
            Duration::from_secs(60),
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_closes_feeds_and_idle_connections() {
    let served = Served::start(|_| {}).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    let mut feed = TcpStream::connect(served.address).await.unwrap();
    feed.write_all(b"GET /revocations HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut seen = String::new();
    let mut piece = [0; 4096];
    while !seen.contains("event: live") {
        let count = feed.read(&mut piece).await.unwrap();
        assert!(count > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    let started = Instant::now();
    served.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let mut rest = Vec::new();
    feed.read_to_end(&mut rest).await.unwrap();
    let _ = idle.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_port_in_use_is_said_with_a_way_out() {
    let held = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Config { listen: held.local_addr().unwrap(), ..Config::default() };
    let error = bind(&mut config).await.unwrap_err().to_string();
    assert!(error.contains(&config.listen.to_string()), "{error}");
    assert!(error.contains("choose another port"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    for trusted in [false, true] {
        let served = Served::start(|config| {
            config.trusted_proxy = trusted;
            config.limits.wrong_secrets_per_minute = 1;
        })
        .await;
        let mut limited = 0;
        for n in 0..3 {
            let form = "grant_type=client_credentials";
            let request = format!(
                "POST /token HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}\r\n\
                 x-forwarded-for: 203.0.113.9, 198.51.100.{n}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
                crate::app::basic(&served.client.0, &format!("wrong {n}")),
                form.len(),
            );
            let answer = served.raw(request.as_bytes(), Duration::from_secs(10)).await;
            limited += usize::from(answer.starts_with("HTTP/1.1 429 "));
        }
        assert_eq!(limited, if trusted { 0 } else { 2 });
        served.stop().await;
    }
}
