//! What only another process can show: another user, another umask, a sudden end, a small disk.
//!
//! A test starts itself again with a role in the environment; in that role it does its part and
//! prints what came of it.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use claviger_store::{Store, StoreError};
use claviger_token::revocation::Kind;
use tempfile::TempDir;

use crate::NOW;

/// Names the database to the process that has a role to play.
const ROLE: &str = "CLAVIGER_STORE_TEST_ROLE";

/// The database this process is to play with; none in the process that tests.
fn role() -> Option<PathBuf> {
    env::var_os(ROLE).map(PathBuf::from)
}

/// Says what came of it, in a line that can be told from those of the test harness.
fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n> {what}").unwrap();
    out.flush().unwrap();
}

fn said(line: &str) -> Option<&str> {
    line.strip_prefix("> ")
}

/// A place that other users may walk into.
fn open_to_all() -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// This test once more, behind `wrapper`, with `database` as its role. The program is copied beside
/// it, for another user may not be able to reach where it was built.
fn again(test: &str, wrapper: &[&str], directory: &Path, database: &Path) -> Command {
    let program = directory.join("program");
    if !program.exists() {
        fs::copy(env::current_exe().unwrap(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut words = wrapper.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", test, "--nocapture"]).env(ROLE, database);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What a process in a role said; none where it could not be started at all.
fn told_by(command: &mut Command) -> Option<Vec<String>> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<String> = text.lines().filter_map(said).map(str::to_owned).collect();
    (!lines.is_empty()).then_some(lines)
}

/// Opens and says how it went.
fn try_to_open(database: &Path) {
    say(&match Store::open(database) {
        Ok(_) => "opened".to_owned(),
        Err(StoreError::Unreadable { detail, .. }) => format!("unreadable: {detail}"),
        Err(other) => format!("{other:?}"),
    });
}

/// A user without rights, where we are the superuser and may become one.
const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

#[test]
fn a_place_without_rights_is_told() {
    if let Some(database) = role() {
        return try_to_open(&database);
    }
    let test = "process::a_place_without_rights_is_told";
    let directory = open_to_all();
    let shut = directory.path().join("shut");
    fs::create_dir(&shut).unwrap();
    let mode = |mode| fs::set_permissions(&shut, fs::Permissions::from_mode(mode)).unwrap();
    let database = shut.join("claviger.db");
    mode(0o700);
    drop(Store::open(&database).unwrap());
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| {
        use std::os::unix::fs::MetadataExt as _;
        me.uid() == 0
    });
    let wrapper: &[&str] = if is_root { &NOBODY } else { &["env"] };
    // A directory nobody may enter; one where no file can be made; a file nobody may open.
    mode(0o000);
    let Some(no_entry) = told_by(&mut again(test, wrapper, directory.path(), &database)) else {
        return say("skipped: this user cannot become another");
    };
    mode(0o555);
    let no_new_file = told_by(&mut again(test, wrapper, directory.path(), &shut.join("new.db")));
    mode(0o777);
    fs::set_permissions(&database, fs::Permissions::from_mode(0o000)).unwrap();
    let no_file = told_by(&mut again(test, wrapper, directory.path(), &database));
    mode(0o700);
    for told in [Some(no_entry), no_new_file, no_file] {
        let told = told.unwrap();
        assert!(told[0].starts_with("unreadable: "), "{told:?}");
    }
}

#[test]
fn an_open_umask_opens_nothing() {
    if let Some(database) = role() {
        let store = Store::open(&database).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(store.put_setting("a", "1")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let files = ["db", "db-wal", "db-shm"].map(|end| database.with_extension(end));
        let paths = files.iter().map(PathBuf::as_path).chain(database.parent());
        let modes: Vec<String> = paths.map(|path| format!("{:o}", mode(path))).collect();
        return say(&modes.join(" "));
    }
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("data").join("claviger.db");
    let wrapper = ["sh", "-c", "umask 0 && exec \"$0\" \"$@\""];
    let test = "process::an_open_umask_opens_nothing";
    let told = told_by(&mut again(test, &wrapper, directory.path(), &database));
    assert_eq!(told, Some(vec!["600 600 600 700".to_owned()]));
}

/// An answer means that it is stored: a process that is killed takes none of them back.
#[test]
fn what_was_answered_survives_a_sudden_end() {
    if let Some(database) = role() {
        let store = Store::open(&database).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for number in 0.. {
            let value = number.to_string();
            let entry =
                runtime.block_on(store.revoke(Kind::Token, &value, None, NOW + 300)).unwrap();
            say(&entry.seq.to_string());
        }
    }
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("claviger.db");
    let test = "process::what_was_answered_survives_a_sudden_end";
    let mut answered = 0_u64;
    // The second process goes on with what the first one left, and ends in the same way.
    for end in [100, 200] {
        let mut child = again(test, &["env"], directory.path(), &database).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines {
            if let Some(number) = said(&line.unwrap()) {
                // A value said again is the standing entry, so the numbers of the second process
                // begin anew before they go on.
                answered = answered.max(number.parse().unwrap());
            }
            if answered >= end {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&database).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let stored = runtime.block_on(store.revocations_since(0)).unwrap();
        let numbers: Vec<u64> = stored.iter().map(|entry| entry.seq).collect();
        let last = numbers.len() as u64;
        assert!(last >= answered, "{last} of {answered} are there");
        assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
        runtime.block_on(store.close());
    }
}

/// A file system of its own; taken away when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path, options: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "claviger-test"]).arg(folder);
        let mounted = mount.stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    /// Writes until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut filler = fs::File::create(&path).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0).status());
    }
}

#[test]
fn a_disk_that_is_full_is_told_and_gets_over() {
    let directory = TempDir::new().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), "size=1m") else {
        return say("skipped: mounting a small disk is not permitted here");
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let path = directory.path().join("claviger.db");
    let filler = disk.fill();
    // At the start.
    let error = Store::open(&path).unwrap_err();
    assert_eq!(error, StoreError::Full { path: path.clone() });
    fs::remove_file(&filler).unwrap();
    let store = Store::open(&path).unwrap();
    runtime.block_on(store.put_setting("kept", "1")).unwrap();
    // While it runs: single requests, and many that share a transaction.
    let filler = disk.fill();
    let fails = |value: String| {
        let error = runtime.block_on(store.put_setting("large", &value)).unwrap_err();
        assert_eq!(error, StoreError::Full { path: path.clone() });
    };
    fails("x".repeat(300_000));
    fails("y".repeat(300_000));
    let answers: Vec<_> = runtime.block_on(async {
        let asked: Vec<_> = (0..200)
            .map(|number| {
                let store = store.clone();
                let value = format!("{number}{}", "z".repeat(2000));
                tokio::spawn(async move {
                    (store.revoke(Kind::Token, &value, None, NOW + 300).await, value)
                })
            })
            .collect();
        let mut answers = Vec::new();
        for one in asked {
            answers.push(one.await.unwrap());
        }
        answers
    });
    assert!(answers.iter().any(|(answer, _)| answer.is_err()), "the disk was not full");
    fs::remove_file(&filler).unwrap();
    // There is room again: exactly what was answered is there, and everything goes on.
    let mut stored = Vec::new();
    loop {
        let after = stored.last().map_or(0, |one: &claviger_store::Revoked| one.entry.seq);
        let page = runtime.block_on(store.list_revocations(after, 1000)).unwrap();
        if page.is_empty() {
            break;
        }
        stored.extend(page);
    }
    let mut expected: Vec<u64> =
        answers.iter().filter_map(|(answer, _)| Some(answer.as_ref().ok()?.seq)).collect();
    expected.sort_unstable();
    let seqs: Vec<u64> = stored.iter().map(|one| one.entry.seq).collect();
    assert_eq!(seqs, expected);
    let setting = runtime.block_on(store.find_setting("kept")).unwrap();
    assert_eq!(setting.as_deref(), Some("1"));
    let next = runtime.block_on(store.revoke(Kind::Token, "next", None, NOW + 300)).unwrap();
    assert_eq!(*store.watch().borrow(), next.seq);
    runtime.block_on(store.close());
}

#[test]
fn a_disk_that_is_read_only_is_told() {
    let directory = TempDir::new().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), "size=1m") else {
        return say("skipped: mounting a small disk is not permitted here");
    };
    let path = directory.path().join("claviger.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::open(&path).unwrap();
    runtime.block_on(store.close());
    let mut remount = Command::new("mount");
    let remounted = remount.args(["-o", "remount,ro"]).arg(disk.0).status();
    assert!(remounted.unwrap().success());
    for path in [path, directory.path().join("new.db"), directory.path().join("a/b.db")] {
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains("ead-only"), "{error}");
    }
}
