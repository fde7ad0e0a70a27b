//! How the process begins and ends: what it tells a service manager, what happens to running requests,
//! and which databases it refuses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use claviger_testkit::pki::Pki;
use claviger_testkit::{Ask, Process};

use crate::stage::{Authority, PATIENCE, claviger};

const FIRST_SCHEMA: &str = include_str!("../../../store/migrations/sqlite/0001_start.sql");

fn serve(folder: &std::path::Path, further: &[(&str, &str)]) -> (Process, String) {
    let data = folder.join("data");
    let arguments =
        ["serve", "--listen", "127.0.0.1:0", "--format", "json", "--data", data.to_str().unwrap()];
    let mut command = claviger(&arguments);
    command.envs(further.iter().copied());
    let process = Process::spawn(command);
    let ready = process.ready(PATIENCE);
    let issuer = ready["issuer"].as_str().unwrap_or_else(|| panic!("{ready}")).to_owned();
    (process, issuer)
}

/// The settings for a certificate and its key.
fn speaking_tls((cert, key): &(PathBuf, PathBuf)) -> [(&str, &str); 2] {
    [
        ("CLAVIGER_TLS__CERT_FILE", cert.to_str().unwrap()),
        ("CLAVIGER_TLS__KEY_FILE", key.to_str().unwrap()),
    ]
}

/// `claviger health` on this machine, with the settings of the authority that it asks.
fn health(issuer: &str, settings: &[(&str, &str)]) -> Output {
    let listen = issuer.rsplit('/').next().unwrap();
    let mut command = claviger(&["health", "--listen", listen]);
    command.envs(settings.iter().copied()).output().unwrap()
}

fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([name, &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// A request of which half the body is sent.
fn half(issuer: &str) -> TcpStream {
    let mut socket = TcpStream::connect(issuer.trim_start_matches("http://")).unwrap();
    let head = "POST /introspect HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\ntok";
    socket.write_all(head.as_bytes()).unwrap();
    // The server has to have read the head before it is asked to end.
    std::thread::sleep(Duration::from_millis(300));
    socket
}

#[test]
fn running_requests_end_before_the_process_does() {
    let folder = tempfile::tempdir().unwrap();
    let (process, issuer) = serve(folder.path(), &[]);
    let mut socket = half(&issuer);
    signal(&process, "-TERM");
    std::thread::sleep(Duration::from_millis(200));
    let late = TcpStream::connect(issuer.trim_start_matches("http://"));
    assert!(late.is_err(), "a new connection was taken while ending");
    socket.write_all(b"en=x").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let outcome = process.wait(PATIENCE);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn a_second_signal_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let patient =
        [("CLAVIGER_LIMITS__SHUTDOWN_SECONDS", "60"), ("CLAVIGER_LIMITS__BODY_READ_SECONDS", "60")];
    let (process, issuer) = serve(folder.path(), &patient);
    let _stuck = half(&issuer);
    signal(&process, "-TERM");
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    signal(&process, "-TERM");
    let outcome = process.wait(PATIENCE);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    // What stood in the database is whole.
    let (again, _) = serve(folder.path(), &[]);
    assert_eq!(again.stop(PATIENCE).code, Some(0));
}

/// Whoever waits for readiness may ask at once.
#[test]
fn a_signal_right_after_readiness_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    for signals in [["-TERM", "-TERM"], ["-HUP", "-TERM"]].repeat(4) {
        let (process, _) = serve(folder.path(), &[]);
        for name in signals {
            signal(&process, name);
        }
        assert_eq!(process.wait(PATIENCE).code, Some(0), "{signals:?}");
    }
}

#[test]
fn the_service_manager_is_told_of_readiness_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let (process, _) = serve(folder.path(), &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let mut told = [0; 200];
    let count = socket.recv(&mut told).unwrap();
    assert!(told[..count].starts_with(b"READY=1"), "{:?}", &told[..count]);
    signal(&process, "-HUP");
    assert_eq!(process.stop(PATIENCE).code, Some(0));
    let count = socket.recv(&mut told).unwrap();
    assert!(told[..count].starts_with(b"STOPPING=1"), "{:?}", &told[..count]);
}

#[test]
fn a_database_of_a_newer_program_is_left_alone_and_said_so() {
    let authority = Authority::start();
    let (_, folder) = authority.stop();
    let database = folder.path().join("data/claviger.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute_batch("INSERT INTO schema_version (version) VALUES (999)").unwrap();
    connection.close().unwrap();
    let before = std::fs::read(&database).unwrap();
    let data = folder.path().join("data");
    let output =
        claviger(&["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    for part in
        ["schema version 999", "run the newer program", "restore a backup from before the upgrade"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(std::fs::read(&database).unwrap(), before);
}

#[test]
fn a_database_of_the_first_release_is_led_to_the_newest_schema() {
    let authority = Authority::start();
    let client = authority.client.clone();
    let (_, folder) = authority.stop();
    let database = folder.path().join("data/claviger.db");
    // What it looked like at version 1: the first script's tables, with what stands in them today.
    let newer = folder.path().join("data/newer.db");
    std::fs::rename(&database, &newer).unwrap();
    // Whoever closes last puts the log away; a process may end before its readers have closed.
    let log = folder.path().join("data/claviger.db-wal");
    if log.exists() {
        std::fs::rename(log, folder.path().join("data/newer.db-wal")).unwrap();
    }
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute_batch(FIRST_SCHEMA).unwrap();
    connection.pragma_update(None, "application_id", 0x434C_5647).unwrap();
    connection.execute("ATTACH $1 AS newer", [newer.to_str().unwrap()]).unwrap();
    for table in ["settings", "clients", "resources", "signing_keys"] {
        let columns: Vec<String> = {
            let sql = format!("SELECT name FROM pragma_table_info('{table}', 'main')");
            let mut statement = connection.prepare(&sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let columns = columns.join(", ");
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM newer.{table}");
        connection.execute_batch(&sql).unwrap();
    }
    let newest: i64 = connection
        .query_row("SELECT max(version) FROM newer.schema_version", [], |row| row.get(0))
        .unwrap();
    connection.close().unwrap();
    let (process, issuer) = serve(folder.path(), &[]);
    let answer =
        Ask::post_form(&format!("{issuer}/token"), &[("grant_type", "client_credentials")])
            .basic(&client.id, &client.secret)
            .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(process.stop(PATIENCE).code, Some(0));
    let connection = rusqlite::Connection::open(&database).unwrap();
    let now: i64 = connection
        .query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(now, newest);
}

#[test]
fn health_tells_a_ready_authority_from_none() {
    let folder = tempfile::tempdir().unwrap();
    let files = Pki::new().server().write(folder.path(), "server", "");
    let tls = speaking_tls(&files);
    for variables in [&tls[..], &[]] {
        let (process, issuer) = serve(folder.path(), variables);
        let asked = health(&issuer, variables);
        assert_eq!(asked.status.code(), Some(0), "{asked:?}");
        assert_eq!(process.stop(PATIENCE).code, Some(0));
        assert_eq!(health(&issuer, variables).status.code(), Some(1));
    }
}

/// A renewal that went wrong must not have a server killed that serves well, for it could not start again.
#[test]
fn health_is_the_servers_and_not_that_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let files = Pki::new().server().write(folder.path(), "server", "");
    let tls = speaking_tls(&files);
    let (process, issuer) = serve(folder.path(), &tls);
    std::fs::write(&files.0, "broken").unwrap();
    let asked = health(&issuer, &tls);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    std::fs::remove_file(&files.0).unwrap();
    let asked = health(&issuer, &tls);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    assert_eq!(process.stop(PATIENCE).code, Some(0));
}

#[test]
fn health_says_what_the_server_says_and_where_more_stands() {
    let folder = tempfile::tempdir().unwrap();
    let (process, issuer) = serve(folder.path(), &[]);
    let other = rusqlite::Connection::open(folder.path().join("data/claviger.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked = health(&issuer, &[]);
    let said = String::from_utf8(asked.stderr).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{said}");
    drop(other);
    let outcome = process.stop(PATIENCE);
    let id = said.split("under ").nth(1).unwrap_or_else(|| panic!("{said}")).trim();
    assert!(said.contains("it answers 503: the database does not answer"), "{said}");
    assert!(outcome.stderr.contains(id), "{id}: {}", outcome.stderr);
}

#[test]
fn the_first_secret_is_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let process = Process::spawn(claviger(&arguments));
    assert!(process.says("claviger client rotate-secret example-client", PATIENCE).is_some());
    let _ = process.says("Have a refusal explained", PATIENCE).unwrap();
    let outcome = process.stop(PATIENCE);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!said.contains("clv_cs_"), "{said}");
}

#[test]
fn what_happens_while_the_database_is_away_is_in_the_journal_afterwards() {
    let authority = Authority::start();
    let database = rusqlite::Connection::open(authority.data().join("claviger.db")).unwrap();
    database.execute_batch("ALTER TABLE journal RENAME TO away").unwrap();
    let refused = Ask::post_form(&authority.url("/token"), &[("grant_type", "client_credentials")])
        .basic(&authority.client.id, "wrong")
        .send();
    let id = refused.json()["diagnosis"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    while !authority.log().contains("the journal cannot be written") {
        assert!(begun.elapsed() < PATIENCE, "{}", authority.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    database.execute_batch("ALTER TABLE away RENAME TO journal").unwrap();
    let kept = || {
        let sql = "SELECT count(*) FROM journal WHERE id = $1";
        database.query_row(sql, [&id], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    while !kept() {
        assert!(begun.elapsed() < PATIENCE, "{}", authority.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(database);
    assert_eq!(authority.stop().0.code, Some(0));
}

#[test]
fn the_log_is_json_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("CLAVIGER_LOG", "info"), ("CLAVIGER_LOG_FORMAT", "json"), ("CLAVIGER_ISUER", "x")];
    let (process, _) = serve(folder.path(), &variables);
    let outcome = process.stop(PATIENCE);
    let line = outcome.stderr.lines().find(|line| line.contains("CLAVIGER_ISUER")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["level"], "WARN");
    assert!(line["message"].as_str().unwrap().contains("`CLAVIGER_ISSUER`"), "{line}");
}
