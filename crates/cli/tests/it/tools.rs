//! Which foreign tools are at hand, and what their absence means.

use std::path::PathBuf;
use std::process::Command;

/// What `CLAVIGER_E2E` or CI says about foreign tools.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A missing one fails the test.
    Always,
    /// None is used, even where it is there.
    Never,
    /// A missing one skips the test.
    WhereThere,
}

fn wanted() -> Wanted {
    match std::env::var("CLAVIGER_E2E").as_deref() {
        Ok("require") => Wanted::Always,
        Ok("skip") => Wanted::Never,
        _ if std::env::var("CI").is_ok_and(|value| value == "true") => Wanted::Always,
        _ => Wanted::WhereThere,
    }
}

/// Says that a test was skipped and why; fails it where nothing may be skipped.
pub(crate) fn skip(reason: &str) {
    let required = wanted() == Wanted::Always;
    assert!(!required, "{reason}: run scripts/test, which installs what the tests need");
    say(&format!("skipped: {reason}"));
}

/// Something that the reader of a test run has to learn: what was not run, or a figure.
#[expect(clippy::print_stderr, reason = "a test speaks to whoever reads its output")]
pub(crate) fn say(words: &str) {
    eprintln!("{words}");
}

/// Whether foreign tools are to be left alone; says so where they are.
fn left_out(what: &str) -> bool {
    let never = wanted() == Wanted::Never;
    if never {
        skip(&format!("{what}: CLAVIGER_E2E=skip"));
    }
    never
}

pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).expect("crates/cli lies two folders down").to_owned()
}

fn peers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}

/// A driver in `tests/peers` as a command: `.mjs` by node, `.py` by the Python of the test tools.
/// `None` where the tools are missing, which was then said.
pub(crate) fn driver(script: &str) -> Option<Command> {
    let path = peers().join(script);
    assert!(path.is_file(), "no such driver: {}", path.display());
    if left_out(script) {
        return None;
    }
    let mut command = if script.ends_with(".mjs") {
        if !peers().join("node_modules/openid-client").is_dir() || !on_path("node") {
            skip(&format!("{script} needs node and the packages of tests/peers/package.json"));
            return None;
        }
        Command::new("node")
    } else {
        Command::new(python_tool("python")?)
    };
    command.arg(path);
    Some(command)
}

/// A program of the Python test tools.
pub(crate) fn python_tool(name: &str) -> Option<PathBuf> {
    if left_out(name) {
        return None;
    }
    let path = root().join(".test-tools/venv/bin").join(name);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("{name} with the packages of tests/peers/requirements.txt is missing"));
    None
}

/// A Rust client with a lock file of its own, as `scripts/test` built it.
pub(crate) fn rust_driver(name: &str) -> Option<PathBuf> {
    if left_out(name) {
        return None;
    }
    let path = root().join(".test-tools/rust/debug").join(name);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("{name} is not built"));
    None
}

/// A configuration template of nginx, where nginx is installed.
pub(crate) fn nginx_template(name: &str) -> Option<String> {
    if left_out("nginx") {
        return None;
    }
    if !on_path("nginx") {
        skip("nginx is missing");
        return None;
    }
    Some(std::fs::read_to_string(peers().join(name)).expect("the template"))
}

/// A configuration template of Apache, where that and its mod_auth_openidc are installed.
pub(crate) fn apache_template(name: &str) -> Option<String> {
    if left_out("Apache") {
        return None;
    }
    let module = PathBuf::from("/usr/lib/apache2/modules/mod_auth_openidc.so");
    if !on_path("apache2") || !module.is_file() {
        skip("Apache with mod_auth_openidc is missing");
        return None;
    }
    Some(std::fs::read_to_string(peers().join(name)).expect("the template"))
}

/// Whether a program can be found. `/usr/sbin` is looked into as well: Debian puts nginx there.
pub(crate) fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.into_iter().any(|folder| folder.join(name).is_file())
}
