//! Measures a start: from the process to its first token, and what memory it holds, on a fresh database and on one
//! with many live sessions and refreshable grants.
//!
//! Run it by `scripts/bench-start`. A million rows are copies of one real log-in under other ids, so that they
//! have the sizes of real ones.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to end")]
#![expect(clippy::print_stdout, reason = "a table is all that this program makes")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use claviger_testkit::load::median;
use claviger_testkit::{Ask, Person, Process};
use rusqlite::Connection;
use serde_json::{Value, json};

const USAGE: &str = "usage: bench-start BINARY ROWS ROUNDS";
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse battery";
const REDIRECT: &str = "http://127.0.0.1/callback";

/// One start.
struct Start {
    first_token: Duration,
    idle_mib: f64,
    peak_mib: f64,
}

struct Stage {
    binary: String,
    data: String,
    client: (String, String),
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect(USAGE);
    let rows: u64 = arguments.next().and_then(|text| text.parse().ok()).expect(USAGE);
    let rounds: usize = arguments.next().and_then(|text| text.parse().ok()).expect(USAGE);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").to_str().expect("a plain path").to_owned();
    let stage = first_start(binary, data);
    println!(
        "start to first token (ES256), and resident memory two seconds after it; medians of {rounds}"
    );
    report("one client, one session", &stage, rounds);
    let seeded = Instant::now();
    let bytes = seed(Path::new(&stage.data), rows);
    println!(
        "({rows} sessions and as many grants written in {:.0} s, {} MiB)",
        seeded.elapsed().as_secs_f64(),
        bytes >> 20
    );
    report(&format!("{rows} live sessions"), &stage, rounds);
}

fn report(what: &str, stage: &Stage, rounds: usize) {
    let starts: Vec<Start> = (0..=rounds).map(|_| stage.start()).skip(1).collect();
    let of = |pick: fn(&Start) -> f64| median(starts.iter().map(pick).collect());
    println!(
        "{what:<28} {:>7.1} ms   idle {:>6.1} MiB   peak {:>6.1} MiB",
        of(|start| start.first_token.as_secs_f64() * 1000.0),
        of(|start| start.idle_mib),
        of(|start| start.peak_mib),
    );
}

/// The directory, with a person who has logged in once and a grant that can be refreshed.
fn first_start(binary: String, data: String) -> Stage {
    let (process, ready) = serve(&binary, &data);
    let text = |value: &Value| value.as_str().expect("a text when ready").to_owned();
    let issuer = text(&ready["issuer"]);
    let bootstrap = &ready["bootstrap"];
    let client = (text(&bootstrap["client_id"]), text(&bootstrap["client_secret"]));
    let admin = std::fs::read_to_string(text(&bootstrap["admin_token_file"])).expect("the token");
    let made = |path: &str, body: Value| {
        let answer = Ask::json("POST", &format!("{issuer}/admin/v1{path}"), &body)
            .bearer(admin.trim())
            .send();
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    made("/users", json!({"username": "ada", "password": PASSWORD}));
    made(
        "/clients",
        json!({
            "client_id": "app", "auth_method": "none", "redirect_uris": [REDIRECT], "first_party": true,
            "scopes": ["openid", "orders:read"], "resources": [bootstrap["resource"]],
        }),
    );
    let tokens =
        Person::new(&issuer, "ada", PASSWORD).tokens("app", REDIRECT, "openid orders:read");
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
    assert_eq!(process.stop(PATIENCE).code, Some(0));
    Stage { binary, data, client }
}

fn serve(binary: &str, data: &str) -> (Process, Value) {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", "127.0.0.1:0", "--format", "json", "--data", data]);
    let process = Process::spawn(command);
    let ready = process.ready(PATIENCE);
    (process, ready)
}

impl Stage {
    fn start(&self) -> Start {
        let began = Instant::now();
        let (process, ready) = serve(&self.binary, &self.data);
        let issuer = ready["issuer"].as_str().expect("an issuer when ready");
        let answer =
            Ask::post_form(&format!("{issuer}/token"), &[("grant_type", "client_credentials")])
                .basic(&self.client.0, &self.client.1)
                .send();
        let first_token = began.elapsed();
        assert_eq!(answer.status, 200, "{}", answer.text());
        // What the start needed in passing is given back by then; the housekeeping has run.
        std::thread::sleep(Duration::from_secs(2));
        let (idle_mib, peak_mib) = (memory(process.id(), "VmRSS:"), memory(process.id(), "VmHWM:"));
        assert_eq!(process.stop(PATIENCE).code, Some(0));
        Start { first_token, idle_mib, peak_mib }
    }
}

/// A line of the process's status, in MiB.
fn memory(id: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux");
    let found = status.lines().find_map(|text| text.strip_prefix(line)).expect("the line");
    let kib: f64 = found.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024.0
}

/// Writes copies of the one session and the one grant; gives the size of the database.
fn seed(data: &Path, rows: u64) -> u64 {
    let database = data.join("claviger.db");
    let connection = Connection::open(&database).expect("the database");
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF")
        .expect("pragmas");
    let copies = |table: &str, changed: &[(&str, &str)]| {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} LIMIT 0")).expect("the table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        drop(statement.query([]).expect("no rows"));
        let values: Vec<&str> = columns
            .iter()
            .map(|column| {
                changed
                    .iter()
                    .find(|(name, _)| name == column)
                    .map_or(column.as_str(), |(_, new)| new)
            })
            .collect();
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             INSERT INTO {table} ({}) SELECT {} FROM n, (SELECT * FROM {table} LIMIT 1)",
            columns.join(", "),
            values.join(", ")
        );
        connection.execute_batch(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    let sid = "printf('bench-session-%08d-abcdefghijkl', i)";
    let id = "printf('bench%017d', i)";
    let record = format!("json_set(record, '$.id', {id}, '$.sid', {sid})");
    copies("sessions", &[("sid", sid), ("cookie", "randomblob(32)")]);
    copies("families", &[("id", id), ("sid", sid), ("record", &record)]);
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    database.metadata().expect("the database").len()
}
