//! `--online`: what is asked and what is not, each failure told apart, the fresh key set against the given one, the
//! issuer's clock and its word about a token.

use std::path::Path;

use claviger_testkit::process::Outcome;
use claviger_testkit::{Ask, Certificate, Process, Reply, Scripted, Sink, Tls, keys, mint, now};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::stage::{Authority, assert_unseen, claviger, file};

const AUDIENCE: &str = "https://api.example";

fn token(issuer: &str, changes: &Value) -> String {
    let claims = mint::with(mint::access_claims(issuer, AUDIENCE, now() - 30), changes);
    mint(Algorithm::Es256, &json!({}), &claims)
}

fn key_set() -> String {
    keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string()
}

fn explain(arguments: &[&str], trusted: Option<&Path>) -> (Outcome, Value) {
    let mut command = claviger(&[&["explain", "--format", "json"], arguments].concat());
    if let Some(trusted) = trusted {
        command.env("SSL_CERT_FILE", trusted);
    }
    let outcome = Process::run(command, b"");
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    let json = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", outcome.stdout, outcome.stderr));
    (outcome, json)
}

/// The code of the first fault and its sentence.
fn first(json: &Value) -> (String, String) {
    let text = |name: &str| json["faults"][0][name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("detail"))
}

/// An issuer that names itself by the host it was called by.
fn issuer(more: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |heard| discovery("http", heard, &more))
}

fn discovery(
    scheme: &str,
    heard: &claviger_testkit::Heard,
    more: &(impl Fn(&str) -> Option<Reply> + ?Sized),
) -> Reply {
    if let Some(reply) = more(&heard.path) {
        return reply;
    }
    let host = format!("{scheme}://{}", heard.header("host")[0]);
    match heard.path.as_str() {
        "/.well-known/openid-configuration" => Reply::status(200).body(
            "application/json",
            json!({"issuer": host, "jwks_uri": format!("{host}/jwks"), "introspection_endpoint": format!("{host}/introspect")})
                .to_string(),
        ),
        "/jwks" => Reply::status(200).body("application/json", key_set()),
        _ => Reply::status(404),
    }
}

