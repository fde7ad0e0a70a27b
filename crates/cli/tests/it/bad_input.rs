//! Bad input at every door: a clear message, the right exit code or status, never a panic, and never
//! a token in a log.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use claviger_testkit::process::Outcome;
use claviger_testkit::{Ask, Process, Sink, mint};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::stage::{Authority, Gate, PATIENCE, assert_unseen, claviger, file};
use crate::tools::say;

/// A good token but for its time; its signature is what no log may show.
fn a_token() -> String {
    let claims = mint::access_claims("https://id.example", "https://api.example", 1_795_000_000);
    mint(Algorithm::Es256, &json!({}), &claims)
}

/// Runs the binary and holds what holds for every end: no panic, a message where there was trouble.
fn run(arguments: &[&str], input: &[u8]) -> Outcome {
    let outcome = Process::run(claviger(arguments), input);
    let said = format!("{arguments:?}: {:?}\n{}\n{}", outcome.code, outcome.stdout, outcome.stderr);
    assert!(!said.contains("panicked"), "{said}");
    assert!(outcome.code.is_some(), "a signal ended it: {said}");
    if matches!(outcome.code, Some(2 | 3)) {
        assert!(outcome.stderr.trim().len() > 10, "no message: {said}");
        assert!(!outcome.stderr.contains("Os {"), "a message for programmers: {said}");
    }
    outcome
}

#[test]
fn whatever_explain_is_given_it_ends_with_a_verdict_or_says_why_not() {
    let token = a_token();
    let half = &token[..token.len() / 2];
    let long = format!("Authorization: Bearer {}", "a".repeat(1024 * 1024));
    let noise: Vec<u8> =
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let deep = format!("{{\"access_token\":{}", "[".repeat(100_000));
    let cases: &[(&str, &[u8], i32)] = &[
        ("a truncated token", half.as_bytes(), 1),
        ("a token with one segment", token.split('.').next().unwrap_or("").as_bytes(), 1),
        ("dots alone", b"..", 1),
        ("a word", b"hello", 1),
        ("a header of 1 MiB", long.as_bytes(), 1),
        ("JSON without an end", deep.as_bytes(), 1),
        ("a request that stops", b"GET / HTTP/1.1\r\nAuthoriz", 1),
        ("a curl command that stops", b"curl -H 'Authorization: Bearer", 1),
        ("a NUL in the token", b"eyJhbGciOiJub25lIn0.e30.\0", 1),
    ];
    for (name, input, code) in cases {
        let outcome = run(&["explain", "-", "--format", "json"], input);
        assert_eq!(outcome.code, Some(*code), "{name}: {}\n{}", outcome.stdout, outcome.stderr);
        let report: Value = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{name}: {error}: {}", outcome.stdout));
        assert_eq!(report["verdict"], "refused", "{name}: {report}");
        assert!(report["faults"][0]["code"].is_string(), "{name}: {report}");
        let text = run(&["explain", "-"], input);
        assert_eq!(text.code, Some(*code), "{name}, as text: {}", text.stderr);
        assert!(text.stderr.is_empty(), "{name}: words on stderr without trouble: {}", text.stderr);
    }
    // Bytes that are no text: judged, or refused with a message; both are an answer.
    for (name, input) in [
        ("noise", noise.as_slice()),
        ("invalid UTF-8", b"Authorization: Bearer \xff\xfe\xfd".as_slice()),
        ("nothing", b"".as_slice()),
    ] {
        let outcome = run(&["explain", "-"], input);
        assert!(
            matches!(outcome.code, Some(1 | 2)),
            "{name}: {:?} {}",
            outcome.code,
            outcome.stderr
        );
    }
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").to_str().unwrap().to_owned();
    let a_folder = folder.path().to_str().unwrap().to_owned();
    let unknown_field = file(folder.path(), "claviger.toml", "listn = \"127.0.0.1:0\"\n");
    let token = a_token();
    let token = token.as_str();
    let empty = file(folder.path(), "empty.token", "\n");
    let good = file(folder.path(), "good.token", "clv_at_0123456789\n");
    let cases: &[(&[&str], &str)] = &[
        (&["user", "list", "--admin-token-file", &missing], &missing),
        (
            &["user", "list", "--admin-token-file", &empty],
            "does not hold the administrator's token",
        ),
        (
            &["user", "list", "--admin-token-file", &good, "--authority", "id.example"],
            "`--authority id.example`",
        ),
        (&["user", "create", "ada", "--password-file", &missing], "the password"),
        (&["journal", "--kind", "nonsense"], "administration"),
        (&["why", ""], "DIAGNOSIS"),
        (&["client", "update", "app"], "nothing to change"),
        (&["explain", token, "--frobnicate"], "--frobnicate"),
        (&["frobnicate"], "frobnicate"),
        (&["explain", "--file", &missing], &missing),
        (&["explain", "--file", &a_folder], &a_folder),
        (&["explain", token, "--jwks", &missing], &missing),
        (&["explain", token, "--key", &missing], &missing),
        (&["explain", token, "--secret-file", &missing], &missing),
        (&["explain", token, "--now", "yesterday"], "yesterday"),
        (&["explain", token, "--algorithm", "ES999"], "ES999"),
        (&["explain", token, "--claim", "no-equals-sign"], "no-equals-sign"),
        (&["explain", token, "--format", "yaml"], "yaml"),
        (&["faults", "no-such-fault"], "no-such-fault"),
        (&["serve", "--config", &missing], &missing),
        (&["serve", "--config", &unknown_field], "listn"),
        (&["serve", "--listen", "somewhere"], "the flag --listen"),
        (&["gate", "--issuer", "http://127.0.0.1:1", "--audience", "a"], "--upstream"),
        (
            &["gate", "--upstream", "ftp://x", "--issuer", "http://127.0.0.1:1", "--audience", "a"],
            "ftp://x",
        ),
        (
            &["gate", "--upstream", "http://x", "--issuer", "http://127.0.0.1:1", "--audience", ""],
            "no audience is configured, or one is empty",
        ),
        (
            &["user", "create", "ada", "--admin-token-file", &good],
            "no password in the first line of standard input",
        ),
        (
            &["user", "create", "ada", "--admin-token-file", &good, "--password-file", &empty],
            "no password in the first line of `",
        ),
    ];
    for (arguments, named) in cases {
        let outcome = run(arguments, b"");
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}\n{}", outcome.stdout, outcome.stderr);
        assert!(
            outcome.stderr.contains(named),
            "{arguments:?} names no {named:?}: {}",
            outcome.stderr
        );
        assert_unseen(&outcome.stderr, token, "a message");
    }
}

