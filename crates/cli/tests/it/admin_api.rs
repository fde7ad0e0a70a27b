//! The admin API under a fuzzer that knows nothing but its OpenAPI document.

use std::process::Command;

use claviger_testkit::{Ask, Process};

use crate::stage::Authority;
use crate::tools::python_tool;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,response_headers_conformance,ignored_auth";

#[test]
fn schemathesis_finds_no_server_error_and_no_answer_outside_the_document() {
    let Some(schemathesis) = python_tool("schemathesis") else {
        return;
    };
    let mut authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let document = authority.url("/admin/v1/openapi.json");
    let mut command = Command::new(schemathesis);
    let administrator = format!("Authorization: Bearer {}", authority.admin_token());
    command
        .current_dir(folder.path())
        .args(["run", &document, "--header", &administrator])
        .args(["--max-examples=15", "--seed=20261123", "--workers=1", "--no-color"])
        .args(["--generation-database=none", "--phases=examples,coverage,fuzzing"])
        .args(["--checks", CHECKS]);
    let outcome = Process::run(command, b"");
    assert_eq!(outcome.code, Some(0), "{}\n{}", outcome.stdout, outcome.stderr);
    // It is alive and still issues tokens after all that.
    assert!(authority.is_running());
    assert_eq!(Ask::get(&authority.url("/health/ready")).send().status, 200);
    assert!(!authority.log().contains("panicked"), "{}", authority.log());
    assert!(!authority.log().contains(&authority.admin_token()));
}

#[test]
fn the_admin_api_wants_the_administrator() {
    let authority = Authority::start();
    let url = authority.url("/admin/v1/clients");
    let without = Ask::get(&url).send();
    assert_eq!(without.status, 401);
    assert!(without.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    assert_eq!(Ask::get(&url).bearer("wrong").send().status, 401);
    assert_eq!(Ask::get(&url).bearer(&authority.token()).send().status, 401);
    assert_eq!(Ask::get(&url).bearer(&authority.admin_token()).send().status, 200);
}
