//! The files in `deploy/`: systemd takes the unit, and both files speak of a program that is this one.

use std::collections::BTreeMap;
use std::process::Command;

use claviger_testkit::Process;
use serde_json::Value;

use crate::stage::{claviger, file};
use crate::tools::{on_path, root, skip};

fn deployed(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).expect("a file in deploy/")
}

/// The values of a setting of the unit, in order.
fn settings<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

/// Runs `systemd-analyze` on the unit, as if the program were installed.
fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    if !on_path("systemd-analyze") {
        skip("systemd-analyze is missing");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let unit = deployed("claviger.service")
        .replace("/usr/local/bin/claviger", env!("CARGO_BIN_EXE_claviger"));
    let path = file(folder.path(), "claviger.service", unit);
    let output = Command::new("systemd-analyze").args(arguments).arg(path).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn systemd_takes_the_unit_without_a_word() {
    let Some((good, said)) = analyze(&["verify", "--man=no"]) else { return };
    assert!(good && said.trim().is_empty(), "{said}");
}

/// Of ten, where ten is a service that is shut into nothing.
#[test]
fn the_unit_shuts_the_service_in() {
    let arguments = ["security", "--offline=true", "--no-pager", "--threshold=20"];
    let Some((good, said)) = analyze(&arguments) else { return };
    assert!(good, "{said}");
}

/// A name without which systemd would start something else, or wait for ever.
#[test]
fn the_unit_starts_this_program_as_it_ends_and_refuses() {
    let unit = deployed("claviger.service");
    let [start] = settings(&unit, "ExecStart")[..] else { panic!("one ExecStart") };
    let (program, arguments) = start.split_once(' ').unwrap();
    assert_eq!(program, "/usr/local/bin/claviger");
    let folder = tempfile::tempdir().unwrap();
    let bad = file(folder.path(), "claviger.toml", "[tokens]\naccess_ttl_seconds = 0\n");
    let arguments: Vec<&str> = arguments
        .split(' ')
        .map(|word| if word == "/etc/claviger/claviger.toml" { &*bad } else { word })
        .collect();
    assert!(arguments.contains(&&*bad), "{start}");
    // What cannot be served ends with the status that is not tried again.
    let outcome = Process::run(claviger(&arguments), b"");
    let [prevented] = settings(&unit, "RestartPreventExitStatus")[..] else { panic!("{unit}") };
    assert_eq!(outcome.code.map(|code| code.to_string()).as_deref(), Some(prevented));
    // The service manager waits longer than the program takes to end.
    let [patience] = settings(&unit, "TimeoutStopSec")[..] else { panic!("{unit}") };
    let patience: u64 = patience.trim_end_matches('s').parse().unwrap();
    let environment: BTreeMap<&str, &str> =
        settings(&unit, "Environment").iter().filter_map(|one| one.split_once('=')).collect();
    let shown = shown(&environment, &[]);
    assert!(patience > shown["limits.shutdown_seconds"].0.as_u64().unwrap());
    assert_eq!(shown["data_dir"].0, "/var/lib/claviger");
    for (name, value) in [("StartLimitIntervalSec", "0"), ("LimitCORE", "0")] {
        assert_eq!(settings(&unit, name), [value]);
    }
    let [state] = settings(&unit, "StateDirectory")[..] else { panic!("{unit}") };
    assert_eq!(shown["data_dir"].0, format!("/var/lib/{state}"));
}

/// Each field with its value and its source, as the program would be served with this environment.
fn shown(
    environment: &BTreeMap<&str, &str>,
    further: &[&str],
) -> BTreeMap<String, (Value, String)> {
    let mut command = claviger(&[&["config", "show", "--format", "json"], further].concat());
    command.envs(environment);
    let outcome = Process::run(command, b"");
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    let shown: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let settings = shown["settings"].as_array().unwrap().iter();
    settings
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("field"), (one["value"].clone(), text("source")))
        })
        .collect()
}

#[test]
fn the_container_speaks_of_settings_and_commands_that_there_are() {
    let container = deployed("Containerfile");
    let line = |name: &str| {
        let mut lines = container.lines().filter_map(|line| line.strip_prefix(name));
        lines.next().unwrap_or_else(|| panic!("no {name}")).trim()
    };
    let environment: BTreeMap<&str, &str> =
        line("ENV ").split(' ').filter_map(|one| one.split_once('=')).collect();
    // It is told where it is reached with each start, or does not start.
    let told = ["--set", "trusted_proxy=true", "--issuer", "https://id.example"];
    let shown = shown(&environment, &told);
    let from_environment = shown.iter().filter(|(_, (_, source))| source == "environment").count();
    let own = environment.keys().filter(|name| **name != "CLAVIGER_LOG").count();
    assert_eq!(from_environment, own, "{environment:?}");
    assert_eq!(shown["listen"].0, format!("0.0.0.0:{}", line("EXPOSE ")));
    assert_eq!(shown["data_dir"].0, format!("{}/data", line("VOLUME ")));
    for name in ["CLAVIGER_ISSUER", "CLAVIGER_TLS__CERT_FILE", "CLAVIGER_TLS__KEY_FILE"] {
        assert!(container.contains(&format!("-e {name}=")), "{name}");
    }
    for (instruction, says) in [("CMD [\"serve", "serve"), ("HEALTHCHECK", "health")] {
        assert!(container.lines().any(|line| line.starts_with(instruction) && line.contains(says)));
        let help = Process::run(claviger(&[says, "--help"]), b"");
        assert_eq!(help.code, Some(0), "{says}");
    }
    // A number that is not root's: what runs it cannot look names up.
    let user = line("USER ").split(':').next().unwrap_or_default();
    assert!(user.parse::<u32>().is_ok_and(|id| id > 0), "{user}");
    assert!(container.contains(&format!("--chown={}", line("USER "))));
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let oldest = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    assert!(container.contains(&format!("rust:{oldest}")), "built by another Rust than {oldest}");
}
