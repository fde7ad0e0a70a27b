//! Traces of the built binary, as a collector receives them: what they say, what they never say, and that a
//! collector that is not there holds nobody up.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use claviger_testkit::{Ask, Process, Reply, Scripted};
use serde_json::Value;

use crate::stage::{Authority, PATIENCE, claviger};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A collector that takes everything.
fn collector() -> Scripted {
    Scripted::start(|_| Reply::status(200).body("application/json", "{}"))
}

/// One span with its attributes as plain values.
#[derive(Debug)]
struct Span(Value);

impl Span {
    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let all = self.0["attributes"].as_array().unwrap();
        let value = &all.iter().find(|one| one["key"] == name)?["value"];
        let text = value["stringValue"].as_str().or_else(|| value["intValue"].as_str());
        text.map(str::to_owned)
    }
}

/// What arrived so far.
fn spans(collector: &Scripted) -> Vec<Span> {
    let mut all = Vec::new();
    for heard in collector.heard() {
        assert_eq!((heard.method.as_str(), heard.path.as_str()), ("POST", "/v1/traces"));
        assert_eq!(heard.header("content-type"), ["application/json"]);
        let body: Value = serde_json::from_str(&heard.body).unwrap();
        for scope in body["resourceSpans"][0]["scopeSpans"].as_array().unwrap() {
            all.extend(scope["spans"].as_array().unwrap().iter().cloned().map(Span));
        }
    }
    all
}

fn named<'s>(spans: &'s [Span], name: &str) -> Vec<&'s Span> {
    spans.iter().filter(|span| span.text("name") == name).collect()
}

fn configured(collector: &Scripted, further: &str) -> Authority {
    let url = collector.url();
    Authority::configured(&format!("[telemetry]\notlp_endpoint = \"{url}\"\n{further}"))
}

#[test]
fn the_authority_tells_its_requests_and_nothing_that_is_secret() {
    let collector = collector();
    let authority = configured(&collector, "service_name = \"id-of-the-test\"\n");
    let token = authority.token();
    let refused = Ask::post_form(&authority.url("/token"), &[("grant_type", "hush-grant")])
        .basic(&authority.client.id, "hush-secret")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .send();
    assert_eq!(refused.status, 400, "{}", refused.text());
    let code = refused.json()["error"].as_str().unwrap().to_owned();
    let _ = Ask::get(&authority.url("/faults/expired?hush-query=1")).send();
    let _ = Ask::get(&authority.url("/hush-path/expired")).send();
    let _ = Ask::new("HUSHMETHOD", &authority.url("/jwks")).send();
    authority.administer(&["client", "create", "hush-client", "--resource", &authority.resource]);
    let form = [("username", "hush-name"), ("password", "hush-password")];
    let _ = Ask::post_form(&authority.url("/login"), &form).send();
    let _ = Ask::get(&authority.url("/userinfo")).bearer(&token).send();
    let unsampled = format!("00-{}-{CALLER}-00", "5".repeat(32));
    let _ = Ask::get(&authority.url("/jwks")).header("traceparent", &unsampled).send();
    let secret = authority.client.secret.clone();
    let admin = authority.admin_token();
    // What was recorded a moment ago is sent before the process ends.
    let (outcome, _folder) = authority.stop();
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);

    let spans = spans(&collector);
    let posts = named(&spans, "POST /token");
    let [good, bad] = posts[..] else { panic!("{spans:#?}") };
    assert_eq!(good.0["kind"], 2);
    assert_eq!(good.attribute("http.request.method").as_deref(), Some("POST"));
    assert_eq!(good.attribute("http.route").as_deref(), Some("/token"));
    assert_eq!(good.attribute("http.response.status_code").as_deref(), Some("200"));
    assert_eq!((good.text("parentSpanId"), good.attribute("error.type")), ("", None));
    let below = |parent: &Span, name: &str| {
        named(&spans, name).into_iter().any(|span| {
            span.text("parentSpanId") == parent.text("spanId")
                && span.text("traceId") == parent.text("traceId")
        })
    };
    assert!(below(good, "sign"), "{spans:#?}");
    assert!(below(good, "hash"), "the client's secret is hashed once: {spans:#?}");
    assert_eq!((bad.text("traceId"), bad.text("parentSpanId")), (TRACE, CALLER));
    assert_eq!(bad.attribute("http.response.status_code").as_deref(), Some("400"));
    assert!(bad.attribute("error.type").is_some(), "{code}: {bad:?}");
    assert!(bad.attribute("claviger.diagnosis").is_some_and(|id| id.starts_with("dg_")));
    assert_eq!(bad.0["status"], serde_json::json!({}), "the client's mistake is none of ours");

    let made = named(&spans, "POST /admin/v1/clients");
    assert!(below(made[0], "store write"), "{spans:#?}");
    assert_eq!(named(&spans, "GET /faults/{code}").len(), 1);
    let nowhere = named(&spans, "GET");
    assert_eq!(nowhere.len(), 1, "{spans:#?}");
    assert_eq!(nowhere[0].attribute("error.type").as_deref(), Some("path-unknown"));
    assert_eq!(named(&spans, "_OTHER /jwks").len(), 1);
    assert!(spans.iter().all(|span| span.text("traceId") != "5".repeat(32)), "it is not sampled");

    let heard = collector.heard();
    assert!(heard[0].body.contains("\"id-of-the-test\""), "{}", heard[0].body);
    let said: String = heard.iter().map(|one| format!("{:?}{}", one.headers, one.body)).collect();
    for never in ["hush", "HUSH", &token, &secret, &admin] {
        assert!(!said.contains(never), "{never} is told");
    }
}

