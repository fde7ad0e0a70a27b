//! A person in a real browser, whose authenticator is the browser's own.

use std::net::TcpListener;

use claviger_testkit::Process;
use serde_json::json;

use crate::clients::drive;
use crate::people::{PASSWORD, with_people};
use crate::stage::{Authority, assert_unseen};
use crate::tools::{driver, on_path, skip};

/// `CLAVIGER_SCREENSHOTS` names a folder for pictures of the pages.
#[test]
fn somebody_logs_in_by_password_passkey_and_code_in_chromium() {
    let Some(driver) = driver("chromium.mjs") else { return };
    let Some(chromium) =
        ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| on_path(name))
    else {
        skip("chromium is missing");
        return;
    };
    // Passkeys are for sites with a name, and browsers take `localhost` for one.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let authority = Authority::start_as(&format!("http://localhost:{port}"), port);
    with_people(&authority);
    let done = drive(
        driver,
        &json!({
            "chromium": chromium, "issuer": authority.issuer, "client": "app", "scope": "openid orders:read",
            "username": "ada", "password": PASSWORD, "screenshots": std::env::var("CLAVIGER_SCREENSHOTS").ok(),
        }),
    );
    assert_eq!(done["ok"], true);
    let factors = authority.administer(&["user", "factors", "ada"]);
    assert_eq!(factors["passkeys"][0]["name"], "Laptop");
    assert!(factors["totp"].is_object() && factors["recovery_codes"] == 10, "{factors}");
    assert_unseen(&authority.log(), PASSWORD, "the authority's log");
}

/// What the administrator does with accounts and log-ins, from a terminal.
#[test]
fn accounts_are_changed_and_log_ins_ended_by_command() {
    let authority = Authority::start();
    with_people(&authority);
    let changed = authority.administer(&[
        "user",
        "update",
        "ada",
        "--name",
        "Ada Lovelace",
        "--group",
        "staff",
        "--set",
        "locale=en-GB",
        "--set",
        "attributes={\"desk\": 3}",
        "--email",
        "ada@example.org",
        "--email-verified",
        "true",
    ]);
    assert_eq!(changed["groups"], json!(["staff"]));
    assert_eq!((&changed["locale"], &changed["attributes"]["desk"]), (&json!("en-GB"), &json!(3)));
    assert_eq!(changed["email_verified"], true);
    assert_eq!(authority.administer(&["user", "show", "ada"]), changed);
    crate::people::grant(&authority);
    let sessions = authority.administer(&["session", "list", "ada"]);
    let sid = sessions["items"][0]["sid"].as_str().expect("a log-in").to_owned();
    authority.administer(&["session", "end", &sid]);
    let sessions = authority.administer(&["session", "list", "ada"]);
    assert_eq!(sessions["items"], json!([]));
    authority.administer(&["session", "end", "ada", "--all"]);
    authority.administer(&["user", "reset-factors", "ada"]);
    authority.administer(&["user", "disable", "ada"]);
    assert_eq!(authority.administer(&["user", "show", "ada"])["disabled"], true);
    authority.administer(&["user", "enable", "ada"]);
    // A password comes from a file or from standard input, never from the command line.
    let (token_file, authority_url) = authority.reach();
    let arguments = [
        "user",
        "set-password",
        "ada",
        "--authority",
        &authority_url,
        "--admin-token-file",
        &token_file,
    ];
    let outcome = Process::run(crate::stage::claviger(&arguments), b"another good password\n");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}