/// Every address that a token can hold leads to a listener, and nothing reaches it without `--online`.
#[test]
fn nothing_leaves_the_machine_unless_asked() {
    let sink = Sink::start();
    let url = sink.url();
    let claims =
        mint::with(mint::access_claims(&url, &url, now()), &json!({"jwks_uri": url, "htu": url}));
    let header = json!({"jku": format!("{url}/jwks"), "x5u": format!("{url}/x"), "kid": url});
    let token = mint(Algorithm::Es256, &header, &claims);
    let folder = tempfile::tempdir().unwrap();
    let jwks = file(folder.path(), "jwks.json", key_set());
    let request =
        format!("GET {url}/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let log = file(folder.path(), "access.log", format!("{request}\n{token}\n"));
    let request = file(folder.path(), "request.txt", &request);
    let report = folder.path().join("report.md");
    let curl = format!("curl {url}/orders -H 'Authorization: Bearer {token}'");
    for arguments in [
        vec!["explain", token.as_str()],
        vec!["explain", curl.as_str(), "--jwks", &jwks],
        vec!["explain", "--file", &request, "--issuer", &url, "--audience", &url],
        vec!["explain", "--file", &request, "--file", &log, "--issuer", &url],
        vec!["explain", "--diff", &token, &curl, "--issuer", &url],
        vec!["explain", "--batch", &log, "--issuer", &url, "--jwks", &jwks],
        vec!["explain", &token, "--issuer", &url, "--report", report.to_str().unwrap()],
        vec!["faults", "expired"],
    ] {
        let mut command = claviger(&arguments);
        // Whatever would go over a proxy would be seen as well.
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(name, &url);
        }
        let outcome = Process::run(command, b"");
        assert!(matches!(outcome.code, Some(0 | 1 | 3)), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(sink.requests(), 0, "{arguments:?} talked to somebody");
    }
    // The listener would have noticed.
    let outcome = Process::run(claviger(&["explain", &token, "--online"]), b"");
    assert!(sink.requests() > 0, "{}", outcome.stderr);
}

#[test]
fn every_failure_of_the_issuer_is_told_apart() {
    let failing = |reply: Reply| issuer(move |_| Some(reply.clone()));
    for (server, code, said) in [
        (failing(Reply::status(503)), "key-set-unreachable", "status 503"),
        (failing(Reply::status(0)), "key-set-unreachable", "closed before an answer"),
        (
            failing(Reply::status(302).with("location", "/login")),
            "key-set-unreachable",
            "redirects are not followed",
        ),
        (
            failing(Reply::status(200).body("text/html", "<html>log in</html>")),
            "key-set-invalid",
            "HTML page",
        ),
        (
            failing(Reply::status(200).body("application/json", "{\"issuer\":")),
            "key-set-invalid",
            "no JSON",
        ),
        (
            failing(
                Reply::status(200)
                    .body("application/json", "{\"issuer\":\"https://other.example\"}"),
            ),
            "discovery-mismatch",
            "other.example",
        ),
        (
            failing(Reply::status(200).body("application/json", " ".repeat(300_000))),
            "key-set-invalid",
            "longer than",
        ),
        (
            issuer(|path| {
                (path == "/jwks")
                    .then(|| Reply::status(200).body("application/json", "{\"keys\":[]}"))
            }),
            "key-set-invalid",
            "",
        ),
    ] {
        let token = token(&server.url(), &json!({}));
        let (outcome, json) = explain(&[&token, "--online", "--audience", AUDIENCE], None);
        let (found, detail) = first(&json);
        assert_eq!((outcome.code, found.as_str()), (Some(1), code), "{said}: {json}");
        assert!(detail.contains(said), "{said}: {detail}");
        assert!(!detail.contains("log in"), "a foreign page is repeated: {detail}");
    }
    for (url, said) in [
        ("http://127.0.0.1:9", "nobody listens there"),
        ("http://no-such-host.invalid", "does not resolve"),
        ("https://127.0.0.1:9", "nobody listens there"),
    ] {
        let (_, json) = explain(&[&token(url, &json!({})), "--online"], None);
        let (code, detail) = first(&json);
        assert_eq!(code, "key-set-unreachable", "{json}");
        assert!(detail.contains(said), "{url}: {detail}");
    }
}

#[test]
fn every_failure_of_tls_has_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    for (kind, said) in [
        (Certificate::Good, ""),
        (Certificate::Expired, "has expired"),
        (Certificate::NotYetValid, "not valid yet"),
        (Certificate::OtherName, "is for other.example, not for 127.0.0.1"),
        (Certificate::SelfSigned, "does not trust"),
    ] {
        let tls = Tls::new(kind);
        tls.trust(&trusted);
        let server = Scripted::start_tls(tls, |heard| discovery("https", heard, &|_: &str| None));
        let token = token(&server.url(), &json!({}));
        let (outcome, json) =
            explain(&[&token, "--online", "--audience", AUDIENCE], Some(&trusted));
        if said.is_empty() {
            assert_eq!(outcome.code, Some(0), "{json}");
            continue;
        }
        let (code, detail) = first(&json);
        assert_eq!(code, "key-set-unreachable", "{kind:?}: {json}");
        assert!(detail.contains("certificate") && detail.contains(said), "{kind:?}: {detail}");
    }
    // The two protocols taken for each other.
    let plain = issuer(|_| None);
    let (_, json) =
        explain(&[&token(&plain.url().replace("http:", "https:"), &json!({})), "--online"], None);
    assert!(first(&json).1.contains("speaks no TLS"), "{json}");
    let tls = Scripted::start_tls(Tls::new(Certificate::Good), |_| Reply::status(200));
    let (_, json) =
        explain(&[&token(&tls.url().replace("https:", "http:"), &json!({})), "--online"], None);
    let (_, detail) = first(&json);
    assert!(detail.contains("https") || detail.contains("closed before"), "{detail}");
}