#[test]
fn the_gate_takes_the_collector_from_the_environment() {
    let collector = collector();
    let authority = Authority::start();
    let upstream = Scripted::start(|_| Reply::status(200));
    let mut command = claviger(&["gate", "--listen", "127.0.0.1:0", "--format", "json"]);
    command.args(["--upstream", &upstream.url(), "--issuer", &authority.issuer]);
    command.args(["--audience", &authority.resource]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=collectors%20credential");
    let process = Process::spawn(command);
    let url = process.ready(PATIENCE)["listen"].as_str().unwrap().to_owned();
    let token = authority.token();
    let good = Ask::get(&format!("{url}/orders/hush-4711?hush=1")).bearer(&token).send();
    assert_eq!(good.status, 200);
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    let other = Ask::get(&format!("{url}/orders")).header("traceparent", &unsampled);
    assert_eq!(other.bearer(&token).send().status, 200);
    assert_eq!(Ask::get(&format!("{url}/orders")).bearer("hush").send().status, 401);
    let auth = format!("{url}/_claviger/auth");
    assert_eq!(Ask::get(&auth).header("x-original-uri", "/hush").send().status, 401);
    let outcome = process.stop(PATIENCE);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);

    let spans = spans(&collector);
    let [good, bad] = named(&spans, "GET")[..] else { panic!("{spans:#?}") };
    assert_eq!(good.attribute("http.response.status_code").as_deref(), Some("200"));
    let upstream_span = named(&spans, "upstream")[0];
    assert_eq!(
        (upstream_span.text("parentSpanId"), &upstream_span.0["kind"]),
        (good.text("spanId"), &3.into())
    );
    let below = format!("00-{}-{}-01", good.text("traceId"), upstream_span.text("spanId"));
    let told: Vec<Vec<String>> = upstream
        .heard()
        .iter()
        .map(|one| one.header("traceparent").into_iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(told, [[below], [unsampled]], "the upstream goes on with the trace");
    assert_eq!(bad.attribute("http.response.status_code").as_deref(), Some("401"));
    assert!(bad.attribute("error.type").is_some_and(|code| !code.is_empty()), "{bad:?}");
    let asked = named(&spans, "GET /_claviger/auth")[0];
    assert_eq!(asked.attribute("error.type").as_deref(), Some("credential-missing"));

    let heard = collector.heard();
    assert_eq!(heard[0].header("api-key"), ["collectors credential"]);
    assert!(heard[0].body.contains("\"claviger-gate\""), "{}", heard[0].body);
    let said: String = heard.iter().map(|one| one.body.as_str()).collect();
    for never in ["hush", &token] {
        assert!(!said.contains(never), "{never} is told");
    }
    assert!(!outcome.stderr.contains("collectors"), "{}", outcome.stderr);
}

#[test]
fn a_collector_that_says_nothing_holds_up_neither_requests_nor_the_end() {
    // It takes connections into the system's queue and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let authority = Authority::configured(&format!("[telemetry]\notlp_endpoint = \"{url}\"\n"));
    let started = Instant::now();
    for _ in 0..200 {
        assert_eq!(Ask::get(&authority.url("/jwks")).send().status, 200);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let ending = Instant::now();
    let (outcome, _folder) = authority.stop();
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(ending.elapsed() < Duration::from_secs(15), "{:?}", ending.elapsed());
    assert!(outcome.stderr.contains("traces could not be sent in time"), "{}", outcome.stderr);
}

#[test]
fn a_collector_that_is_not_there_is_mentioned_once() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let authority = Authority::configured(&format!("[telemetry]\notlp_endpoint = \"{url}\"\n"));
    let deadline = Instant::now() + PATIENCE;
    while !authority.log().contains("traces are not taken") {
        assert_eq!(Ask::get(&authority.url("/jwks")).send().status, 200);
        assert!(Instant::now() < deadline, "{}", authority.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    for _ in 0..50 {
        assert_eq!(Ask::get(&authority.url("/jwks")).send().status, 200);
    }
    let (outcome, _folder) = authority.stop();
    assert_eq!(outcome.stderr.matches("traces are not taken").count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("connection refused"), "{}", outcome.stderr);
}

#[test]
fn a_share_of_none_leaves_only_what_callers_ask_for() {
    let collector = collector();
    let authority = configured(&collector, "sample_ratio = 0.0\n");
    for _ in 0..20 {
        let _ = Ask::get(&authority.url("/jwks")).send();
    }
    let asked = format!("00-{TRACE}-{CALLER}-01");
    let _ = Ask::get(&authority.url("/jwks")).header("traceparent", asked).send();
    let (outcome, _folder) = authority.stop();
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let spans = spans(&collector);
    assert_eq!(spans.len(), 1, "{spans:#?}");
    assert_eq!(spans[0].text("traceId"), TRACE);
}

#[test]
fn config_check_knows_the_section_and_serve_the_variables() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "[telemetry]\notlp_endpoint = \"collector:4318\"\nsample_ratio = 2\n";
    let path = crate::stage::file(folder.path(), "claviger.toml", lines);
    let outcome = Process::run(claviger(&["config", "check", &path]), b"");
    assert_eq!(outcome.code, Some(2), "{}", outcome.stdout);
    for said in ["`telemetry.otlp_endpoint`", "`telemetry.sample_ratio`", ":2:17", "2 mistakes"] {
        assert!(outcome.stdout.contains(said), "{said}: {}", outcome.stdout);
    }
    let data = folder.path().join("data");
    let mut command = claviger(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(&data).env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector");
    let outcome = Process::run(command, b"");
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{}", outcome.stderr);
    assert!(!data.exists(), "nothing was made");
}

/// Whether traces are recorded that nobody began before, that their caller records, and that their caller does not.
fn recorded(collector: &Scripted, url: &str, stop: impl FnOnce()) -> [bool; 3] {
    let other = "5".repeat(32);
    let _ = Ask::get(url).send();
    for (trace, flag) in [(TRACE, "01"), (&other, "00")] {
        let parent = format!("00-{trace}-{CALLER}-{flag}");
        let _ = Ask::get(url).header("traceparent", parent).send();
    }
    stop();
    let spans = spans(collector);
    let begun = |wanted: fn(&Span) -> bool| spans.iter().any(wanted);
    [
        begun(|span| span.text("parentSpanId").is_empty()),
        begun(|span| (span.text("traceId"), span.text("parentSpanId")) == (TRACE, CALLER)),
        begun(|span| {
            span.text("traceId").starts_with("5555") && span.text("parentSpanId") == CALLER
        }),
    ]
}

#[test]
fn the_sampler_of_the_environment_decides_where_the_operator_wrote_no_share() {
    const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
    let none = [(SAMPLER, "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    for (variables, share, expected) in [
        (&[(SAMPLER, "always_on")][..], "", [true, true, true]),
        (&[(SAMPLER, "always_off")][..], "", [false, false, false]),
        (&none[..], "", [false, true, false]),
        (&[(SAMPLER, "always_off")][..], "sample_ratio = 1\n", [true, true, false]),
    ] {
        let collector = collector();
        let lines = format!("[telemetry]\notlp_endpoint = \"{}\"\n{share}", collector.url());
        let authority = Authority::configured_in(&lines, variables);
        let url = authority.url("/jwks");
        let found = recorded(&collector, &url, || {
            let (outcome, _folder) = authority.stop();
            assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        });
        assert_eq!(found, expected, "{variables:?} {share}");
    }
    let authority = Authority::start();
    for (share, expected) in
        [(&[][..], [true, true, true]), (&["--trace-ratio", "0"][..], [false, true, false])]
    {
        let collector = collector();
        let mut command = claviger(&["gate", "--listen", "127.0.0.1:0", "--format", "json"]);
        command.args(["--upstream", "http://127.0.0.1:9", "--issuer", &authority.issuer]);
        command.args(["--audience", &authority.resource]).args(share);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).env(SAMPLER, "always_on");
        let process = Process::spawn(command);
        let url = process.ready(PATIENCE)["listen"].as_str().unwrap().to_owned();
        let found = recorded(&collector, &url, || assert_eq!(process.stop(PATIENCE).code, Some(0)));
        assert_eq!(found, expected, "{share:?}");
    }
}

#[test]
fn a_sampler_that_cannot_be_is_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let gate = [
        "gate",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://127.0.0.1:9",
        "--issuer",
        "http://127.0.0.1:9",
        "--audience",
        "x",
    ];
    for (sampler, share, named) in [
        ("jaeger_remote", "", "OTEL_TRACES_SAMPLER:"),
        ("traceidratio", "1.5", "OTEL_TRACES_SAMPLER_ARG:"),
    ] {
        for arguments in [&serve[..], &gate] {
            let mut command = claviger(arguments);
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
            command.env("OTEL_TRACES_SAMPLER", sampler).env("OTEL_TRACES_SAMPLER_ARG", share);
            let outcome = Process::run(command, b"");
            assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
            assert!(outcome.stderr.contains(named), "{}", outcome.stderr);
        }
    }
    assert!(!data.exists(), "nothing was made");
}
