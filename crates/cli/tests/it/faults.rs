//! `claviger faults` as it is typed, and whether the lines it hands out are of their language at all.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::stage::claviger;
use crate::tools::{on_path, say};

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = claviger(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_cause_is_told_with_its_steps_and_its_stacks() {
    let (status, out, _) = said(&["faults", "audience-mismatch"]);
    assert_eq!(status, Some(0));
    for part in ["confirm\n  1. ", "claviger explain --online", "python", "keycloak"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (status, out, _) = said(&["faults", "audience-mismatch", "--stack", "python"]);
    assert_eq!(status, Some(0));
    assert!(out.contains("fetch_token(") && !out.contains("kcadm.sh"), "{out}");
}

#[test]
fn a_stack_without_lines_names_those_that_have_some() {
    let (status, out, error) = said(&["faults", "expired", "--stack", "nginx"]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(error.contains("not fixed in nginx") && error.contains("python"), "{error}");
    let (status, _, error) = said(&["faults", "expired", "--stack", "cobol"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("dotnet"), "{error}");
}

/// Each snippet once, as (language, lines).
fn snippets() -> BTreeSet<(String, String)> {
    let (_, out, _) = said(&["faults", "--format", "json"]);
    let all: Value = serde_json::from_str(&out).unwrap();
    let remedies = all.as_array().unwrap().iter().flat_map(|cause| {
        assert!(!cause["confirm"].as_array().unwrap().is_empty(), "{}", cause["code"]);
        cause["remedies"].as_array().unwrap()
    });
    remedies
        .filter_map(|remedy| Some((remedy["language"].as_str()?, remedy["lines"].as_str()?)))
        .map(|(language, lines)| (language.to_owned(), lines.to_owned()))
        .collect()
}

#[test]
fn lines_for_python_and_for_a_shell_can_be_parsed() {
    let snippets = snippets();
    let of = |language: &str| -> Vec<&str> {
        let found = snippets.iter().filter(|(name, _)| name == language);
        found.map(|(_, lines)| lines.as_str()).collect()
    };
    // One process for all: an interpreter takes its time to start.
    let each = "import ast, json, sys; [ast.parse(lines) for lines in json.load(sys.stdin)]";
    parse("python3", &["-c", each], &serde_json::to_string(&of("python")).unwrap());
    // Each in a function of its own, so that an open quote or bracket cannot hide in the next.
    let functions: Vec<String> =
        of("sh").iter().enumerate().map(|(n, lines)| format!("f{n}() {{\n{lines}\n}}\n")).collect();
    parse("bash", &["-n"], &functions.concat());
}

fn parse(program: &str, arguments: &[&str], input: &str) {
    if !on_path(program) {
        return say(&format!("not parsed: {program} is missing"));
    }
    let mut parser = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    parser.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = parser.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {error}");
}
