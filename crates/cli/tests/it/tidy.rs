//! The rules of the house, read from the manifests, the dependency tree and the sources.
//!
//! Cargo is asked offline: what is not downloaded was not built either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tools::root;

/// Which crate of ours may know which (ARCHITECTURE.md). Development dependencies are free.
const ARROWS: &[(&str, &[&str])] = &[
    ("token", &[]),
    ("explain", &["token"]),
    ("protocol", &["token"]),
    ("web", &["explain", "protocol", "token"]),
    ("store", &["protocol", "token"]),
    ("guard", &["token"]),
    ("serve", &[]),
    ("gate", &["serve", "guard", "explain", "web", "token"]),
    ("authority", &["serve", "web", "store", "protocol", "explain", "guard", "token"]),
    ("telemetry", &["guard"]),
    ("cli", &["authority", "gate", "telemetry", "guard", "explain", "token"]),
    ("testkit", &["token"]),
];

/// Crates that take time, randomness, keys and bytes as arguments.
const PURE: &[&str] = &["token", "explain", "protocol", "web"];

/// What a pure crate must not reach, however indirectly: runtimes, HTTP, databases, randomness.
const WORLDLY: &[&str] = &[
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "h2",
    "http",
    "http-body",
    "hyper",
    "hyper-util",
    "libsqlite3-sys",
    "mio",
    "oorandom",
    "rand",
    "rand_core",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-util",
    "tower",
    "tower-service",
    "tracing",
    "ureq",
];

/// What the source of a pure crate must not say outside its tests.
const WORLDLY_WORDS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "async fn",
];

/// Licences that ask for nothing but their notice. A crate may be used when its expression can be
/// satisfied with these alone.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that stand in the tree in two versions, and why that is borne.
const TWICE: &[(&str, &str)] = &[
    (
        "base64",
        "development only: `pem`, brought by the `jsonwebtoken` we measure against, is behind",
    ),
    ("untrusted", "aws-lc-rs keeps 0.7 for its ring-like API, rustls-webpki has moved to 0.9"),
    ("syn", "derive macros are moving from 2 to 3; it is built for the host and never linked"),
];

/// Crates that must not come in at all, not even behind a feature, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "one cryptographic library: aws-lc-rs; a second one doubles what must be watched"),
    ("openssl-sys", "as openssl"),
    ("native-tls", "TLS is rustls: the same on every system"),
    ("chrono", "time is jiff in words and i64 in rules"),
];

/// Crates that may stand in Cargo.lock as somebody's unused option but must not be built, and why.
const UNBUILT: &[(&str, &str)] = &[
    ("ring", "aws-lc-rs does the cryptography; rustls and rustls-webpki merely offer ring"),
    ("reqwest", "hyper is the HTTP client"),
    ("rand", "randomness is the system's, drawn in one place"),
];

fn tried(arguments: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout).unwrap());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("cargo {}: {errors}", arguments.join(" ")))
}

