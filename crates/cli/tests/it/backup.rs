//! Backups of a running authority, and what a restored one still knows, with the built binary.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use claviger_testkit::{Ask, Process};
use serde_json::Value;

use crate::stage::{Authority, PATIENCE, claviger};

fn run(arguments: &[&str]) -> Output {
    claviger(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_of_a_running_authority_is_restored_and_serves() {
    let authority = Authority::start();
    let token = authority.token();
    let folder = tempfile::tempdir().unwrap();
    let data = authority.data();
    let file = folder.path().join("one.backup");
    let made = run(&[
        "backup",
        text(&file),
        "--data",
        text(&data),
        "--with-master-key",
        "--format",
        "json",
    ]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((&made["clients"], &made["has_master_key"]), (&Value::from(1), &Value::from(true)));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // It writes over nothing, and goes into a directory under a name of its own.
    let again = run(&["backup", text(&file), "--data", text(&data)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is a file already"));
    let named = run(&["backup", text(folder.path()), "--data", text(&data), "--format", "json"]);
    let named: Value = serde_json::from_slice(&named.stdout).unwrap();
    let without = named["file"].as_str().unwrap().to_owned();
    assert_eq!(named["has_master_key"], false);

    let checked = run(&["backup", "--check", text(&file), "--format", "json"]);
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked["keys_open"], true);

    let restored = folder.path().join("restored");
    let put = run(&["restore", text(&file), "--data", text(&restored)]);
    assert_eq!(put.status.code(), Some(0), "{put:?}");
    assert_eq!(
        restored.join("claviger.db").metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    let over = run(&["restore", text(&file), "--data", text(&restored)]);
    assert_eq!(over.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&over.stderr).contains("there is a database already"));

    // Without its master key it is refused; beside the right one it is not; with a wrong one, in words.
    let bare = folder.path().join("bare");
    let put = run(&["restore", &without, "--data", text(&bare)]);
    assert_eq!(put.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&put.stderr).contains("does not hold the master key"));
    std::fs::write(bare.join("master.key"), [7; 32]).unwrap();
    let put = run(&["restore", &without, "--data", text(&bare)]);
    assert!(
        String::from_utf8_lossy(&put.stderr)
            .contains("is not the key that the backup's signing key"),
        "{put:?}"
    );
    std::fs::copy(data.join("master.key"), bare.join("master.key")).unwrap();
    let put = run(&["restore", &without, "--data", text(&bare)]);
    assert_eq!(put.status.code(), Some(0), "{put:?}");

    // The restored one knows the client, the keys, and its administrator by the new token only.
    let (issuer, client) = (authority.issuer.clone(), authority.client.clone());
    let old_admin = std::fs::read_to_string(data.join("admin.token")).unwrap();
    let (outcome, _kept) = authority.stop();
    assert_eq!(outcome.code, Some(0));
    let listen = issuer.trim_start_matches("http://");
    let process = Process::spawn(claviger(&[
        "serve",
        "--data",
        text(&restored),
        "--listen",
        listen,
        "--format",
        "json",
    ]));
    assert!(process.ready(PATIENCE)["bootstrap"].is_null());
    let fields = [("grant_type", "client_credentials")];
    let answer = Ask::post_form(&format!("{issuer}/token"), &fields)
        .basic(&client.id, &client.secret)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    // The same key signs: the first part of a token names it.
    let again = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(again.split('.').next(), token.split('.').next());
    let new_admin = std::fs::read_to_string(restored.join("admin.token")).unwrap();
    for (admin, status) in [(old_admin, 401), (new_admin, 200)] {
        let answer = Ask::get(&format!("{issuer}/admin/v1/clients")).bearer(admin.trim()).send();
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(process.stop(PATIENCE).code, Some(0));
}

#[test]
fn a_damaged_backup_is_told_from_a_whole_one() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.backup");
    assert_eq!(
        run(&["backup", text(&file), "--data", text(&authority.data())]).status.code(),
        Some(0)
    );
    let whole = std::fs::read(&file).unwrap();
    let mut broken = whole.clone();
    // The tables' pages, not only the header.
    for byte in &mut broken[5000..9000] {
        *byte ^= 0x55;
    }
    for name in ["missing", "."] {
        let path = folder.path().join(name);
        for arguments in
            [["backup", "--check", text(&path)], ["restore", text(&path), "--format=json"]]
        {
            let refused = run(&arguments);
            let said = String::from_utf8(refused.stderr).unwrap();
            assert_eq!(refused.status.code(), Some(1), "{said}");
            assert!(said.contains("no such file") || said.contains("a directory"), "{said}");
        }
    }
    let nowhere = folder.path().join("nowhere/one.backup");
    let refused = run(&["backup", text(&nowhere), "--data", text(&authority.data())]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("nowhere: there is no such directory; make it first"), "{said}");
    for (name, bytes) in [
        ("cut", &whole[..whole.len() / 2]),
        ("broken", &broken[..]),
        ("text", b"not a database"),
        ("empty", b""),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let checked = run(&["backup", "--check", text(&path)]);
        assert_eq!(checked.status.code(), Some(1), "{name}: {checked:?}");
        let said = String::from_utf8_lossy(&checked.stderr);
        // Nothing about databases that are served.
        assert!(!said.contains("empty directory"), "{name}: {said}");
        let into = folder.path().join(format!("{name}-restored"));
        assert_eq!(
            run(&["restore", text(&path), "--data", text(&into)]).status.code(),
            Some(1),
            "{name}"
        );
        assert!(!into.join("claviger.db").exists(), "{name}");
    }
}

/// A backup that was killed lies under another name, and no later one takes it for its own.
#[test]
fn half_a_backup_is_told_from_a_whole_one_by_its_name() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.backup");
    let partial = folder.path().join("one.backup.partial");
    let back_up = || run(&["backup", text(&file), "--data", text(&authority.data())]);
    std::fs::write(&partial, "half").unwrap();
    let refused = back_up();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("one.backup.partial: another backup is being made there"), "{said}");
    assert!(said.contains("remove this file") && !file.exists(), "{said}");
    std::fs::remove_file(&partial).unwrap();
    assert_eq!(back_up().status.code(), Some(0));
    let found: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, ["one.backup"]);
}

#[test]
fn what_is_wrong_with_the_source_of_a_backup_is_said_of_the_source() {
    let authority = Authority::start();
    let (_, kept) = authority.stop();
    let data = kept.path().join("data");
    let database = rusqlite::Connection::open(data.join("claviger.db")).unwrap();
    database.execute_batch("INSERT INTO schema_version (version) VALUES (999)").unwrap();
    drop(database);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.backup");
    let refused = run(&["backup", text(&file), "--data", text(&data)]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("data/claviger.db: the database has schema version 999"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The service runs as a user of its own; its files are restored by root.
#[test]
fn what_root_restores_belongs_to_the_directorys_owner() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.backup");
    let data = text(&authority.data()).to_owned();
    let made = run(&["backup", text(&file), "--data", &data, "--with-master-key"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let restored = folder.path().join("restored");
    std::fs::create_dir(&restored).unwrap();
    if chown(&restored, Some(65_534), Some(65_534)).is_err() {
        // Only root restores for others.
        return;
    }
    let put = run(&["restore", text(&file), "--data", text(&restored)]);
    assert_eq!(put.status.code(), Some(0), "{put:?}");
    for name in ["claviger.db", "master.key", "admin.token", "claviger.lock"] {
        let found = restored.join(name).metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (65_534, 65_534), "{name}");
    }
}
