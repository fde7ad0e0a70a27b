//! `claviger try` against servers: what is sent and where to, what is followed, and what is concluded.

use claviger_testkit::process::Outcome;
use claviger_testkit::{Heard, Process, Reply, Scripted, Sink, keys, mint, now};
use claviger_token::Algorithm;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::nginx::Nginx;
use crate::stage::{Authority, Gate, assert_unseen, claviger, file};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

fn token(changes: &Value) -> String {
    let claims = mint::with(mint::access_claims(ISSUER, AUDIENCE, now() - 30), changes);
    mint(Algorithm::Es256, &json!({}), &claims)
}

/// A folder with the key set, and the options that make up the policy.
struct Known {
    folder: TempDir,
    jwks: String,
}

impl Known {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let set = keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string();
        let jwks = file(folder.path(), "jwks.json", set);
        Self { folder, jwks }
    }

    fn policy(&self) -> [&str; 6] {
        ["--jwks", &self.jwks, "--issuer", ISSUER, "--audience", AUDIENCE]
    }
}

fn run(arguments: &[&str], input: &[u8]) -> (Outcome, Value) {
    let all = [&["try"], arguments, &["--format", "json"]].concat();
    let outcome = Process::run(claviger(&all), input);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    let json = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", outcome.stdout, outcome.stderr));
    (outcome, json)
}

fn first(json: &Value) -> (&str, &str) {
    let fault = &json["faults"][0];
    (fault["code"].as_str().unwrap_or("none"), fault["certainty"].as_str().unwrap_or_default())
}

fn challenge(value: &str) -> Reply {
    Reply::status(401).with("www-authenticate", value)
}

