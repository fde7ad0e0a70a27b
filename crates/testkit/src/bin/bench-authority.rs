//! Measures the authority beside what it is compared with, in interleaved rounds: `client_credentials` beside a
//! bare handler and, where given, npm `oidc-provider`, and with traces beside without; refreshes beside bare
//! commits of SQLite; and what log-ins do to everybody else.
//!
//! Run it by `scripts/bench-authority`. Each figure is the median of its rounds; the ratios are what compares.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]
#![expect(clippy::print_stdout, reason = "a table is all that this program makes")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use claviger_testkit::load::{self, Figures, Form, PlainConnection, median};
use claviger_testkit::{Ask, Person, Process, Sink};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;

const USAGE: &str = "usage: bench-authority BINARY SECONDS ROUNDS [PEER.mjs] [OTHER/BINARY …] [issue|traces|refresh|log-in …] | bench-authority bare";
const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "correct horse battery";
const REDIRECT: &str = "http://127.0.0.1/callback";
/// Connections that ask for tokens at once.
const CONNECTIONS: usize = 8;
const LOG_INS: usize = 32;

struct Plan {
    binary: String,
    seconds: u64,
    rounds: usize,
    peer: Option<String>,
    /// Other builds of ours that `client_credentials` are measured of in the same rounds.
    others: Vec<String>,
    /// What is measured; everything where nothing is named.
    parts: Vec<String>,
}

impl Plan {
    fn has(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|one| one == part)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "bare") {
        return bare();
    }
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse().ok());
    let plan = Plan {
        binary: arguments.first().expect(USAGE).clone(),
        seconds: number(1).expect(USAGE),
        rounds: number(2).map(|rounds: u64| rounds as usize).expect(USAGE),
        peer: arguments.iter().skip(3).find(|one| one.ends_with(".mjs")).cloned(),
        others: named(&arguments, |one| one.contains('/') && !one.ends_with(".mjs")),
        parts: named(&arguments, |one| !one.contains('/') && !one.ends_with(".mjs")),
    };
    if plan.has("issue") {
        issuing(&plan);
    }
    if plan.has("traces") {
        tracing(&plan);
    }
    if plan.has("refresh") {
        refreshing(&plan);
    }
    if plan.has("log-in") {
        logging_in(&plan);
    }
}

fn named(arguments: &[String], is_one: impl Fn(&str) -> bool) -> Vec<String> {
    arguments.iter().skip(3).filter(|one| is_one(one)).cloned().collect()
}

/// A server on one core; the load runs on the other.
fn on_one_core(command: &[&str]) -> Process {
    Process::start("taskset", &[&["-c", "0"], command].concat())
}

/// An authority in a folder of its own.
struct Served {
    process: Process,
    url: String,
    bootstrap: Value,
    _folder: TempDir,
}

impl Served {
    fn start(binary: &str, cores: &str) -> Self {
        Self::start_with(binary, cores, &[])
    }

    /// With these variables, as `NAME=VALUE`.
    fn start_with(binary: &str, cores: &str, variables: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let data = data.to_str().expect("a plain path");
        let serve =
            [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--format", "json"];
        // Each gives its place to the next: the process stays the same.
        let arguments = [&["-c", cores, "env"][..], variables, &serve].concat();
        let process = Process::start("taskset", &arguments);
        let ready = process.ready(PATIENCE);
        let url = ready["issuer"].as_str().expect("an issuer when ready").to_owned();
        Self { process, url, bootstrap: ready["bootstrap"].clone(), _folder: folder }
    }

    fn says(&self, name: &str) -> String {
        self.bootstrap[name].as_str().expect("a text when ready").to_owned()
    }

    fn client_credentials(&self) -> Form {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.says("client_id"))
            .append_pair("client_secret", &self.says("client_secret"))
            .append_pair("resource", &self.says("resource"))
            .finish();
        posting(body)
    }

