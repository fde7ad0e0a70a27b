//! Loads the authority's `/token` and the gate over HTTP with keep-alive, and prints requests per
//! second, latencies, and requests per second of the server's own processor time.
//!
//! Run it by `scripts/bench-http`, which builds the binary first. The generator shares the machine
//! with the servers, so the last column is the one to compare: what a full core would carry.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]
#![expect(clippy::print_stdout, reason = "a table is all that this program makes")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use claviger_testkit::load::{self, Figures, Form};
use claviger_testkit::{FakeIssuer, Process, Sink};
use http::Request;
use http_body_util::Full;
use serde_json::json;

const AUDIENCE: &str = "https://orders.example";
const USAGE: &str = "usage: bench-http BINARY [SECONDS] [CONNECTIONS]";

struct Load {
    seconds: u64,
    connections: usize,
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
    let form: Form = Arc::new(move |_| load::post("/token", body.clone()));
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
        let measured = |duration| load::run(server, url, self.connections, duration, status, &form);
        let _warm_up = measured(Duration::from_secs(1));
        let Figures { rate, per_core, p50, p99, wrong } =
            measured(Duration::from_secs(self.seconds));
        let per_core = per_core.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"));
        println!("{name:<44} {rate:>10.0} {p50:>8} {p99:>8} {wrong:>6} {per_core:>14}");
    }
}