#[test]
fn keys_that_are_none_are_a_fault_with_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let html = file(folder.path(), "login.html", "<!doctype html><title>Sign in</title>");
    let token = a_token();
    for (option, place, code) in [
        ("--jwks", html.as_str(), "key-set-invalid"),
        ("--jwks", "http://127.0.0.1:1/jwks", "key-set-unreachable"),
        ("--key", html.as_str(), "key-format"),
    ] {
        let outcome = run(&["explain", &token, option, place, "--format", "json"], b"");
        assert_eq!(outcome.code, Some(1), "{place}: {}\n{}", outcome.stdout, outcome.stderr);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["faults"][0]["code"], code, "{report}");
        assert!(report["faults"][0]["detail"].as_str().unwrap().contains(place), "{report}");
        assert_unseen(&outcome.stderr, &token, "a message");
    }
}

#[test]
fn what_could_not_be_found_out_is_exit_code_3() {
    let token = a_token();
    let nobody = "http://127.0.0.1:1";
    let folder = tempfile::tempdir().unwrap();
    let admin_token = file(folder.path(), "admin.token", "not-a-real-one\n");
    let cases: &[&[&str]] = &[
        &["client", "list", "--authority", nobody, "--admin-token-file", &admin_token],
        &["why", "dg_0000000000000000", "--authority", nobody, "--admin-token-file", &admin_token],
    ];
    for arguments in cases {
        let outcome = run(arguments, b"");
        assert_eq!(outcome.code, Some(3), "{arguments:?}: {}\n{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("127.0.0.1:1"), "{arguments:?}: {}", outcome.stderr);
        assert_unseen(&outcome.stderr, &token, "a message");
    }
}

/// Starts an authority that cannot start, and returns what it said.
fn refused_start(data: &Path, listen: &str) -> String {
    let data = data.to_str().unwrap();
    let outcome = run(&["serve", "--data", data, "--listen", listen, "--format", "json"], b"");
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(matches!(outcome.code, Some(2 | 3)), "{:?}: {said}", outcome.code);
    assert!(!outcome.stdout.contains("issuer"), "nothing was ready: {said}");
    outcome.stderr
}

#[test]
fn a_port_in_use_is_said_and_leaves_nothing_half_done() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let said = refused_start(&folder.path().join("data"), &address);
    assert!(said.contains(&address), "{said}");
    let gate = run(
        &[
            "gate",
            "--listen",
            &address,
            "--upstream",
            "http://127.0.0.1:1",
            "--issuer",
            "http://127.0.0.1:1",
            "--audience",
            "a",
        ],
        b"",
    );
    assert!(matches!(gate.code, Some(2 | 3)), "{:?}: {}", gate.code, gate.stderr);
    assert!(gate.stderr.contains(&address), "{}", gate.stderr);
}

