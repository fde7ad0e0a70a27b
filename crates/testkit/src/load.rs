//! Load over HTTP/1.1 with keep-alive from one thread, and what it came to: for benchmarks.
//!
//! The generator shares the machine with the server it loads, so what compares is requests per second of
//! the server's own processor time.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request as it is sent over and over; the n-th may differ from the others.
pub type Form = Arc<dyn Fn(usize) -> Request<Full<Bytes>> + Send + Sync>;

/// What a load came to.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Requests per second.
    pub rate: f64,
    /// Requests per second of the server's processor time; none where that is not known.
    pub per_core: Option<f64>,
    /// Half of the answers took no longer, in microseconds.
    pub p50: u32,
    /// Ninety-nine of a hundred took no longer, in microseconds.
    pub p99: u32,
    /// Answers with another status than the wanted one.
    pub wrong: usize,
}

/// One kept connection.
#[derive(Debug)]
pub struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects to `http://host:port`.
    ///
    /// # Panics
    /// Where nobody listens there.
    pub async fn open(url: &str) -> Self {
        let stream = TcpStream::connect(address(url)).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.expect("HTTP");
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Panics
    /// Where the connection is not kept.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        self.0.ready().await.expect("a connection that is kept");
        let answer = self.0.send_request(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        Response::from_parts(head, body.collect().await.expect("a body").to_bytes())
    }
}

/// A form post.
///
/// # Panics
/// Where the path is none.
#[must_use]
pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post(path)
        .header("host", "bench")
        .header("content-type", "application/x-www-form-urlencoded");
    request.body(Full::new(body.into())).expect("a request")
}

/// A kept connection that does as little as can be done, so that little but the server is measured: `S` is a
/// socket of the standard library, which waits on its thread, or one of tokio.
#[derive(Debug)]
pub struct PlainConnection<S> {
    stream: S,
    held: Vec<u8>,
}

/// The longest piece that is read at once.
const PIECE: usize = 8 * 1024;

impl PlainConnection<std::net::TcpStream> {
    /// Connects to `http://host:port`.
    ///
    /// # Panics
    /// Where nobody listens there.
    #[must_use]
    pub fn open(url: &str) -> Self {
        let stream = std::net::TcpStream::connect(address(url)).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, held: Vec::new() }
    }

    /// Posts a form; gives the body of the answer.
    ///
    /// # Panics
    /// Where the connection is not kept, or an answer has no `Content-Length`.
    pub fn post(&mut self, path: &str, form: &str) -> &[u8] {
        use std::io::{Read as _, Write as _};
        self.stream.write_all(plain_post(path, form).as_bytes()).expect("a kept connection");
        self.held.clear();
        loop {
            let mut piece = [0; PIECE];
            let read = self.stream.read(&mut piece).expect("an answer");
            self.held.extend_from_slice(&piece[..read]);
            if let Some(body) = whole_body(&self.held, read) {
                return &self.held[body];
            }
        }
    }
}

impl PlainConnection<TcpStream> {
    /// The same with a socket of tokio.
    ///
    /// # Panics
    /// Where nobody listens there.
    pub async fn connect(url: &str) -> Self {
        let stream = TcpStream::connect(address(url)).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, held: Vec::new() }
    }

    /// Posts a form; gives the body of the answer.
    ///
    /// # Panics
    /// Where the connection is not kept, or an answer has no `Content-Length`.
    pub async fn ask(&mut self, path: &str, form: &str) -> &[u8] {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        self.stream.write_all(plain_post(path, form).as_bytes()).await.expect("a kept connection");
        self.held.clear();
        loop {
            let read = self.stream.read_buf(&mut self.held).await.expect("an answer");
            if let Some(body) = whole_body(&self.held, read) {
                return &self.held[body];
            }
        }
    }
}

fn address(url: &str) -> &str {
    url.trim_start_matches("http://")
}

fn plain_post(path: &str, form: &str) -> String {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{form}"
    )
}

