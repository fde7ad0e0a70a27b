//! What the first start leaves behind, what later starts find, and what stops a start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use claviger_authority::{Authority, Clock, Config};

use crate::app::{App, NOW};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn everything_is_readable_by_its_owner_alone() {
    let app = App::start().await;
    let dir = app.config.data_dir.clone();
    assert_eq!(mode(&dir), 0o700);
    let mut seen = 0;
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
    assert_eq!(fs::read(dir.join("master.key")).unwrap().len(), 32);
    let token = fs::read_to_string(dir.join("admin.token")).unwrap();
    assert_eq!(token.trim_end(), app.bootstrap.admin_token.expose());
}

#[tokio::test]
async fn no_secret_lies_in_the_database() {
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let secrets =
        [app.bootstrap.admin_token.expose().to_owned(), example.client_secret.expose().to_owned()];
    let dir = app.config.data_dir.clone();
    app.authority.close().await;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("admin.token") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_restart_keeps_keys_clients_and_the_administrator() {
    let app = App::start().await;
    let token = app.access_token().await;
    let kid = crate::app::header(&token)["kid"].clone();
    let app = app.restart().await;
    let again = app.access_token().await;
    assert_eq!(crate::app::header(&again)["kid"], kid);
    app.admin("GET", "/clients", None).await.is(200);
}

#[tokio::test]
async fn without_the_example_there_is_no_client() {
    let app = App::with(|config| config.example = false).await;
    assert!(app.bootstrap.example.is_none());
    let clients = app.admin("GET", "/clients", None).await.is(200).json();
    assert_eq!(clients["items"].as_array().unwrap().len(), 0);
}

async fn error(config: &Config) -> String {
    let opened = Authority::open_at(config.clone(), Clock::manual(NOW)).await;
    let error = opened.expect_err("must not open").to_string();
    assert!(error.contains(';'), "says what to do: {error}");
    error
}

#[tokio::test]
async fn a_second_process_on_the_same_directory_is_told() {
    let app = App::start().await;
    assert!(error(&app.config).await.contains("another claviger process"));
}

#[tokio::test]
async fn a_missing_or_wrong_master_key_is_told() {
    let app = App::start().await;
    let (config, path) = (app.config.clone(), app.config.data_dir.join("master.key"));
    let App { authority, router, dir, .. } = app;
    drop(router);
    authority.close().await;
    let right = fs::read(&path).unwrap();
    fs::write(&path, [9; 32]).unwrap();
    let wrong = error(&config).await;
    assert!(wrong.contains("master.key"), "{wrong}");
    fs::write(&path, b"short").unwrap();
    assert!(error(&config).await.contains("32 raw bytes"));
    fs::remove_file(&path).unwrap();
    assert!(error(&config).await.contains("missing"));
    // Elsewhere, in hex.
    let elsewhere = dir.path().join("key.hex");
    let hex: String = right.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(&elsewhere, hex).unwrap();
    let config = Config { master_key_file: Some(elsewhere), ..config };
    assert!(Authority::open_at(config, Clock::manual(NOW)).await.is_ok());
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let on_file = Config { data_dir: file.clone(), ..Config::default() };
    assert!(error(&on_file).await.contains("no directory"));
    let below_file = Config { data_dir: file.join("below"), ..Config::default() };
    assert!(error(&below_file).await.contains("below"));
    let foreign = dir.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letter.txt"), "x").unwrap();
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o755)).unwrap();
    let config = Config { data_dir: foreign.clone(), ..Config::default() };
    assert!(error(&config).await.contains("not ours"));
    assert_eq!(mode(&foreign), 0o755, "left alone");
}

#[tokio::test]
async fn a_database_that_is_none_is_told() {
    let app = App::start().await;
    let config = app.config.clone();
    let App { authority, router, dir: _dir, .. } = app;
    drop(router);
    authority.close().await;
    for extra in ["claviger.db-wal", "claviger.db-shm"] {
        let _ = fs::remove_file(config.data_dir.join(extra));
    }
    fs::write(config.data_dir.join("claviger.db"), "this is no database at all, sorry".repeat(200))
        .unwrap();
    assert!(error(&config).await.contains("claviger.db"));
}