#[test]
fn a_data_directory_that_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "data", "a file");
    let said = refused_start(Path::new(&path), "127.0.0.1:0");
    assert!(said.contains(&path), "{said}");
}

#[test]
fn a_data_directory_in_use_is_said() {
    let authority = Authority::start();
    let said = refused_start(&authority.data(), "127.0.0.1:0");
    assert!(said.contains("another"), "{said}");
    assert!(said.contains(authority.data().to_str().unwrap()), "{said}");
}

#[test]
fn a_database_locked_by_another_program_is_said_and_not_waited_for_without_end() {
    let (_, folder) = Authority::start().stop();
    let database = folder.path().join("data/claviger.db");
    assert!(database.is_file());
    // Python's own SQLite holds the lock, as a backup script would.
    let script = "import sqlite3,sys,time\n\
        db=sqlite3.connect(sys.argv[1],isolation_level=None)\n\
        db.execute('PRAGMA locking_mode=EXCLUSIVE')\n\
        db.execute('BEGIN EXCLUSIVE')\n\
        print('{\"locked\":true}',flush=True)\n\
        time.sleep(600)\n";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(&database);
    let holder = Process::spawn(python);
    assert_eq!(holder.ready(PATIENCE)["locked"], true);
    let said = refused_start(&folder.path().join("data"), "127.0.0.1:0");
    assert!(said.contains("locked") || said.contains("in use"), "{said}");
    assert!(said.contains(database.to_str().unwrap()), "{said}");
}

/// A file system of its own with little room; `None` where none may be mounted.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        let option = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "claviger-test"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        let disk = mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()));
        if disk.is_none() {
            say("skipped: mounting a small disk is not permitted here");
        }
        disk
    }

    /// Writes until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut filler = std::fs::File::create(&path).unwrap();
        let block = [0_u8; 4096];
        while filler.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_at_the_start_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), "64k") else {
        return;
    };
    disk.fill();
    let said = refused_start(&folder.path().join("data"), "127.0.0.1:0");
    let said = said.to_lowercase();
    assert!(said.contains("no space") || said.contains("full"), "{said}");
}

#[test]
fn a_disk_that_fills_up_is_answered_with_5xx_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), "8m") else {
        return;
    };
    let mut authority = Authority::start_in(tempfile::tempdir_in(folder.path()).unwrap());
    let filler = disk.fill();
    // A revocation has to be stored: it fails aloud, or is stored; it is never just said to be.
    for _ in 0..50 {
        let token = authority.token();
        let answer = Ask::post_form(&authority.url("/revoke"), &[("token", &token)])
            .basic(&authority.client.id, &authority.client.secret)
            .send();
        assert!(
            answer.status == 200 || answer.status >= 500,
            "{}: {}",
            answer.status,
            answer.text()
        );
        assert!(
            !answer.text().contains("SQLITE"),
            "an inner error leaves the house: {}",
            answer.text()
        );
        assert_unseen(&authority.log(), &token, "the log");
    }
    std::fs::remove_file(filler).unwrap();
    assert!(authority.is_running(), "{}", authority.log());
    let token = authority.token();
    authority.revoke(&token);
    assert!(!authority.log().contains("panicked"), "{}", authority.log());
    drop(authority.stop());
}