fn cargo(arguments: &[&str]) -> String {
    tried(arguments).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Every package of a tree as (name, version, licence).
fn tree(selection: &[&str], edges: &str) -> BTreeSet<(String, String, String)> {
    try_tree(selection, edges).unwrap_or_else(|errors| panic!("{errors}"))
}

fn try_tree(selection: &[&str], edges: &str) -> Result<BTreeSet<(String, String, String)>, String> {
    let mut arguments = vec!["tree", "--offline", "--locked", "--prefix", "none"];
    arguments.extend(["--edges", edges, "--format", "{p}|{l}"]);
    arguments.extend(selection);
    let mut packages = BTreeSet::new();
    for line in tried(&arguments)?.lines() {
        let Some((package, licence)) = line.split_once('|') else {
            continue;
        };
        let mut words = package.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let licence = licence.trim_end_matches(" (*)").trim();
        packages.insert((name.to_owned(), version.to_owned(), licence.to_owned()));
    }
    Ok(packages)
}

fn manifests() -> Vec<Value> {
    let metadata =
        cargo(&["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The room of one of our packages: `claviger-token` is `token`, the binary's is `cli`.
fn room(package: &str) -> Option<&str> {
    match package {
        "claviger" => Some("cli"),
        other => other.strip_prefix("claviger-"),
    }
}

/// Every Rust source under `crates/<room>/src`.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    sources_in(room, "src")
}

/// Every Rust source under `crates/<room>/<part>`; none where there is no such folder.
fn sources_in(room: &str, part: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates").join(room).join(part)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The files that belong to the repository, tracked or about to be.
fn repository_files() -> Option<Vec<PathBuf>> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let listing = String::from_utf8(listing.stdout).unwrap();
    Some(
        listing.split('\0').filter(|path| !path.is_empty()).map(|path| root().join(path)).collect(),
    )
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn the_arrows_between_the_crates_run_one_way() {
    let mut wrong = Vec::new();
    let mut rooms = BTreeSet::new();
    for package in manifests() {
        let name = package["name"].as_str().unwrap();
        let from = room(name).unwrap_or_else(|| panic!("{name}: packages are called claviger-…"));
        let allowed = ARROWS.iter().find(|(known, _)| *known == from);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{from} has no line in ARROWS"));
        rooms.insert(from.to_owned());
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] == "dev" {
                continue;
            }
            let Some(to) = room(dependency["name"].as_str().unwrap()) else {
                continue;
            };
            if !allowed.contains(&to) {
                wrong.push(format!("{from} → {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md does not have: {wrong:?}");
    let known: BTreeSet<_> = ARROWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(rooms, known, "ARROWS and the crates");
}

#[test]
fn pure_crates_reach_no_runtime_no_http_no_database_and_no_randomness() {
    for room in PURE {
        let package = format!("claviger-{room}");
        let reached: Vec<_> = tree(&["--package", &package], "normal,no-proc-macro")
            .into_iter()
            .map(|(name, ..)| name)
            .filter(|name| WORLDLY.contains(&name.as_str()))
            .collect();
        assert!(reached.is_empty(), "{package} is pure, but reaches {reached:?}");
    }
}

#[test]
fn pure_crates_name_no_clock_no_file_no_socket_and_no_environment() {
    let mut wrong = Vec::new();
    for room in PURE {
        for (path, text) in sources(room) {
            if path.file_name().is_some_and(|name| name == "tests.rs") {
                continue;
            }
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (index, line) in product.lines().enumerate() {
                let code = line.trim_start();
                if code.starts_with("//") {
                    continue;
                }
                for word in WORLDLY_WORDS.iter().filter(|word| code.contains(**word)) {
                    wrong.push(format!("{}:{}: {word}", shown(&path), index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "pure crates take these as arguments:\n{}", wrong.join("\n"));
}

#[test]
fn every_source_file_opens_by_saying_what_it_is() {
    let mut silent = Vec::new();
    for (room, _) in ARROWS {
        for (path, text) in sources(room) {
            let is_tests = path.file_name().is_some_and(|name| name == "tests.rs");
            if !is_tests && !text.starts_with("//!") {
                silent.push(shown(&path));
            }
        }
    }
    assert!(silent.is_empty(), "these open without a `//!` sentence:\n{}", silent.join("\n"));
}

#[test]
fn modules_are_named_after_things_of_the_domain() {
    let empty = ["utils", "util", "helpers", "helper", "common", "manager", "misc", "types"];
    let mut wrong = Vec::new();
    for (room, _) in ARROWS {
        for (path, _) in sources(room) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if empty.contains(&stem.as_str()) {
                wrong.push(shown(&path));
            }
        }
    }
    assert!(wrong.is_empty(), "names that say nothing:\n{}", wrong.join("\n"));
}

#[test]
fn every_licence_is_one_that_asks_only_for_its_notice() {
    let edges = "normal,build,dev";
    // Every system's crates where they are downloaded (scripts/test does that), else this one's.
    let packages = try_tree(&["--workspace", "--target", "all"], edges)
        .unwrap_or_else(|_| tree(&["--workspace"], edges));
    let mut wrong = Vec::new();
    for (name, version, licence) in packages {
        if !satisfied(&licence) {
            wrong.push(format!("{name} {version}: {licence:?}"));
        }
    }
    assert!(wrong.is_empty(), "licences to look at before using these:\n{}", wrong.join("\n"));
}

#[test]
fn no_crate_comes_in_two_versions_without_a_reason() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in tree(&["--workspace"], "normal,build,dev") {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let new: Vec<_> =
        versions.iter().filter(|(name, _)| !TWICE.iter().any(|(known, _)| known == name)).collect();
    assert!(
        new.is_empty(),
        "in the tree more than once; end it or give the reason in TWICE: {new:?}"
    );
    let settled: Vec<_> = TWICE.iter().filter(|(name, _)| !versions.contains_key(*name)).collect();
    assert!(settled.is_empty(), "no longer there twice; take them out of TWICE: {settled:?}");
}

#[test]
fn the_lock_file_knows_one_registry_and_no_banned_crate() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let foreign: BTreeSet<_> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "))
        .filter(|source| *source != "\"registry+https://github.com/rust-lang/crates.io-index\"")
        .collect();
    assert!(foreign.is_empty(), "sources other than crates.io: {foreign:?}");
    for (name, reason) in BANNED {
        assert!(!lock.contains(&format!("\nname = \"{name}\"\n")), "{name} is banned: {reason}");
    }
    let built = tree(&["--package", "claviger"], "normal,build");
    for (name, reason) in UNBUILT {
        assert!(!built.iter().any(|(built, ..)| built == name), "{name} is built: {reason}");
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry_host() {
    let Some(files) = repository_files() else {
        crate::tools::skip("this is no git work tree");
        return;
    };
    // Put together here, so that this file does not find itself.
    let words: Vec<String> = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["registry.npm", "js.org"],
        ["files.python", "hosted.org"],
        ["pypi", ".org/simple"],
        ["static.crates", ".io"],
        ["index.crates", ".io"],
        ["deb.deb", "ian.org"],
    ]
    .iter()
    .map(|halves| halves.concat())
    .collect();
    let mut wrong = Vec::new();
    for path in files {
        // Pictures and the like are no text and name nothing.
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                wrong.push(format!("{}:{}: {word}", shown(&path), index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "these belong to one machine:\n{}", wrong.join("\n"));
}

/// A checklist that names a test which is not there promises what nobody holds.
#[test]
fn the_security_checklist_names_tests_that_exist() {
    let list = std::fs::read_to_string(root().join("docs/security-checklist.md")).unwrap();
    let mut texts: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    let mut named = 0;
    for (room, module, test) in list.split('`').skip(1).step_by(2).filter_map(|text| {
        let (room, path) = text.split_once(' ')?;
        let (module, test) = path.split_once("::")?;
        (!path.contains(' ')).then_some((room, module, test))
    }) {
        let texts = texts.entry(room.to_owned()).or_insert_with(|| {
            ["src", "tests"].iter().flat_map(|part| sources_in(room, part)).collect()
        });
        let holds = |(path, text): &&(PathBuf, String)| {
            shown(path).contains(module) && text.contains(&format!("fn {test}("))
        };
        assert!(
            texts.iter().any(|source| holds(&source)),
            "there is no test `{room} {module}::{test}`"
        );
        named += 1;
    }
    assert!(named > 50, "the checklist was not read: {named} tests");
}

/// A guide that names a file which is not there leads nowhere. Paths may begin anywhere, for they are read in a
/// sentence about their crate.
#[test]
fn the_guides_name_files_that_exist() {
    let Some(files) = repository_files() else { return };
    let files: Vec<String> = files.iter().map(|path| format!("/{}", shown(path))).collect();
    let mut named = 0;
    for guide in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(guide)).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            if name.contains(' ') || ![".rs", ".js", ".md"].iter().any(|end| name.ends_with(end)) {
                continue;
            }
            let end = format!("/{name}");
            assert!(files.iter().any(|file| file.ends_with(&end)), "{guide}: no file `{name}`");
            named += 1;
        }
    }
    assert!(named > 30, "the guides were not read: {named} files");
}

/// Whether an SPDX expression can be satisfied with [`LICENCES`] alone.
fn satisfied(expression: &str) -> bool {
    // Before SPDX, a slash stood for OR.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    !rest.is_empty() && either(&mut rest) && rest.is_empty()
}

fn either(words: &mut &[&str]) -> bool {
    let mut good = both(words);
    while let ["OR", rest @ ..] = words {
        *words = rest;
        good |= both(words);
    }
    good
}

fn both(words: &mut &[&str]) -> bool {
    let mut good = one(words);
    while let ["AND", rest @ ..] = words {
        *words = rest;
        good &= one(words);
    }
    good
}

fn one(words: &mut &[&str]) -> bool {
    match words {
        ["(", rest @ ..] => {
            *words = rest;
            let good = either(words);
            match words {
                [")", rest @ ..] => *words = rest,
                _ => return false,
            }
            good
        }
        [name, "WITH", exception, rest @ ..] => {
            let name = format!("{name} WITH {exception}");
            *words = rest;
            LICENCES.contains(&name.as_str())
        }
        [name, rest @ ..] => {
            let good = LICENCES.contains(name);
            *words = rest;
            good
        }
        [] => false,
    }
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "Apache-2.0 / MIT",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "ISC AND (Apache-2.0 OR ISC)",
    ] {
        assert!(satisfied(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 OR MIT AND AGPL-3.0", "(MIT", "MIT)"] {
        assert!(!satisfied(bad), "{bad}");
    }
}
