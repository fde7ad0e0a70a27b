//! The schema and the statements: every version leads to the newest, and nothing in the statements
//! belongs to one engine alone.

use std::fs;
use std::path::{Path, PathBuf};

use claviger_store::{Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::client;

/// The mark of our databases.
const APPLICATION: i64 = 0x434C_5647;

/// The scripts in their order, each with its number.
fn migrations() -> Vec<(usize, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let number = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.split('_').next().unwrap().parse().unwrap()
    };
    paths.iter().map(|path| (number(path), fs::read_to_string(path).unwrap())).collect()
}

/// Tables and indices as they are, and the version.
fn schema(path: &Path) -> (Vec<String>, i64) {
    let connection = Connection::open(path).unwrap();
    let sql =
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let sql = "SELECT max(version) FROM schema_version";
    let version = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    (rows.map(Result::unwrap).collect(), version)
}

#[tokio::test]
async fn every_version_is_led_to_the_newest() {
    let directory = TempDir::new().unwrap();
    let fresh = directory.path().join("fresh.db");
    Store::open(&fresh).unwrap().close().await;
    let newest = schema(&fresh);
    let migrations = migrations();
    let numbers: Vec<usize> = migrations.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=migrations.len()).collect::<Vec<_>>());
    assert_eq!(newest.1, i64::try_from(migrations.len()).unwrap(), "one script is not built in");
    for known in 1..=migrations.len() {
        let path = directory.path().join(format!("{known}.db"));
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        for (_, script) in &migrations[..known] {
            connection.execute_batch(script).unwrap();
        }
        connection.pragma_update(None, "application_id", APPLICATION).unwrap();
        let record = serde_json::to_string(&client("a")).unwrap();
        let sql = "INSERT INTO clients (id, record) VALUES ('a', $1)";
        connection.execute(sql, [record]).unwrap();
        drop(connection);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.find_client("a").await.unwrap(), Some(client("a")), "from {known}");
        store.close().await;
        assert_eq!(schema(&path), newest, "from {known}");
    }
}

/// Of a script that breaks in the middle nothing stays.
#[tokio::test]
async fn a_migration_is_whole_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("claviger.db");
    // Ours by its mark, and yet empty: the first script runs into a table that stands already.
    let connection = Connection::open(&path).unwrap();
    let script = "CREATE TABLE schema_version (version INTEGER NOT NULL); \
                  INSERT INTO schema_version VALUES (0); \
                  CREATE TABLE counters (name TEXT)";
    connection.execute_batch(script).unwrap();
    connection.pragma_update(None, "application_id", APPLICATION).unwrap();
    drop(connection);
    let before = schema(&path);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Other { .. }), "{error:?}");
    assert_eq!(schema(&path), before);
}

/// The newest columns, by hand: whoever changes them thinks of a migration.
#[tokio::test]
async fn the_tables_have_these_columns() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("claviger.db");
    Store::open(&path).unwrap().close().await;
    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT m.name, group_concat(c.name, ' ') FROM sqlite_master m \
               JOIN pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let tables: Vec<(String, String)> = rows.map(Result::unwrap).collect();
    let tables: Vec<(&str, &str)> =
        tables.iter().map(|(name, columns)| (name.as_str(), columns.as_str())).collect();
    let expected = [
        ("aliases", "alias sub"),
        ("assertions", "client jti expires"),
        ("clients", "id record"),
        ("codes", "hash record expires used_at family"),
        ("consents", "sub client resource scope at"),
        ("counters", "name value"),
        ("device_codes", "hash user_code record expires"),
        ("families", "id generation sub sid client record replay expires"),
        ("initial_access", "id digest record expires"),
        ("journal", "seq id at last_at count kind code client subject address record"),
        ("logout_notices", "id client sub sid due attempts"),
        ("participants", "client sid expires"),
        ("passkeys", "id sub record"),
        ("pushed_requests", "hash client record expires"),
        ("recovery_codes", "sub digest used_at"),
        ("resources", "uri record"),
        ("revocations", "seq kind value hash until expires"),
        ("schema_version", "version"),
        ("sessions", "sid cookie sub auth_time expires amr started browser"),
        ("settings", "name value"),
        ("signing_keys", "kid created_at record sealed"),
        ("status_entries", "list idx jti grant_id sid sub client kid iat expires revoked"),
        ("status_lists", "list used expires"),
        ("totps", "sub sealed last_step created_at"),
        ("users", "id username record"),
    ];
    assert_eq!(tables, expected);
}

/// The statements are to run on PostgreSQL as they are. What opens a file (`open`) and what begins
/// and ends a transaction (`writer`), or copies the file itself (`backup`), belongs to the engine.
#[test]
fn the_statements_belong_to_no_engine() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if ["backup.rs", "open.rs", "writer.rs"].contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in [
            "INSERT OR ",
            "REPLACE INTO",
            "PRAGMA",
            "sqlite_",
            "rowid",
            "ROWID",
            "?1",
            "?2",
            " VALUES (?",
            "strftime",
            "datetime(",
            "json_extract",
            " GLOB ",
            "IFNULL",
            "LIMIT -1",
            "last_insert",
        ] {
            if text.contains(word) && !(name == "error.rs" && word == "sqlite_") {
                wrong.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