/// Sends bytes to a server and returns the status of its answer, 0 where it just hung up.
fn status_of(url: &str, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may stop reading before the end; its answer still counts.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(std::net::Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer);
    text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

#[test]
fn neither_server_is_moved_by_what_is_no_request() {
    let mut authority = Authority::start();
    let sink = Sink::start();
    let mut gate = Gate::of(&authority, &sink.url());
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Big: {}\r\n\r\n", "a".repeat(1024 * 1024));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(20_000));
    for url in [&authority.issuer, &gate.url] {
        for (name, bytes) in [
            ("noise", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice()),
            ("nothing", b"".as_slice()),
            ("half a request", b"GET / HTTP/1.1\r\nHos".as_slice()),
            ("a header of 1 MiB", huge.as_bytes()),
            ("20,000 headers", many.as_bytes()),
            (
                "two lengths",
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            ),
            ("a NUL in a header", b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n".as_slice()),
        ] {
            let status = status_of(url, bytes);
            assert!(status == 0 || (400..500).contains(&status), "{url} {name}: {status}");
        }
    }
    assert_eq!(sink.requests(), 0);
    assert!(authority.is_running() && gate.is_running());
    assert_eq!(gate.get("/", &authority.token()).status, 200);
    let log = authority.log() + &gate.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn the_gate_names_the_cause_of_every_bad_credential_and_logs_none() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let token = authority.token();
    let url = format!("{}/", gate.url);
    let bearer = |value: &str| Ask::get(&url).header("Authorization", value);
    let long = format!("Bearer {}", "a".repeat(70 * 1024));
    let cases = [
        ("no header", Ask::get(&url), 401),
        ("empty", bearer("Bearer "), 401),
        ("no scheme", bearer(&token), 401),
        ("another scheme", bearer("Basic dXNlcjpwYXNz"), 401),
        ("scheme twice", bearer(&format!("Bearer Bearer {token}")), 401),
        ("quoted", bearer(&format!("Bearer \"{token}\"")), 401),
        ("placeholder", bearer("Bearer undefined"), 401),
        ("truncated", bearer(&format!("Bearer {}", &token[..token.len() - 20])), 401),
        ("tampered", bearer(&format!("Bearer {}", mint::tampered(&token, 1))), 401),
        ("not UTF-8", Ask::get(&url).header("Authorization", b"Bearer \xff\xfe"), 401),
        ("two headers", bearer("Bearer a").header("Authorization", "Bearer b"), 400),
    ];
    for (name, ask, status) in cases {
        let answer = ask.send();
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        let problem = answer.json();
        assert!(problem["code"].as_str().is_some_and(|code| !code.is_empty()), "{name}: {problem}");
        assert!(problem["diagnosis"].is_string(), "{name}: {problem}");
        assert!(answer.header("www-authenticate").is_some(), "{name}");
        assert_unseen(&answer.text(), &token, "an answer");
    }
    let long = bearer(&long).send();
    assert!(matches!(long.status, 401 | 431), "{}: {}", long.status, long.text());
    assert_eq!(sink.requests(), 0);
    assert_eq!(gate.get("/", &token).status, 200);
    assert_unseen(&(gate.log() + &authority.log()), &token, "a log");
    assert!(!gate.log().contains("panicked"), "{}", gate.log());
}

#[test]
fn the_token_endpoint_refuses_what_is_no_token_request() {
    let authority = Authority::start();
    let url = authority.url("/token");
    let form = "application/x-www-form-urlencoded";
    let post = |kind: &str, body: Vec<u8>| {
        Ask::new("POST", &url)
            .header("Content-Type", kind)
            .basic(&authority.client.id, &authority.client.secret)
            .body(body)
            .send()
    };
    for (name, kind, body) in [
        ("nothing", form, Vec::new()),
        ("no UTF-8", form, b"grant_type=\xff\xfe".to_vec()),
        ("bad percent", form, b"grant_type=%zz".to_vec()),
        ("twice", form, b"grant_type=client_credentials&grant_type=client_credentials".to_vec()),
        ("another grant", form, b"grant_type=password&username=a&password=b".to_vec()),
        ("JSON", "application/json", b"{\"grant_type\":\"client_credentials\"}".to_vec()),
        ("1 MiB", form, vec![b'a'; 1024 * 1024]),
    ] {
        let answer = post(kind, body);
        assert!(
            (400..500).contains(&answer.status),
            "{name}: {}: {}",
            answer.status,
            answer.text()
        );
        let refusal = answer.json();
        assert!(refusal["error"].is_string(), "{name}: {refusal}");
        assert!(refusal["error_description"].is_string(), "{name}: {refusal}");
    }
    assert_eq!(Ask::get(&url).send().status, 405);
    let log = authority.log();
    assert!(!log.contains("panicked"), "{log}");
    assert!(!log.contains(&authority.client.secret), "the secret is in the log:\n{log}");
}
