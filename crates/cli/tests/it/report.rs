//! `explain --report`: what the file holds, who may read it, and which files it never touches.

use std::fs;

use claviger_testkit::process::Outcome;
use claviger_testkit::{Process, keys, mint};
use claviger_token::Algorithm;
use serde_json::json;

use crate::stage::{assert_unseen, claviger, file};

const NOW: i64 = 1_795_000_000;

fn token() -> String {
    let claims = mint::access_claims("https://id.example", "https://billing.example", NOW - 60);
    let person = json!({"sub": "margaret-4711", "email": "margaret@corp.example"});
    mint(Algorithm::Hs256, &json!({}), &mint::with(claims, &person))
}

fn explain(secret: &str, report: &str, input: &str) -> Outcome {
    let now = NOW.to_string();
    let arguments = [
        "explain",
        "--report",
        report,
        "--secret-file",
        secret,
        "--now",
        &now,
        "--issuer",
        "https://id.example",
        "--audience",
        "https://api.example",
        "-",
    ];
    let outcome = Process::run(claviger(&arguments), input.as_bytes());
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    outcome
}

#[test]
fn the_report_tells_a_support_all_and_nobody_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = file(folder.path(), "secret.bin", keys::SECRET);
    let place = folder.path().join("report.md");
    let report = place.to_str().unwrap();
    let sent = format!("Authorization: Bearer \"{}\"", token());
    let outcome = explain(&secret, report, &sent);
    assert_eq!(outcome.code, Some(1), "{}{}", outcome.stdout, outcome.stderr);
    let said = fs::read_to_string(&place).unwrap();
    for part in [
        "# Claviger report: refused\n",
        "(`quoted`)",
        "(`audience-mismatch`)",
        "`https://billing.example`",
        "`email`: a text of 21 characters",
        "--secret-file secret.bin",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_unseen(&said, &token(), "the report");
    let known = std::str::from_utf8(keys::SECRET).unwrap();
    let folder_name = folder.path().to_str().unwrap();
    for secret in ["margaret", known, folder_name] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A former report gives way, whole.
    fs::write(&place, format!("{said}{said}")).unwrap();
    explain(&secret, report, &sent);
    assert_eq!(fs::read_to_string(&place).unwrap(), said);
}

#[test]
fn a_file_that_is_no_report_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let secret = file(folder.path(), "secret.bin", keys::SECRET);
    for content in ["", "# My notes\n", "# Claviger"] {
        let place = file(folder.path(), "notes.md", content);
        let outcome = explain(&secret, &place, &token());
        assert_eq!(outcome.code, Some(2), "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("is no report of claviger"), "{}", outcome.stderr);
        assert_eq!(fs::read_to_string(&place).unwrap(), content);
    }
    let outcome = explain(&secret, folder.path().to_str().unwrap(), &token());
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    let nowhere = folder.path().join("none").join("report.md");
    let outcome = explain(&secret, nowhere.to_str().unwrap(), &token());
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    #[cfg(unix)]
    {
        let link = folder.path().join("link.md");
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let outcome = explain(&secret, link.to_str().unwrap(), &token());
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        assert_eq!(fs::read(&secret).unwrap(), keys::SECRET);
    }
}
