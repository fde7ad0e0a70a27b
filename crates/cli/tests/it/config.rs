//! `claviger config` and what `serve` makes of file, environment and flags, with the built binary.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::stage::claviger;

struct Written {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn written(text: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claviger.toml");
    std::fs::write(&path, text).unwrap();
    Written { _folder: folder, path }
}

fn config(arguments: &[&str], file: &Written, environment: &[(&str, &str)]) -> Output {
    let mut command = claviger(&["config"]);
    command.args(arguments).arg(&file.path).envs(environment.iter().copied());
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn config_check_points_at_the_line() {
    let file = written("listen = \"127.0.0.1:8600\"\n\n[signing]\nrsa_bits = 1000  # fast\n");
    let output = config(&["check"], &file, &[]);
    assert_eq!(output.status.code(), Some(2));
    let path = file.path.display();
    let expected = format!(
        "error: `signing.rsa_bits`: 1000 is no size we make\n --> {path}:4:12\n  |\n4 | rsa_bits = 1000  # fast\n  |            ^^^^\n fix: choose 2048, 3072 or 4096\n1 mistake ({path})\n"
    );
    assert_eq!(text(&output), expected);
}

#[test]
fn config_check_tells_programs_the_same() {
    let file = written("lisen = \"127.0.0.1:8600\"\n");
    let output = config(&["check", "--format", "json"], &file, &[]);
    assert_eq!(output.status.code(), Some(2));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["ok"], false);
    let problem = &told["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(problem["fix"], "did you mean `listen`?");
    let file = written("");
    let output = config(&["check", "--format", "json"], &file, &[]);
    assert_eq!(output.status.code(), Some(0));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["ok"], true);
}

#[test]
fn config_check_tells_every_mistake_and_every_warning_at_once() {
    let file = written(
        "lisen = 1\nexample = 'no'\n[signing]\nrsa_bits = 1000\nalso = ['ES256']\n[tls]\nclient_ca_file = '/nowhere/ca.pem'\nkey_file = 'k'\n",
    );
    let environment = [("CLAVIGER_ISUER", "https://id.example")];
    let output = config(&["check"], &file, &environment);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    let path = file.path.display();
    for place in ["1:1", "2:11", "4:12", "5:8", "8:12"] {
        assert!(said.contains(&format!(" --> {path}:{place}\n")), "{place}: {said}");
    }
    assert!(said.contains("note: the variable `CLAVIGER_ISUER`"), "{said}");
    assert!(said.ends_with(&format!("5 mistakes ({path})\n")), "{said}");
    let output = config(&["check", "--format", "json"], &file, &environment);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["problems"].as_array().map(Vec::len), Some(5), "{told}");
    assert_eq!(told["notes"].as_array().map(Vec::len), Some(1), "{told}");
    // Files that can be named are read, whatever else is wrong.
    let file = written(
        "example = 'no'\n[tls]\nclient_ca_file = '/nowhere/ca.pem'\ncert_file = '/nowhere/c'\nkey_file = '/nowhere/k'\n",
    );
    let said = text(&config(&["check"], &file, &[]));
    for place in ["1:11", "3:18", "4:13"] {
        assert!(said.contains(&format!(":{place}\n")), "{place}: {said}");
    }
}

#[test]
fn config_show_says_where_each_value_comes_from_and_reads_back() {
    let file = written("[tokens]\naccess_ttl_seconds = 120\nsession_ttl_seconds = 3600\n");
    let environment = [
        ("CLAVIGER_TOKENS__SESSION_TTL_SECONDS", "7200"),
        ("CLAVIGER_ISSUER", "https://id.example"),
    ];
    let output = config(&["show", "--set", "limits.connections=50"], &file, &environment);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output);
    for (line, place) in [
        ("access_ttl_seconds = 120", "claviger.toml:2"),
        ("session_ttl_seconds = 7200", "# CLAVIGER_TOKENS__SESSION_TTL_SECONDS"),
        ("issuer = \"https://id.example\"", "# CLAVIGER_ISSUER"),
        ("connections = 50", "# --set limits.connections"),
        ("rsa_bits = 2048", "# default"),
    ] {
        let found = shown.lines().find(|shown| shown.starts_with(line));
        assert!(found.is_some_and(|found| found.ends_with(place)), "{line}: {shown}");
    }
    let again = config(&["check"], &written(&shown), &[]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
}

#[test]
fn serve_refuses_what_config_check_refuses() {
    let file = written("listen = '0.0.0.0:1'\nissuer = 'https://id.example'\n");
    let output = claviger(&["serve", "--config"]).arg(&file.path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("claviger.toml:1:10") && said.contains("^^^^"), "{said}");
}

#[test]
fn an_address_without_a_number_is_told_what_to_write_wherever_it_stands() {
    let file = written("listen = \"localhost:8600\"\n[limits]\nconnections = -1\n");
    let said = text(&config(&["check"], &file, &[]));
    assert!(said.contains("`listen`: is no IP address with a port"), "{said}");
    assert!(said.contains("expected a whole number, 0 or more"), "{said}");
    let flag = claviger(&["config", "check", "--listen", "localhost:8600"]).output().unwrap();
    let said = text(&flag);
    assert!(said.contains("is no IP address with a port") && said.contains("--listen"), "{said}");
    let missing = claviger(&["config", "check", "nowhere.toml"]).output().unwrap();
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains("nowhere.toml") && said.contains("CLAVIGER_CONFIG"), "{said}");
}