    /// People, and an application that keeps no secret and asks for no consent.
    fn with_people(&self) {
        let token = std::fs::read_to_string(self.says("admin_token_file")).expect("a token");
        let made = |path: &str, body: Value| {
            let answer = Ask::json("POST", &format!("{}/admin/v1{path}", self.url), &body)
                .bearer(token.trim())
                .send();
            assert_eq!(answer.status, 201, "{}", answer.text());
        };
        for name in people() {
            made("/users", json!({"username": name, "password": PASSWORD}));
        }
        made(
            "/clients",
            json!({
                "client_id": "app", "auth_method": "none", "redirect_uris": [REDIRECT],
                "scopes": ["openid", "orders:read"],
                "resources": [self.says("resource")], "first_party": true,
            }),
        );
    }
}

/// Everybody logs in by their own name: many at once under one name look like guessing, and are slowed down.
fn people() -> impl Iterator<Item = String> {
    (0..LOG_INS).map(|place| format!("person-{place}"))
}

fn posting(body: String) -> Form {
    let body = Bytes::from(body);
    Arc::new(move |_| load::post("/token", body.clone()))
}

fn issuing(plan: &Plan) {
    let ours = Served::start(&plan.binary, "0");
    let own = std::env::current_exe().expect("this program's path");
    let bare = on_one_core(&[own.to_str().expect("a plain path"), "bare"]);
    let url = |process: &Process| {
        process.ready(PATIENCE)["url"].as_str().expect("a URL when ready").to_owned()
    };
    let mut rows: Vec<Row<'_>> = vec![
        ("claviger", ours.process.id(), ours.url.clone(), ours.client_credentials()),
        ("bare hyper handler: form, ES256", bare.id(), url(&bare), ours.client_credentials()),
    ];
    let peer = plan.peer.as_ref().map(|script| on_one_core(&["node", script]));
    if let Some(peer) = &peer {
        let body = "grant_type=client_credentials&client_id=cc&scope=read&resource=urn:api\
                    &client_secret=cc-secret-0123456789-0123456789-abc";
        rows.push(("npm oidc-provider, in memory", peer.id(), url(peer), posting(body.to_owned())));
    }
    let others: Vec<Served> = plan.others.iter().map(|one| Served::start(one, "0")).collect();
    for (name, other) in plan.others.iter().zip(&others) {
        rows.push((name, other.process.id(), other.url.clone(), other.client_credentials()));
    }
    let per_core = beside(plan, "client_credentials", &rows);
    println!("claviger ÷ bare handler: {:.2}", per_core[0] / per_core[1]);
    if peer.is_some() {
        println!("claviger ÷ oidc-provider: {:.1}", per_core[0] / per_core[2]);
    }
    for (row, other) in rows.iter().zip(&per_core).skip(2 + usize::from(peer.is_some())) {
        println!("claviger ÷ {}: {:.2}", row.0, per_core[0] / other);
    }
    println!();
}

/// What is measured beside others: its name, its process, where it listens and what it is asked.
type Row<'a> = (&'a str, u32, String, Form);

/// What tracing costs: three authorities alike but for what they tell a collector that takes everything.
fn tracing(plan: &Plan) {
    let collector = Sink::start();
    let told = format!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={}/count", collector.url());
    let sampler = "OTEL_TRACES_SAMPLER=parentbased_traceidratio";
    let start = |variables: &[&str]| Served::start_with(&plan.binary, "0", variables);
    let off = start(&[]);
    let some = start(&[&told, sampler, "OTEL_TRACES_SAMPLER_ARG=0.01"]);
    let all = start(&[&told]);
    let row = |name, served: &Served| -> Row<'static> {
        (name, served.process.id(), served.url.clone(), served.client_credentials())
    };
    let rows =
        [row("no collector", &off), row("one in a hundred", &some), row("every request", &all)];
    let per_core = beside(plan, "client_credentials with traces", &rows);
    println!("one in a hundred ÷ no collector: {:.2}", per_core[1] / per_core[0]);
    println!("every request ÷ no collector: {:.2}", per_core[2] / per_core[0]);
    println!("requests to the collector: {}\n", collector.requests());
}