#[test]
fn the_request_goes_out_as_it_was_given() {
    let server = Scripted::start(|_| Reply::status(200).body("application/json", "{}"));
    let token = token(&json!({}));
    let url = server.url();
    let command = format!(
        "curl '{url}/orders?page=2' -X POST -H 'authorization: Bearer {token}' -H 'x-trace: 7' -A agent/1 \\\n --data-raw '{{\"a\":1}}' -H 'content-type: application/json' --compressed"
    );
    let (outcome, json) = run(&[&url, &command], b"");
    assert_eq!(outcome.code, Some(0), "{json}");
    let windows = format!(
        "curl ^\"{url}/orders^\" ^\r\n  -H ^\"authorization: Bearer {token}^\" ^\r\n  --data-raw ^\"a=b^&c=d^\""
    );
    run(&[&url, "-"], windows.as_bytes());
    let raw = format!(
        "DELETE /orders/1 HTTP/1.1\r\nHost: elsewhere.example\r\nAuthorization: Bearer \"{token}\"\r\nContent-Length: 0\r\n\r\n"
    );
    run(&[&url, &raw], b"");
    run(&[&format!("{url}/named"), &token], b"");

    let heard = server.heard();
    let seen: Vec<(&str, &str)> =
        heard.iter().map(|one| (one.method.as_str(), one.path.as_str())).collect();
    let expected = [
        ("POST", "/orders?page=2"),
        ("POST", "/orders"),
        ("DELETE", "/orders/1"),
        ("GET", "/named"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(heard[0].header("authorization"), [format!("Bearer {token}")]);
    assert_eq!(heard[0].header("x-trace"), ["7"]);
    assert_eq!(heard[0].header("user-agent"), ["agent/1"]);
    assert_eq!(heard[0].body, "{\"a\":1}");
    assert_eq!(heard[1].body, "a=b&c=d");
    assert_eq!(heard[2].header("authorization"), [format!("Bearer \"{token}\"")]);
    assert!(heard[2].header("host")[0].starts_with("127.0.0.1"), "{:?}", heard[2]);
    assert_unseen(&json.to_string(), &token, "the answer");
}

#[test]
fn a_credential_goes_to_the_named_origin_only() {
    let other = Scripted::start(|_| Reply::status(200));
    let away = format!("{}/moved?secret=1", other.other_origin());
    let server = Scripted::start(move |heard| match heard.path.as_str() {
        "/here" => Reply::status(302).with("location", "/there"),
        "/there" => Reply::status(200),
        _ => Reply::status(307).with("location", away.clone()),
    });
    let token = token(&json!({}));

    let (outcome, json) = run(&[&format!("{}/here", server.url()), &token], b"");
    assert_eq!((outcome.code, json["exchange"].as_array().unwrap().len()), (Some(0), 2), "{json}");

    let (outcome, json) = run(&[&format!("{}/away", server.url()), &token, "--repair"], b"");
    assert_eq!((outcome.code, first(&json)), (Some(1), ("header-stripped", "proven")), "{json}");
    assert!(json["conclusion"].as_str().unwrap().contains(&other.other_origin()), "{json}");
    assert!(!outcome.stdout.contains("secret"), "{}", outcome.stdout);

    // A command for another origin than the named one is not sent at all.
    let before = server.heard().len();
    let command = format!("curl {}/x -H 'Authorization: Bearer {token}'", other.url());
    let outcome = Process::run(claviger(&["try", &server.url(), &command]), b"");
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("no other origin"), "{}", outcome.stderr);
    assert_eq!((server.heard().len(), other.heard().len()), (before, 0));
}

#[test]
fn an_unsafe_method_is_sent_once() {
    let known = Known::new();
    let server = Scripted::start(|heard| match heard.path.as_str() {
        "/moved" => Reply::status(307).with("location", "/final"),
        "/posted" => Reply::status(303).with("location", "/final"),
        "/final" => Reply::status(200),
        _ => challenge("Bearer error=\"invalid_token\""),
    });
    let token = token(&json!({}));
    let post = |path: &str, value: &str| {
        let command =
            format!("curl -X POST {}{path} -H 'Authorization: Bearer {value}'", server.url());
        let arguments = [
            vec![server.url(), command, "--repair".to_owned()],
            known.policy().map(str::to_owned).to_vec(),
        ]
        .concat();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&arguments, b"")
    };
    let (outcome, json) = post("/moved", &token);
    assert_eq!(outcome.code, Some(3), "{json}");
    // The answer to a POST is fetched by GET.
    let (outcome, json) = post("/posted", &token);
    assert_eq!(outcome.code, Some(0), "{json}");
    let (outcome, json) = post("/refused", &format!("\"{token}\""));
    assert_eq!((outcome.code, first(&json)), (Some(1), ("quoted", "proven")), "{json}");
    assert!(outcome.stderr.contains("not repeated"), "{}", outcome.stderr);
    assert_eq!(json["corrected"], Value::Null);
    let seen: Vec<String> =
        server.heard().iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    assert_eq!(seen, ["POST /moved", "POST /posted", "GET /final", "POST /refused"]);
}

