//! `claviger demo` is the living proof: all seven causes, provoked over HTTP, come out right.

use claviger_testkit::Process;
use serde_json::Value;

use crate::stage::claviger;

const CLASSES: [&str; 7] =
    ["header", "malformed", "tampered", "expired", "revoked", "audience-scope", "server"];

#[test]
fn the_demo_provokes_all_seven_causes_and_each_comes_out_right() {
    let text = Process::run(claviger(&["demo"]), b"");
    assert_eq!(text.code, Some(0), "{}{}", text.stdout, text.stderr);
    assert!(!text.stderr.contains("panicked"), "{}", text.stderr);

    let json = Process::run(claviger(&["demo", "--format", "json"]), b"");
    assert_eq!(json.code, Some(0), "{}{}", json.stdout, json.stderr);
    let report: Value = serde_json::from_str(&json.stdout)
        .unwrap_or_else(|error| panic!("one JSON document: {error}: {}", json.stdout));
    let report = report.to_string();
    for class in CLASSES {
        assert!(report.contains(&format!("\"{class}\"")), "no {class}: {report}");
    }
}