#[test]
fn an_old_key_set_is_held_against_the_published_one() {
    let server = issuer(|_| None);
    let url = server.url();
    let folder = tempfile::tempdir().unwrap();
    let other = keys::other_signing(Algorithm::Es256, "other");
    let old = file(folder.path(), "old.json", keys::jwks(&[other]).to_string());
    let policy = ["--issuer", &url, "--audience", AUDIENCE, "--online"];
    let good = token(&url, &json!({}));
    let judge = |token: &str, jwks: &str| {
        explain(&[&[token, "--jwks", jwks], &policy[..]].concat(), None).1
    };
    let json = judge(&good, &old);
    assert_eq!(first(&json).0, "key-set-stale", "{json}");
    assert_eq!(json["faults"].as_array().unwrap().len(), 1, "{json}");

    // The same name, another key.
    let named = keys::signing(Algorithm::Es256);
    let mut set: Value = serde_json::from_str(&std::fs::read_to_string(&old).unwrap()).unwrap();
    set["keys"][0]["kid"] = json!(named.kid());
    let reused = file(folder.path(), "reused.json", set.to_string());
    assert_eq!(first(&judge(&good, &reused)).0, "key-id-reused");

    // The given set is what is published: no fault; and one that lost its key.
    let same = file(folder.path(), "same.json", key_set());
    assert_eq!(judge(&good, &same)["verdict"], "accepted");
    let rotated = issuer(|path| {
        let next = keys::other_signing(Algorithm::Es256, "other");
        (path == "/jwks")
            .then(|| Reply::status(200).body("application/json", keys::jwks(&[next]).to_string()))
    });
    let url = rotated.url();
    let policy = ["--issuer", &url, "--audience", AUDIENCE, "--online"];
    let token = token(&url, &json!({}));
    let (_, json) = explain(&[&[token.as_str(), "--jwks", &same], &policy[..]].concat(), None);
    assert_eq!(first(&json).0, "key-retired", "{json}");
}

#[test]
fn the_issuer_s_clock_is_compared() {
    let ahead = jiff_date(now() + 600);
    let server = issuer(move |path| {
        (path == "/jwks").then(|| {
            Reply::status(200).body("application/json", key_set()).with("date", ahead.clone())
        })
    });
    let url = server.url();
    let token = token(&url, &json!({"iat": now() + 570, "nbf": now() + 570, "exp": now() + 900}));
    let (_, json) = explain(&[&token, "--online", "--audience", AUDIENCE], None);
    let (code, detail) = first(&json);
    assert_eq!(code, "clock-skew", "{json}");
    assert!(detail.contains("behind that of"), "{detail}");
}

/// RFC 9110 §5.6.7, from RFC 3339.
fn jiff_date(at: i64) -> String {
    let text = claviger_token::rfc3339(at);
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month: usize = text[5..7].parse().unwrap();
    format!("Mon, {} {} {} {} GMT", &text[8..10], months[month - 1], &text[0..4], &text[11..19])
}

#[test]
fn the_issuer_is_asked_about_the_token_only_by_a_client_that_was_named() {
    let authority = Authority::start();
    let resource = "https://orders.example";
    let named = ["--scope", "read", "--introspector", "orders-api"];
    authority.administer(&[&["resource", "create", resource], &named[..]].concat());
    let api = authority.register("orders-api", resource, "read");
    let web = authority.register("web", resource, "read");
    let fields = [("grant_type", "client_credentials"), ("resource", resource)];
    let answer =
        Ask::post_form(&authority.url("/token"), &fields).basic(&web.id, &web.secret).send();
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    let folder = tempfile::tempdir().unwrap();
    let secret = file(folder.path(), "secret", format!("{}\n", api.secret));
    let wrong = file(folder.path(), "wrong", "not-the-secret");
    let policy = ["--online", "--issuer", &authority.issuer, "--audience", resource];
    let ask_with = |secret: &str| {
        let client = ["--introspect-as", &api.id, "--introspect-secret-file", secret];
        explain(&[&[token.as_str()], &policy[..], &client].concat(), None)
    };
    let (outcome, json) = ask_with(&secret);
    assert_eq!(json["verdict"], "accepted", "{json}");
    let check =
        json["checks"].as_array().unwrap().iter().find(|one| one["check"] == "introspection");
    assert_eq!(check.expect("a line about introspection")["outcome"], "passed", "{json}");
    assert!(!outcome.stdout.contains(&api.secret));
    assert_unseen(&outcome.stdout, &token, "the report");

    let (_, json) = ask_with(&wrong);
    let (code, detail) = first(&json);
    assert_eq!(code, "introspection-unreachable", "{json}");
    assert!(detail.contains("refuses the client"), "{detail}");

    let revoked = Ask::post_form(&authority.url("/revoke"), &[("token", &token)])
        .basic(&web.id, &web.secret)
        .send();
    assert_eq!(revoked.status, 200);
    let (outcome, json) = ask_with(&secret);
    assert_eq!((outcome.code, first(&json).0.as_str()), (Some(1), "token-inactive"), "{json}");
    let alone = Process::run(claviger(&["explain", &token, "--introspect-as", "x"]), b"");
    assert_eq!(alone.code, Some(2), "{}", alone.stderr);
}