#[test]
fn the_one_correction_is_tried_only_when_asked() {
    let strict = |heard: &Heard| match heard.header("authorization").as_slice() {
        [one] if one.starts_with("Bearer ey") && !one.contains('"') => Reply::status(200),
        _ => challenge("Bearer error=\"invalid_token\""),
    };
    let server = Scripted::start(strict);
    let token = token(&json!({}));
    let line = format!("Authorization: Bearer \"{token}\"");
    // Without any key, too: the server itself is the judge.
    let (outcome, json) = run(&[&server.url(), &line], b"");
    assert_eq!((outcome.code, first(&json)), (Some(1), ("quoted", "likely")), "{json}");
    assert_eq!(server.heard().len(), 1);
    let (outcome, json) = run(&[&server.url(), &line, "--repair"], b"");
    assert_eq!((outcome.code, first(&json)), (Some(1), ("quoted", "proven")), "{json}");
    assert_eq!(json["corrected"]["status"], 200);
    assert_eq!(server.heard().len(), 3);
    assert_unseen(&outcome.stdout, &token, "the answer");

    // One wrong character is mended with the key set's help.
    let known = Known::new();
    let damaged = mint::tampered(&token, 2);
    let is_good = {
        let token = token.clone();
        move |heard: &Heard| heard.header("authorization") == [format!("Bearer {token}")]
    };
    let server = Scripted::start(move |heard| {
        if is_good(heard) {
            Reply::status(200)
        } else {
            challenge("Bearer error=\"invalid_token\"")
        }
    });
    let url = server.url();
    let arguments = [&[url.as_str(), damaged.as_str(), "--repair"][..], &known.policy()].concat();
    let (_, json) = run(&arguments, b"");
    assert_eq!(first(&json), ("character-error", "proven"), "{json}");
    assert_eq!(json["corrected"]["verdict"], "accepted", "{json}");

    // A line break is in no header that anybody sends.
    let broken = format!("Authorization: Bearer {}\n{}", &token[..60], &token[60..]);
    let before = server.heard().len();
    let (outcome, json) = run(&[&server.url(), &broken], b"");
    assert_eq!((outcome.code, first(&json).0), (Some(1), "whitespace-inside"), "{json}");
    assert_eq!(server.heard().len(), before, "{json}");
}

#[test]
fn the_application_s_fault_is_told_from_the_token_s() {
    let known = Known::new();
    let server = Scripted::start(|heard| {
        let path = heard.path.trim_start_matches('/');
        match path {
            "silent" => challenge("Bearer realm=\"api\""),
            "basic" => challenge("Basic realm=\"api\""),
            "scope" => Reply::status(403)
                .with("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"read write\""),
            "same-scope" => Reply::status(403)
                .with("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"read\""),
            "audience" => challenge(
                "Bearer error=\"invalid_token\", error_description=\"The audience 'x' is invalid\"",
            ),
            "spring" => challenge(
                "Bearer error=\"invalid_token\", error_description=\"An error occurred while attempting to decode the Jwt: Jwt expired at 2026-11-23T10:00:00Z\"",
            ),
            "named" => Reply::status(401).body(
                "application/problem+json",
                r#"{"type":"urn:claviger:fault:key-set-stale","code":"key-set-stale","diagnosis":"dg_1"}"#,
            ),
            "lost" => Reply::status(401).body(
                "application/problem+json",
                r#"{"code":"credential-missing","diagnosis":"dg_2"}"#,
            ),
            "log-in" => Reply::status(302)
                .with("location", "https://idp.example/authorize?response_type=code"),
            "broken" => Reply::status(500),
            "nothing" => Reply::status(404),
            _ => Reply::status(431),
        }
    });
    let good = token(&json!({}));
    let expired = token(&json!({"exp": now() - 4000, "iat": now() - 4300}));
    let at = |path: &str, token: &str| {
        let url = format!("{}/{path}", server.url());
        let (outcome, json) = run(&[&[url.as_str(), token], &known.policy()[..]].concat(), b"");
        let first = first(&json).0.to_owned();
        (outcome.code, first, json["whose"].as_str().unwrap_or("nobody").to_owned())
    };
    for (path, code, fault, whose) in [
        ("silent", 1, "header-stripped", "proxy"),
        ("basic", 1, "header-contended", "proxy"),
        ("scope", 1, "scope-insufficient", "client"),
        ("same-scope", 1, "scope-shape", "api"),
        ("audience", 1, "audience-not-configured", "api"),
        ("spring", 1, "header-rewritten", "proxy"),
        ("named", 1, "key-set-stale", "api"),
        ("lost", 1, "header-stripped", "proxy"),
        ("log-in", 1, "none", "proxy"),
        ("broken", 3, "none", "api"),
        ("nothing", 3, "none", "nobody"),
        ("large", 1, "header-too-large", "proxy"),
    ] {
        let expected = (Some(code), fault.to_owned(), whose.to_owned());
        assert_eq!(at(path, &good), expected, "{path}");
    }
    // What the request itself shows is the request's fault, whatever the server says.
    assert_eq!(at("audience", &expired), (Some(1), "expired".to_owned(), "client".to_owned()));
}

