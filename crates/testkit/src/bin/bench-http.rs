//! Loads the authority's `/token` and the gate over HTTP with keep-alive, and prints requests per
//! second, latencies, and requests per second of the server's own processor time.
//!
//! Run it by `scripts/bench-http`, which builds the binary first. The generator shares the machine
//! with the servers, so the last column is the one to compare: what a full core would carry.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]
#![expect(clippy::print_stdout, reason = "a table is all that this program makes")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use claviger_testkit::{FakeIssuer, Process, Sink};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

const AUDIENCE: &str = "https://orders.example";
const USAGE: &str = "usage: bench-http BINARY [SECONDS] [CONNECTIONS]";

/// A request as it is sent over and over; the n-th may differ from the others.
type Form = Arc<dyn Fn(usize) -> Request<Full<Bytes>> + Send + Sync>;

struct Load {
    seconds: u64,
    connections: usize,
}

struct Figures {
    requests: usize,
    wrong: usize,
    elapsed: Duration,
    latencies: Vec<u32>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect(USAGE);
    let mut number =
        |default| arguments.next().map_or(default, |text| text.parse::<u64>().expect(USAGE));
    let load = Load { seconds: number(5), connections: number(16) as usize };
    println!(
        "{} s each, {} connections with keep-alive, one thread of load",
        load.seconds, load.connections
    );
    println!(
        "{:<44} {:>10} {:>8} {:>8} {:>6} {:>14}",
        "", "requests/s", "p50 µs", "p99 µs", "wrong", "per full core"
    );
    let sink = Sink::start();
    direct(&sink, &load);
    token_endpoint(&binary, &load);
    gate(&binary, &sink, &load);
}

fn direct(sink: &Sink, load: &Load) {
    let url = sink.url();
    load.run("the upstream alone, 204", None, &url, 204, get("/status/204", |_| None));
}

fn token_endpoint(binary: &str, load: &Load) {
    let folder = std::env::temp_dir().join(format!("claviger-bench-{}", std::process::id()));
    let data = folder.join("data");
    let data = data.to_str().expect("a plain path");
    let arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--format", "json"];
    let authority = Process::start(binary, &arguments);
    let ready = authority.ready(Duration::from_secs(30));
    let text = |value: &serde_json::Value| value.as_str().expect("a text when ready").to_owned();
    let bootstrap = &ready["bootstrap"];
    let (client, secret) = (text(&bootstrap["client_id"]), text(&bootstrap["client_secret"]));
    let resource = text(&bootstrap["resource"]).replace(':', "%3A").replace('/', "%2F");
    let body = format!(
        "grant_type=client_credentials&client_id={client}&client_secret={secret}&resource={resource}"
    );
    let body = Bytes::from(body);
    let form: Form = Arc::new(move |_| {
        let request = Request::post("/token")
            .header("host", "bench")
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(Full::new(body.clone())).expect("a request")
    });
    let url = text(&ready["issuer"]);
    let name = "POST /token, client_credentials, ES256";
    load.run(name, Some(authority.id()), &url, 200, form);
    load.run("GET /jwks", Some(authority.id()), &url, 200, get("/jwks", |_| None));
    drop(authority);
    drop(std::fs::remove_dir_all(folder));
}

fn gate(binary: &str, sink: &Sink, load: &Load) {
    let issuer = FakeIssuer::start();
    let upstream = sink.url();
    let mut arguments = vec!["gate", "--listen", "127.0.0.1:0", "--upstream", &upstream];
    arguments.extend(["--issuer", issuer.url(), "--audience", AUDIENCE, "--format", "json"]);
    let gate = Process::start(binary, &arguments);
    let url = gate.ready(Duration::from_secs(30))["listen"].as_str().expect("a URL").to_owned();
    let id = Some(gate.id());

    let token = issuer.mint(AUDIENCE, &json!({ "exp": claviger_testkit::now() + 3600 }));
    let same = bearer(&token);
    let form = get("/_claviger/auth", move |_| Some(same.clone()));
    load.run("gate, forward-auth, a known token", id, &url, 204, form);

    let same = bearer(&token);
    let form = get("/status/204", move |_| Some(same.clone()));
    load.run("gate, proxied to the upstream, a known token", id, &url, 204, form);

    let many: Vec<Bytes> = (0..(load.seconds + 1) * 20_000)
        .map(|n| bearer(&issuer.mint(AUDIENCE, &json!({ "jti": format!("bench-{n}") }))))
        .collect();
    let form = get("/_claviger/auth", move |n| Some(many[n % many.len()].clone()));
    load.run("gate, forward-auth, every token new (ES256)", id, &url, 204, form);

    let form = get("/_claviger/auth", |_| None);
    load.run("gate, forward-auth, no token", id, &url, 401, form);
}