/// Where the body of an answer stands, once all of it was read; `read` bytes came last.
fn whole_body(held: &[u8], read: usize) -> Option<Range<usize>> {
    assert!(read > 0, "the server hung up in the middle of an answer");
    let start = held.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&held[..start]).expect("a head in ASCII");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let length: usize = length.expect("a length").parse().expect("a number");
    let body = start..start + length;
    (held.len() >= body.end).then_some(body)
}

/// Sends `form` over and over for `duration` on `connections` connections, and measures.
///
/// # Panics
/// Where the server is not there.
#[must_use]
pub fn run(
    server: Option<u32>,
    url: &str,
    connections: usize,
    duration: Duration,
    status: u16,
    form: &Form,
) -> Figures {
    let next = Arc::new(AtomicUsize::new(0));
    over(server, connections, duration, |_| {
        let (url, form, next) = (url.to_owned(), Arc::clone(form), Arc::clone(&next));
        async move {
            let mut connection = Connection::open(&url).await;
            measured(duration, async move || {
                let request = form(next.fetch_add(1, Ordering::Relaxed));
                connection.ask(request).await.status().as_u16() == status
            })
            .await
        }
    })
}

/// Does `deed` over and over for `duration`: the time of each in microseconds, and how many went wrong.
pub async fn measured(
    duration: Duration,
    mut deed: impl AsyncFnMut() -> bool,
) -> (Vec<u32>, usize) {
    let (start, mut latencies, mut wrong) = (Instant::now(), Vec::new(), 0);
    while start.elapsed() < duration {
        let asked = Instant::now();
        let right = deed().await;
        latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        wrong += usize::from(!right);
    }
    (latencies, wrong)
}

/// Runs so many tasks at once on one thread, each of which measures, and adds up.
///
/// # Panics
/// Where a task does not end well.
#[must_use]
pub fn over<F>(
    server: Option<u32>,
    tasks: usize,
    duration: Duration,
    task: impl Fn(usize) -> F,
) -> Figures
where
    F: Future<Output = (Vec<u32>, usize)> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let before = server.map(processor_seconds);
    let here = tokio::task::LocalSet::new();
    let (latencies, wrong) = here.block_on(&runtime, async {
        let running: Vec<_> =
            (0..tasks).map(|place| tokio::task::spawn_local(task(place))).collect();
        let (mut latencies, mut wrong) = (Vec::new(), 0);
        for one in running {
            let (further, further_wrong) = one.await.expect("a task that ends");
            latencies.extend(further);
            wrong += further_wrong;
        }
        (latencies, wrong)
    });
    let spent = server.zip(before).map(|(id, before)| processor_seconds(id) - before);
    figures(latencies, wrong, duration, spent)
}

/// Does `deed` over and over for `duration` on this very thread, and measures.
#[must_use]
pub fn alone(server: u32, duration: Duration, mut deed: impl FnMut() -> bool) -> Figures {
    let before = processor_seconds(server);
    let (start, mut latencies, mut wrong) = (Instant::now(), Vec::new(), 0);
    while start.elapsed() < duration {
        let asked = Instant::now();
        let right = deed();
        latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        wrong += usize::from(!right);
    }
    figures(latencies, wrong, duration, Some(processor_seconds(server) - before))
}

fn figures(
    mut latencies: Vec<u32>,
    wrong: usize,
    duration: Duration,
    spent: Option<f64>,
) -> Figures {
    latencies.sort_unstable();
    let at = |part: f64| {
        let index = (latencies.len() as f64 * part) as usize;
        latencies.get(index).copied().unwrap_or_default()
    };
    let count = latencies.len() as f64;
    Figures {
        rate: count / duration.as_secs_f64(),
        per_core: spent.filter(|spent| *spent > 0.0).map(|spent| count / spent),
        p50: at(0.5),
        p99: at(0.99),
        wrong,
    }
}

/// The middle one; of an even number the upper.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Processor time that a process has used, user and system: fields 14 and 15 of `/proc/ID/stat`, in
/// hundredths of a second on Linux. Elsewhere 0.
fn processor_seconds(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
