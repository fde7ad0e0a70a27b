//! The README does what it says: its `console` blocks run, in order, against the built binary.
//!
//! `claviger` is on the shell's path, and `cargo run --release -- …` starts the same binary, so that
//! nothing is built twice. The two set-up commands stand in an `sh` block, which is not run here:
//! `scripts/test` is what runs this test, and CI runs it from a fresh clone.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::readme_script::{run, steps};
use crate::tools::root;

const CARGO: &str = r#"#!/usr/bin/env bash
# Stands in for cargo while the README is tested.
if [ "$1 $2 $3" = "run --release --" ]; then shift 3; exec claviger "$@"; fi
echo "the README's console blocks may say cargo run --release -- … and nothing else of cargo" >&2
exit 2
"#;

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("README.md")
}

fn put_program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_console_block_of_the_readme_runs_as_written() {
    let steps = steps(&readme());
    assert!(!steps.is_empty(), "README.md has no console block");
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("bin");
    let work = folder.path().join("work");
    for folder in [&programs, &work] {
        std::fs::create_dir(folder).unwrap();
    }
    let binary = env!("CARGO_BIN_EXE_claviger");
    std::os::unix::fs::symlink(binary, programs.join("claviger")).unwrap();
    put_program(&programs, "cargo", CARGO);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)));
    let mut shell = Command::new("bash");
    // A Python server in the background must not keep its first words to itself.
    shell
        .env_clear()
        .env("PYTHONUNBUFFERED", "1")
        .env("PATH", path.unwrap())
        .env("HOME", folder.path())
        .env("NO_COLOR", "1");
    run(&steps, shell, &work);
}

#[test]
fn the_readme_sets_everything_up_with_two_commands() {
    let readme = readme();
    for command in ["cargo run --release -- ", "scripts/test"] {
        assert!(
            readme.lines().any(|line| line.trim_start_matches("$ ").starts_with(command)),
            "README.md does not show `{command}`"
        );
    }
    assert!(root().join("scripts/test").is_file());
}
