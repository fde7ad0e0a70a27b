//! People log in through clients nobody here wrote; and a refresh survives the process.

use claviger_testkit::{Ask, Person, Process, Sink};
use serde_json::{Value, json};

use crate::clients::drive;
use crate::stage::{Authority, Gate, assert_unseen, claviger, file};
use crate::tools::driver;

const REDIRECT: &str = "http://127.0.0.1:4711/callback";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A person, made by the command.
pub(crate) fn with_person(authority: &Authority) {
    let folder = tempfile::tempdir().unwrap();
    let password = file(folder.path(), "password", format!("{PASSWORD}\n"));
    authority.administer(&["user", "create", "ada", "--password-file", &password]);
}

/// The same, and an application that keeps no secret.
pub(crate) fn with_people(authority: &Authority) {
    with_person(authority);
    let made = authority.administer(&[
        "client",
        "create",
        "app",
        "--public",
        "--redirect-uri",
        "http://127.0.0.1/callback",
        "--resource",
        &authority.resource,
        "--scope",
        "openid",
        "--scope",
        "orders:read",
    ]);
    assert_eq!(made["auth_method"], "none", "{made}");
    assert!(made["client_secret"].is_null(), "{made}");
}

#[test]
fn openid_client_logs_a_person_in_and_refreshes() {
    let Some(driver) = driver("code_flow.mjs") else { return };
    let authority = Authority::start();
    with_people(&authority);
    let done = drive(
        driver,
        &json!({
            "issuer": authority.issuer, "client": {"id": "app"}, "redirect": REDIRECT,
            "resource": authority.resource, "scope": "openid orders:read",
            "username": "ada", "password": PASSWORD,
        }),
    );
    assert_eq!(done["ok"], true);
    // The revoked grant's access token is refused at the gate, and another one passes.
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let token = done["access_token"].as_str().unwrap();
    assert_eq!(gate.get("/orders", token).status, 401);
    let log = authority.log();
    assert_unseen(&log, token, "the authority's log");
    assert!(!log.contains("clv_rt_") && !log.contains(PASSWORD), "{log}");
}

/// Killed in the middle of refreshes, again and again: whoever tries again with the token in hand is never logged out.
/// `CLAVIGER_ROUNDS` says how often.
#[test]
fn a_refresh_survives_the_process() {
    let rounds = std::env::var("CLAVIGER_ROUNDS").ok().and_then(|text| text.parse().ok());
    let mut authority = Authority::start();
    with_people(&authority);
    let mut held = grant(&authority);
    for round in 0..rounds.unwrap_or(40) {
        let url = authority.url("/token");
        let token = held.clone();
        // The answer may or may not come: the process is killed while it is on its way.
        let asking = std::thread::spawn(move || refreshing(&url, &token).try_send().ok());
        std::thread::sleep(std::time::Duration::from_micros(round * 150 % 9000));
        authority = authority.killed();
        drop(asking.join());
        let answer = refreshing(&authority.url("/token"), &held).send();
        assert_eq!(answer.status, 200, "round {round}: {}", answer.text());
        held = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    }
}

/// The application's request for new tokens.
pub(crate) fn refreshing(url: &str, token: &str) -> Ask {
    let fields = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)];
    Ask::post_form(url, &fields)
}

/// Logs the person in by the forms, and gives what the application got.
pub(crate) fn grant_of(authority: &Authority, scope: &str) -> Value {
    Person::new(&authority.issuer, "ada", PASSWORD).tokens("app", REDIRECT, scope)
}

/// The same, and the refresh token alone.
pub(crate) fn grant(authority: &Authority) -> String {
    grant_of(authority, "openid")["refresh_token"].as_str().unwrap().to_owned()
}

#[test]
fn bad_accounts_are_refused_with_the_reason() {
    let authority = Authority::start();
    let reach = ["--authority", &authority.issuer, "--admin-token-file"];
    let token_file = authority.data().join("admin.token");
    let token_file = token_file.to_str().unwrap();
    for (name, password, said) in [
        ("ada", "short", "10"),
        ("a b", PASSWORD, "letters, digits"),
        ("grace", "grace-grace-grace", "name is in it"),
    ] {
        let arguments = [&["user", "create", name], &reach[..], &[token_file]].concat();
        let outcome = Process::run(claviger(&arguments), password.as_bytes());
        assert_ne!(outcome.code, Some(0));
        assert!(outcome.stderr.contains(said), "{name}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains(password), "{}", outcome.stderr);
    }
    let listed: Value = authority.administer(&["user", "list"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(0), "{listed}");
}
