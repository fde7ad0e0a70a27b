//! The diagnosis cases: one planted fault each, minted with an independent implementation.
//!
//! Read from `CLAVIGER_CASES` (the path of `diagnosis.jsonl`); without it the test says that it was
//! skipped. Cases that are not right yet are listed by name in `expected_failures.txt`, each with its
//! reason; one that has become right must be taken off the list.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_explain::{Certainty, Report, Surroundings, explain};
use claviger_token::{Algorithm, Expect, Policy};
use serde_json::Value;

struct Case {
    name: String,
    input: String,
    args: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    verdicts: Vec<String>,
    first: Vec<String>,
    all: Vec<String>,
    proven: bool,
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Case {
    fn read(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a case is one line of JSON");
        let expect = &value["expect"];
        let files = value["files"].as_object().into_iter().flatten();
        Self {
            name: value["name"].as_str().unwrap_or_default().to_owned(),
            input: value["input"].as_str().unwrap_or_default().to_owned(),
            args: texts(&value["args"]),
            files: files
                .map(|(name, content)| {
                    let content = content.as_str().expect("base64");
                    (name.clone(), STANDARD.decode(content).expect("base64"))
                })
                .collect(),
            verdicts: expect["verdict"]
                .as_str()
                .unwrap_or_default()
                .split('|')
                .map(str::to_owned)
                .collect(),
            first: texts(&expect["first"]),
            all: texts(&expect["all"]),
            proven: expect["proven"] == true,
        }
    }

    /// What the command line makes of these options.
    fn surroundings(&self) -> Surroundings {
        let mut policy = Policy::default();
        let mut now = 0;
        let mut expect = None;
        let mut given: Vec<(&str, &str)> = Vec::new();
        let mut args = self.args.iter();
        while let Some(option) = args.next() {
            let value = args.next().expect("every option has a value");
            match option.as_str() {
                "--now" => now = value.parse().expect("unix seconds"),
                "--issuer" => policy.issuers.push(value.clone()),
                "--audience" => policy.audiences.push(value.clone()),
                "--scope" => policy.scopes.extend(value.split(' ').map(str::to_owned)),
                "--algorithm" => {
                    policy.algorithms.push(Algorithm::from_name(value).expect("an algorithm"));
                }
                "--claim" => {
                    let (name, value) = value.split_once('=').expect("name=value");
                    policy.pinned.push((name.to_owned(), value.to_owned()));
                }
                "--max-age" => policy.max_age = Some(value.parse().expect("seconds")),
                "--leeway" => policy.leeway = value.parse().expect("seconds"),
                "--expect" => {
                    expect = Some(match value.as_str() {
                        "access" => Expect::Access,
                        "id" => Expect::Id,
                        _ => Expect::Any,
                    });
                }
                "--jwks" | "--key" | "--secret-file" => given.push((option, value)),
                other => panic!("{}: the option {other} is not known here", self.name),
            }
        }
        let named = !policy.issuers.is_empty() || !policy.audiences.is_empty();
        policy.expect = expect.unwrap_or(if named { Expect::Access } else { Expect::Any });
        given.into_iter().fold(Surroundings::new(policy, now), |surroundings, (option, name)| {
            let bytes = &self.files[name];
            match option {
                "--jwks" => surroundings.with_key_set(name, bytes),
                "--key" => surroundings.with_key(name, bytes),
                _ => surroundings.with_secret(name, bytes),
            }
        })
    }

    /// Why the report is not what the case expects.
    fn complaint(&self, report: &Report) -> Option<String> {
        let codes: Vec<String> = report
            .faults
            .iter()
            .map(|one| format!("{} ({})", one.fault.code, one.certainty.as_str()))
            .collect();
        let said = format!("{} {codes:?}", report.verdict.as_str());
        if !self.verdicts.iter().any(|verdict| verdict == report.verdict.as_str()) {
            return Some(format!("verdict: {said}"));
        }
        match report.first() {
            None if self.first.is_empty() => {}
            Some(first) if self.first.iter().any(|code| code == first.fault.code.as_str()) => {
                if self.proven && first.certainty != Certainty::Proven {
                    return Some(format!("not proven: {said}"));
                }
            }
            _ => return Some(format!("first should be {:?}: {said}", self.first)),
        }
        let missing = self
            .all
            .iter()
            .find(|code| !report.faults.iter().any(|one| one.fault.code.as_str() == code.as_str()));
        missing.map(|code| format!("{code} is missing: {said}"))
    }
}

#[test]
fn the_diagnosis_cases_come_out_right() {
    let Some(path) = std::env::var_os("CLAVIGER_CASES") else {
        println!("skipped: CLAVIGER_CASES is not set");
        return;
    };
    let text = std::fs::read_to_string(&path).expect("CLAVIGER_CASES names a readable file");
    let expected: BTreeMap<&str, &str> = include_str!("expected_failures.txt")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(':').expect("name: reason"))
        .collect();
    let mut wrong = Vec::new();
    let mut right = 0;
    let mut total = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case = Case::read(line);
        total += 1;
        let before = std::time::Instant::now();
        let report = explain(case.input.as_bytes(), &case.surroundings());
        let took = before.elapsed();
        if std::env::var_os("CLAVIGER_VERBOSE").is_some() {
            println!("{:35} {:>8.1?} {:?}", case.name, took, case.complaint(&report));
            for one in &report.faults {
                println!(
                    "      {} [{}] {} {:?}",
                    one.fault.code,
                    one.certainty.as_str(),
                    one.fault.detail(),
                    one.fault.span
                );
            }
        }
        match (case.complaint(&report), expected.get(case.name.as_str())) {
            (None, None) => right += 1,
            (Some(_), Some(_)) => {}
            (Some(complaint), None) => wrong.push(format!("{}: {complaint}", case.name)),
            (None, Some(_)) => {
                wrong.push(format!("{}: is right now; take it off the list", case.name));
            }
        }
    }
    println!("{right} of {total} cases are right");
    assert!(wrong.is_empty(), "{right} of {total} are right, but\n{}", wrong.join("\n"));
}
