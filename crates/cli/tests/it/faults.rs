//! `claviger faults` as it is typed, and whether the lines it hands out are of their language at all.

use std::collections::BTreeSet;
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
    let parsers: &[(&str, &str, &[&str])] = &[
        ("python", "python3", &["-c", "import ast, sys; ast.parse(sys.stdin.read())"]),
        ("sh", "bash", &["-n"]),
    ];
    for (language, program, arguments) in parsers {
        if !on_path(program) {
            say(&format!("not parsed: {program} is missing"));
            continue;
        }
        for (_, lines) in snippets.iter().filter(|(found, _)| found == language) {
            let mut parser = Command::new(program)
                .args(*arguments)
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(&mut parser.stdin.take().unwrap(), lines.as_bytes()).unwrap();
            let output = parser.wait_with_output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{language}: {error}\n{lines}");
        }
    }
}
