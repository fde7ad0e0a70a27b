//! A database file: its rights, its restarts, and everything that can be wrong with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claviger_protocol::KeyState;
use claviger_store::{Options, Store, StoreError};
use claviger_token::revocation::Kind;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{NOW, client, key};

fn place() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("data").join("claviger.db");
    (directory, path)
}

/// The text says which file and what to do.
fn says(error: &StoreError, path: &Path, advice: &str) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(text.contains(advice), "{text}");
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let (_directory, path) = place();
    let store = Store::open(&path).unwrap();
    store.put_client(client("a")).await.unwrap();
    store.change_keys(vec![(key("k1", KeyState::Active), vec![1])], Vec::new()).await.unwrap();
    store.revoke(Kind::Token, "t", None, NOW).await.unwrap();
    store.close().await;
    assert!(!path.with_extension("db-wal").exists(), "a clean end leaves one file");
    let store = Store::open(&path).unwrap();
    assert_eq!(store.find_client("a").await.unwrap(), Some(client("a")));
    assert_eq!(store.list_keys().await.unwrap().len(), 1);
    assert_eq!(*store.watch().borrow(), 1);
    assert_eq!(store.path(), path);
}

/// A process that is killed never closes: the log beside the database has what was answered.
#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let (directory, path) = place();
    let store = Store::open(&path).unwrap();
    store.revoke(Kind::Token, "t", None, NOW).await.unwrap();
    let copy = directory.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(path.with_extension("db-wal"), copy.with_extension("db-wal")).unwrap();
    let store = Store::open(&copy).unwrap();
    assert_eq!(store.revocations_since(0).await.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_directory, path) = place();
    let store = Store::open(&path).unwrap();
    store.put_setting("a", "1").await.unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for file in [path.clone(), path.with_extension("db-wal"), path.with_extension("db-shm")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    store.close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = Store::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600, "an old file is closed to others, too");
}

#[tokio::test]
async fn a_lock_of_another_process_is_told_and_gets_over() {
    let (_directory, path) = place();
    let quick = Options::default().busy_timeout(Duration::from_millis(50));
    let store = Store::open_with(&path, &quick).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.put_setting("a", "1").await.unwrap_err();
    assert_eq!(error, StoreError::Locked { path: path.clone() });
    says(&error, &path, "stop that process");
    assert!(store.health().await.is_err());
    // Reading goes on.
    assert_eq!(store.find_setting("a").await.unwrap(), None);
    other.execute_batch("ROLLBACK").unwrap();
    store.put_setting("a", "1").await.unwrap();
    store.close().await;
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let error = Store::open_with(&path, &quick).unwrap_err();
    assert_eq!(error, StoreError::Locked { path });
}

#[tokio::test]
async fn a_full_disk_is_told_and_gets_over() {
    let (_directory, path) = place();
    let store = Store::open(&path).unwrap();
    store.put_setting("kept", "1").await.unwrap();
    store.close().await;
    let store = Store::open_with(&path, &Options::default().max_pages(40)).unwrap();
    let large = "x".repeat(1 << 20);
    let error = store.put_setting("large", &large).await.unwrap_err();
    assert_eq!(error, StoreError::Full { path: path.clone() });
    says(&error, &path, "free some space");
    // What stood still stands, and what fits is written.
    assert_eq!(store.find_setting("kept").await.unwrap().as_deref(), Some("1"));
    assert_eq!(store.find_setting("large").await.unwrap(), None);
    store.put_setting("small", "2").await.unwrap();
    store.health().await.unwrap();
}

#[test]
fn what_is_no_database_is_left_alone() {
    let (_directory, path) = place();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = "this is a letter, not a database\n".repeat(200);
    fs::write(&path, &text).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    says(&error, &path, "restore a backup");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // Another program's database.
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    says(&error, &path, "another program");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_database_is_told() {
    let (_directory, path) = place();
    let store = Store::open(&path).unwrap();
    for number in 0..200 {
        store.put_client(client(&format!("c{number}"))).await.unwrap();
    }
    store.close().await;
    let whole = fs::read(&path).unwrap();
    // Cut off, and overwritten in the middle.
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let mut scribbled = whole;
    let length = scribbled.len();
    scribbled[4096..length].fill(0xAA);
    fs::write(&path, scribbled).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    says(&error, &path, "restore a backup");
}

#[tokio::test]
async fn a_newer_schema_is_not_touched() {
    let (_directory, path) = place();
    Store::open(&path).unwrap().close().await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("INSERT INTO schema_version (version) VALUES (99)").unwrap();
    drop(other);
    let error = Store::open(&path).unwrap_err();
    assert_eq!(error, StoreError::Newer { path: path.clone(), found: 99, known: 3 });
    says(&error, &path, "run the newer program");
}

#[test]
fn a_place_where_nothing_can_stand_is_told() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [file.join("claviger.db"), directory.path().to_owned()] {
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
        says(&error, &path, "give the user that runs claviger access");
    }
}

/// Nothing of the private part of a key that is over is left in the file.
#[tokio::test]
async fn a_wiped_key_is_gone_from_the_disk() {
    let (_directory, path) = place();
    let store = Store::open(&path).unwrap();
    let sealed = b"sealed-private-part-of-the-key-0123456789".to_vec();
    store
        .change_keys(vec![(key("k1", KeyState::Active), sealed.clone())], Vec::new())
        .await
        .unwrap();
    store.change_keys(Vec::new(), vec![key("k1", KeyState::Withdrawn)]).await.unwrap();
    store.close().await;
    let bytes = fs::read(&path).unwrap();
    assert!(!bytes.windows(sealed.len()).any(|window| window == sealed));
}
