//! How the process begins and ends: what it tells a service manager, what happens to running requests,
//! and which databases it refuses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use claviger_testkit::Process;

use crate::stage::{Authority, PATIENCE, claviger};

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
    let (_, folder) = authority.stop();
    let database = folder.path().join("data/claviger.db");
    // What a data directory looked like at version 1: its tables, and none of the later ones.
    let connection = rusqlite::Connection::open(&database).unwrap();
    let tables: Vec<String> = {
        let sql =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let first = [
        "schema_version",
        "settings",
        "clients",
        "resources",
        "signing_keys",
        "assertions",
        "revocations",
        "refusals",
        "counters",
    ];
    let newest: i64 = connection
        .query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))
        .unwrap();
    for table in tables.iter().filter(|table| !first.contains(&table.as_str())) {
        connection.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    connection
        .execute_batch("DELETE FROM schema_version WHERE version > 1; DELETE FROM counters WHERE name NOT IN ('revocation', 'refusal', 'health')")
        .unwrap();
    connection.close().unwrap();
    let (process, _) = serve(folder.path(), &[]);
    assert_eq!(process.stop(PATIENCE).code, Some(0));
    let connection = rusqlite::Connection::open(&database).unwrap();
    let now: i64 = connection
        .query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(now, newest);
}
