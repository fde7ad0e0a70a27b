//! Administration from a terminal: lists that are whole, changes of what stands there, passwords that nobody sees.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use claviger_testkit::{Ask, Process, Reply, Scripted};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;

use crate::stage::{Authority, claviger, file};

/// A server with more APIs than it tells at once.
#[test]
fn a_list_is_whole() {
    let authority = Authority::start();
    let token = authority.admin_token();
    for nth in 0..1001 {
        let body = json!({ "uri": format!("https://api-{nth}.example") });
        let made = Ask::json("POST", &authority.url("/admin/v1/resources"), &body).bearer(&token);
        assert_eq!(made.send().status, 201);
    }
    let all = authority.administer(&["resource", "list"]);
    // One is the example's.
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1002));
    assert!(all["next"].is_null());
}

#[test]
fn clients_and_resources_are_changed_by_command() {
    let authority = Authority::start();
    let (api, scope) = (authority.resource.clone(), authority.scope.clone());
    let scope = scope.split(' ').next().expect("a scope").to_owned();
    let shown = authority.administer(&["resource", "show", &api]);
    assert_eq!(shown["uri"], api.as_str());
    let set = ["--scope", &scope, "--scope", "new:scope", "--set", "access_ttl_seconds=120"];
    let changed = authority.administer(&[&["resource", "update", &api][..], &set].concat());
    assert_eq!(
        (&changed["scopes"], &changed["access_ttl_seconds"], &changed["name"]),
        (&json!([scope, "new:scope"]), &json!(120), &shown["name"])
    );
    let worker = authority.register("worker", &api, &scope);
    let set = ["--scope", "new:scope", "--set", "access_ttl_seconds=60", "--name", "The worker"];
    let changed = authority.administer(&[&["client", "update", "worker"][..], &set].concat());
    assert_eq!(
        (&changed["scopes"], &changed["access_ttl_seconds"], &changed["name"]),
        (&json!(["new:scope"]), &json!(60), &json!("The worker"))
    );
    let ask = || {
        let form = [("grant_type", "client_credentials"), ("resource", api.as_str())];
        let answer = Ask::post_form(&authority.url("/token"), &form);
        answer.basic(&worker.id, &worker.secret).send()
    };
    let answer = ask();
    assert_eq!((answer.status, &answer.json()["scope"]), (200, &json!("new:scope")));
    authority.administer(&["client", "disable", "worker"]);
    assert_eq!(ask().status, 401);
    authority.administer(&["client", "enable", "worker"]);
    assert_eq!(ask().status, 200);
}

#[test]
fn where_the_authority_is_may_stand_before_what_is_done() {
    let authority = Authority::start();
    let (token_file, issuer) = authority.reach();
    let reach = ["--authority", &issuer, "--admin-token-file", &token_file];
    let outcome = Process::run(claviger(&[&["resource"][..], &reach, &["list"]].concat()), b"");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains(&authority.resource), "{}", outcome.stdout);
}

/// Another authority's token, and a command that says which file it read.
#[test]
fn a_token_that_is_refused_names_its_file() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().expect("a folder");
    let other = Authority::start().admin_token();
    for (name, text) in [("other.token", other.as_str()), ("wrong.token", "nonsense")] {
        let path = file(folder.path(), name, text);
        let arguments =
            ["user", "list", "--authority", &authority.issuer, "--admin-token-file", &path];
        let outcome = Process::run(claviger(&arguments), b"");
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("token is refused"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&path), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("--admin-token-file"), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains(&other));
    }
}

/// What stands there may be something else, whatever it answers.
#[test]
fn who_is_no_authority_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = file(folder.path(), "admin.token", "clv_at_0123456789\n");
    for (reply, code, said) in [
        (Reply::status(404).body("text/html", "<p>"), 1, "404"),
        (Reply::status(200).body("text/html", "<p>welcome"), 3, "no JSON"),
    ] {
        let server = Scripted::start(move |_| reply.clone());
        let arguments =
            ["user", "list", "--authority", &server.url(), "--admin-token-file", &token];
        let outcome = Process::run(claviger(&arguments), b"");
        assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("the authority's address?"), "{}", outcome.stderr);
    }
}

/// What a process says up to some words.
fn read_until(from: &mut impl std::io::Read, words: &str) -> String {
    let mut said = Vec::new();
    let mut byte = [0];
    while from.read(&mut byte).is_ok_and(|read| read == 1) {
        said.push(byte[0]);
        if said.ends_with(words.as_bytes()) {
            break;
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_password_that_is_typed_is_asked_for_twice_and_not_shown() {
    let authority = Authority::start();
    let (token_file, issuer) = authority.reach();
    for (again, code) in [("a good password", 0), ("a goad password", 2)] {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("a terminal of our own");
        let name = ptsname(&terminal, Vec::new()).expect("its name");
        let inner = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its inside");
        let reach = ["--authority", &issuer, "--admin-token-file", &token_file];
        let mut command = claviger(&[&["user", "create", "ada"][..], &reach].concat());
        command.stdin(inner).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary");
        drop(command);
        let mut terminal = File::from(terminal);
        let mut stderr = child.stderr.take().expect("a pipe");
        let asked = read_until(&mut stderr, "Enter:\n");
        assert!(asked.contains("new password"), "{asked}");
        terminal.write_all(b"a good password\n").expect("typed");
        let asked = read_until(&mut stderr, "again:\n");
        assert!(asked.contains("again"), "{asked}");
        terminal.write_all(format!("{again}\n").as_bytes()).expect("typed");
        assert_eq!(child.wait().expect("its end").code(), Some(code));
        // What the terminal showed, as far as it showed anything, ends when its inside is closed.
        let mut shown = Vec::new();
        let _ = terminal.read_to_end(&mut shown);
        let shown = String::from_utf8_lossy(&shown);
        assert!(!shown.contains("password"), "{shown}");
    }
    assert_eq!(authority.administer(&["user", "list"])["items"][0]["username"], "ada");
}