/// Measures servers in turn and prints a line for each; tells the requests per full core.
fn beside(plan: &Plan, what: &str, rows: &[Row<'_>]) -> Vec<f64> {
    println!(
        "{what}, ES256 access tokens, client_secret_post, {CONNECTIONS} connections, one core"
    );
    println!(
        "{:<36} {:>12} {:>14} {:>9} {:>9}",
        "", "requests/s", "per full core", "p50 µs", "p99 µs"
    );
    let mut rounds: Vec<Vec<Figures>> = vec![Vec::new(); rows.len()];
    for round in 0..=plan.rounds {
        for (row, figures) in rows.iter().zip(&mut rounds) {
            let (_, id, url, form) = row;
            let lasts = Duration::from_secs(plan.seconds);
            let one = load::run(Some(*id), url, CONNECTIONS, lasts, 200, form);
            assert_eq!(one.wrong, 0, "{} answered with another status", row.0);
            // The first round is the warm-up.
            if round > 0 {
                figures.push(one);
            }
        }
    }
    let per_core =
        |figures: &[Figures]| median(figures.iter().filter_map(|one| one.per_core).collect());
    for (row, figures) in rows.iter().zip(&rounds) {
        let of = |what: fn(&Figures) -> f64| median(figures.iter().map(what).collect());
        println!(
            "{:<36} {:>12.0} {:>14.0} {:>9.0} {:>9.0}",
            row.0,
            of(|one| one.rate),
            per_core(figures),
            of(|one| f64::from(one.p50)),
            of(|one| f64::from(one.p99)),
        );
    }
    rounds.iter().map(|figures| per_core(figures)).collect()
}

/// The bare handler: reads the form, signs an ES256 token, answers. No client, no secret, no checks.
fn bare() {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let key = Arc::new(key);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        println!("{}", json!({"url": format!("http://{address}")}));
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            drop(stream.set_nodelay(true));
            let key = Arc::clone(&key);
            tokio::spawn(async move {
                let service = service_fn(move |request| signed(Arc::clone(&key), request));
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
}

async fn signed(
    key: Arc<EcdsaKeyPair>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let (mut client, mut resource) = (String::new(), String::new());
    for (name, value) in url::form_urlencoded::parse(&body) {
        match name.as_ref() {
            "client_id" => client = value.into_owned(),
            "resource" => resource = value.into_owned(),
            _ => {}
        }
    }
    let now = claviger_testkit::now();
    let claims = json!({
        "iss": "http://127.0.0.1", "sub": client, "client_id": client, "aud": resource, "iat": now,
        "exp": now + 300, "jti": "3q2-7wAAAAAAAAAAAAAAAA", "scope": "orders:read",
    });
    let encoded = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
    let header = br#"{"alg":"ES256","typ":"at+jwt","kid":"bench"}"#;
    let input = format!("{}.{}", encoded(header), encoded(claims.to_string().as_bytes()));
    let signature = key.sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
    let token = format!("{input}.{}", encoded(signature.as_ref()));
    let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": 300});
    Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
}

fn refreshing(plan: &Plan) {
    let served = Served::start(&plan.binary, "0,1");
    served.with_people();
    let mut person = Person::new(&served.url, "person-0", PASSWORD);
    let mut granted = |scope: &str| {
        let tokens = person.tokens("app", REDIRECT, scope);
        tokens["refresh_token"].as_str().expect("a refresh token").to_owned()
    };
    let mut many = |scope: &str| -> Held {
        Arc::new((0..64).map(|_| std::sync::Mutex::new(granted(scope))).collect())
    };
    // An ID token is a second signature; a client that asked for none is spared it.
    let (plain, openid) = (many("orders:read"), many("openid"));
    let lasts = Duration::from_secs(plan.seconds);
    let one = |held: &Held| {
        let mut token = held[0].lock().expect("no panic before");
        let mut connection = PlainConnection::open(&served.url);
        load::alone(served.process.id(), lasts, || {
            let answer = connection.post("/token", &refresh(&token));
            next(answer).map(|next| *token = next).is_some()
        })
    };
    let all = |held: &Held| {
        load::over(Some(served.process.id()), held.len(), lasts, |place| {
            let (url, held) = (served.url.clone(), Arc::clone(held));
            async move {
                let mut token = held[place].lock().expect("no panic before").clone();
                let mut connection = PlainConnection::connect(&url).await;
                let done = load::measured(lasts, async || {
                    let answer = connection.ask("/token", &refresh(&token)).await;
                    next(answer).map(|next| token = next).is_some()
                })
                .await;
                *held[place].lock().expect("no panic before") = token;
                done
            }
        })
    };
    let folder = tempfile::tempdir().expect("a folder");
    println!("refresh with rotation, ES256, durable (SQLite, synchronous=FULL)");
    let mut raw = Vec::new();
    let mut rows = [
        ("1 client, access token", Vec::new()),
        ("64 clients, access token", Vec::new()),
        ("1 client, access and ID token", Vec::new()),
        ("64 clients, access and ID token", Vec::new()),
    ];
    for round in 0..=plan.rounds {
        let commits = commits(folder.path(), round, lasts);
        let figures = [one(&plain), all(&plain), one(&openid), all(&openid)];
        if round > 0 {
            raw.push(commits);
        }
        for ((_, row), one) in rows.iter_mut().zip(figures) {
            assert_eq!(one.wrong, 0, "a refresh was refused");
            if round > 0 {
                row.push(one);
            }
        }
    }
    let raw = median(raw);
    println!("{:<36}{raw:>10.0}/s", "bare commits of one row");
    let rates = rows.map(|(name, figures)| {
        let of = |what: fn(&Figures) -> f64| median(figures.iter().map(what).collect::<Vec<f64>>());
        let (rate, p99) = (of(|one| one.rate), of(|one| f64::from(one.p99)));
        println!("{name:<36}{rate:>10.0}/s   p99 {p99:.0} µs   ÷ bare commits: {:.2}", rate / raw);
        rate
    });
    println!(
        "64 clients ÷ 1 client: {:.1} with an access token, {:.1} with both\n",
        rates[1] / rates[0],
        rates[3] / rates[2]
    );
}

/// The refresh tokens that clients hold.
type Held = Arc<Vec<std::sync::Mutex<String>>>;

fn refresh(token: &str) -> String {
    format!("grant_type=refresh_token&client_id=app&refresh_token={token}")
}

/// The refresh token of an answer.
fn next(answer: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(answer).ok()?.split_once(r#""refresh_token":""#)?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// How many rows with random keys SQLite commits a second, one by one, as durably as the authority does.
fn commits(folder: &Path, round: usize, lasts: Duration) -> f64 {
    let connection =
        rusqlite::Connection::open(folder.join(format!("{round}.db"))).expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             CREATE TABLE rows (key BLOB PRIMARY KEY, value TEXT);",
        )
        .expect("a table");
    let mut insert =
        connection.prepare("INSERT INTO rows VALUES (randomblob(16), $1)").expect("a statement");
    let value = "v".repeat(200);
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < lasts {
        insert.execute([&value]).expect("a row");
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

fn logging_in(plan: &Plan) {
    let served = Served::start(&plan.binary, "0,1");
    served.with_people();
    let form = served.client_credentials();
    let lasts = Duration::from_secs(plan.seconds);
    // Two connections that ask for a token every so often: what is measured is waiting, not throughput.
    let quiet = || load::run(Some(served.process.id()), &served.url, 2, lasts, 200, &form);
    let (mut idle, mut busy, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=plan.rounds {
        let alone = quiet();
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = people()
            .map(|name| {
                let (stop, done, url) = (Arc::clone(&stop), Arc::clone(&done), served.url.clone());
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let mut person = Person::new(&url, &name, PASSWORD);
                        drop(person.code("app", REDIRECT, "openid"));
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let beside = quiet();
        let logged_in = done.load(Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().expect("log-ins that all went through");
        }
        if round > 0 {
            idle.push(f64::from(alone.p99));
            busy.push(f64::from(beside.p99));
            rates.push(logged_in as f64 / lasts.as_secs_f64());
        }
    }
    let (idle, busy) = (median(idle), median(busy));
    println!("client_credentials beside {LOG_INS} parallel log-ins (Argon2id), ES256");
    println!("log-ins                             {:>10.1}/s", median(rates));
    println!("p99 of client_credentials, idle     {idle:>10.0} µs");
    println!("p99 of client_credentials, beside   {busy:>10.0} µs");
    println!("beside ÷ idle: {:.1}", busy / idle);
}