fn bearer(token: &str) -> Bytes {
    Bytes::from(format!("Bearer {token}"))
}

fn get(
    path: &'static str,
    authorization: impl Fn(usize) -> Option<Bytes> + Send + Sync + 'static,
) -> Form {
    Arc::new(move |n| {
        let mut request = Request::get(path).header("host", "bench");
        if let Some(value) = authorization(n) {
            let value = http::HeaderValue::from_maybe_shared(value).expect("a header value");
            request = request.header("authorization", value);
        }
        request.body(Full::default()).expect("a request")
    })
}

impl Load {
    /// Warms up for a second, measures, prints one line.
    fn run(&self, name: &str, server: Option<u32>, url: &str, status: u16, form: Form) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let next = Arc::new(AtomicUsize::new(0));
        let measured =
            |duration| runtime.block_on(self.measure(url, status, &form, &next, duration));
        measured(Duration::from_secs(1));
        let before = server.map(processor_seconds);
        let mut figures = measured(Duration::from_secs(self.seconds));
        let spent = server.zip(before).map(|(id, before)| processor_seconds(id) - before);
        figures.latencies.sort_unstable();
        let at = |part: f64| {
            let index = (figures.latencies.len() as f64 * part) as usize;
            figures.latencies.get(index).copied().unwrap_or_default()
        };
        let rate = figures.requests as f64 / figures.elapsed.as_secs_f64();
        let per_core = spent.filter(|spent| *spent > 0.0).map_or_else(
            || "-".to_owned(),
            |spent| format!("{:.0}", figures.requests as f64 / spent),
        );
        println!(
            "{name:<44} {rate:>10.0} {:>8} {:>8} {:>6} {per_core:>14}",
            at(0.5),
            at(0.99),
            figures.wrong
        );
    }

    async fn measure(
        &self,
        url: &str,
        status: u16,
        form: &Form,
        next: &Arc<AtomicUsize>,
        duration: Duration,
    ) -> Figures {
        let address = url.trim_start_matches("http://").to_owned();
        let start = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..self.connections {
            let (address, form, next) = (address.clone(), Arc::clone(form), Arc::clone(next));
            tasks.push(tokio::spawn(async move {
                let stream = TcpStream::connect(&address).await.expect("a connection");
                stream.set_nodelay(true).expect("a socket");
                let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
                let (mut sender, connection) = handshake.expect("HTTP");
                tokio::spawn(connection);
                let (mut latencies, mut wrong) = (Vec::new(), 0_usize);
                while start.elapsed() < duration {
                    let request = form(next.fetch_add(1, Ordering::Relaxed));
                    let asked = Instant::now();
                    sender.ready().await.expect("a connection that is kept");
                    let answer = sender.send_request(request).await.expect("an answer");
                    let came = answer.status().as_u16();
                    answer.into_body().collect().await.expect("a body");
                    latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                    wrong += usize::from(came != status);
                }
                (latencies, wrong)
            }));
        }
        let (mut latencies, mut wrong) = (Vec::new(), 0);
        for task in tasks {
            let (further, further_wrong) = task.await.expect("a task that ends");
            latencies.extend(further);
            wrong += further_wrong;
        }
        Figures { requests: latencies.len(), wrong, elapsed: start.elapsed(), latencies }
    }
}

/// Processor time that a process has used, user and system: fields 14 and 15 of `/proc/ID/stat`, in
/// hundredths of a second on Linux. Elsewhere 0, and the column stays empty.
fn processor_seconds(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