#[test]
fn a_wrong_clock_is_seen_in_the_server_s_date() {
    let known = Known::new();
    let server = Scripted::start(|_| {
        challenge("Bearer error=\"invalid_token\", error_description=\"The token expired at '01/01/2099'\"")
            .with("date", "Thu, 01 Jan 2099 00:00:00 GMT")
    });
    let token = token(&json!({}));
    let url = server.url();
    let (_, json) = run(&[&[url.as_str(), token.as_str()], &known.policy()[..]].concat(), b"");
    assert_eq!(first(&json), ("clock-skew", "proven"), "{json}");
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let sink = Sink::start();
    let known = Known::new();
    let url = sink.url();
    let with_user = url.replace("http://", "http://user:hunter2@");
    for (arguments, said) in [
        (vec!["ftp://api.example", "Bearer a.b.c"], "no http or https URL"),
        (vec!["not a url", "Bearer a.b.c"], "no URL"),
        (vec![with_user.as_str(), "Bearer a.b.c"], "user or password"),
        (vec![url.as_str(), "jwt malformed"], "nothing can be sent"),
        (
            vec![
                url.as_str(),
                "curl -d @secret.json http://127.0.0.1/ -H 'Authorization: Bearer a'",
            ],
            "more than its text",
        ),
        (vec![url.as_str(), "--file", "/nonexistent"], "cannot read"),
    ] {
        let outcome = Process::run(claviger(&[vec!["try"], arguments.clone()].concat()), b"");
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{arguments:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    }
    assert_eq!(sink.requests(), 0);
    let token = token(&json!({}));
    let outcome = Process::run(claviger(&["try", "http://127.0.0.1:9/", &token]), b"");
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("nobody listens there"), "{}", outcome.stderr);
    assert_unseen(&outcome.stderr, &token, "the error");
    drop(known.folder);
}

#[test]
fn a_gate_of_ours_names_the_cause_and_try_finds_it_too() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let token = authority.token();
    let policy = ["--online", "--issuer", &authority.issuer, "--audience", &authority.resource];
    let url = format!("{}/orders", gate.url);
    let (outcome, json) = run(&[&[url.as_str(), token.as_str()], &policy[..]].concat(), b"");
    assert_eq!((outcome.code, json["verdict"].as_str()), (Some(0), Some("accepted")), "{json}");
    let damaged = format!("Authorization: Bearer {}", mint::tampered(&token, 2));
    let with_repair = [&[url.as_str(), damaged.as_str(), "--repair"], &policy[..]].concat();
    let (outcome, json) = run(&with_repair, b"");
    assert_eq!(outcome.code, Some(1), "{json}");
    assert_eq!(json["corrected"]["status"], 200, "{json}");
    authority.revoke(&token);
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (_, json) = run(&[&[url.as_str(), token.as_str()], &policy[..]].concat(), b"");
    assert_eq!(first(&json).0, "token-revoked", "{json}");
}

/// nginx with Basic authentication before an API, and its limit on header lines.
#[test]
fn nginx_in_front_is_recognised_by_what_it_answers() {
    let Some(nginx) = Nginx::start("nginx-basic.conf", &[]) else { return };
    let url = format!("{}/orders", nginx.url);
    let (_, json) = run(&[&url, &token(&json!({}))], b"");
    assert_eq!(first(&json).0, "header-contended", "{json}");
    let groups: Vec<String> = (0..80).map(|nth| format!("group-{nth}")).collect();
    let (_, json) = run(&[&url, &token(&json!({"groups": groups}))], b"");
    assert_eq!(first(&json), ("header-too-large", "proven"), "{json}");
}
