//! Signing keys: what is known of each, and its private part, sealed.
//!
//! Never opens what is sealed. The private part of a key that is over is wiped with the very change
//! that ends it.

use claviger_protocol::KeyRecord;
use rusqlite::{Connection, params};

use crate::Store;
use crate::error::{Failure, StoreError};

impl Store {
    /// All keys in the order they were made, each with its sealed private part while there is one.
    pub async fn list_keys(&self) -> Result<Vec<(KeyRecord, Option<Vec<u8>>)>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT record, sealed FROM signing_keys ORDER BY created_at, kid";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                let record = serde_json::from_str(&row.get::<_, String>(0)?)?;
                keys.push((record, row.get(1)?));
            }
            Ok(keys)
        })
        .await
    }

    /// Several steps in the lives of keys, all or none: new keys, and records that have changed.
    /// [`StoreError::Exists`] where a new key's `kid` is taken.
    pub async fn change_keys(
        &self,
        created: Vec<(KeyRecord, Vec<u8>)>,
        changed: Vec<KeyRecord>,
    ) -> Result<(), StoreError> {
        self.write(move |session| {
            for (record, sealed) in &created {
                create(session.connection, record, sealed)?;
            }
            for record in &changed {
                change(session.connection, record)?;
            }
            Ok(())
        })
        .await
    }
}

pub(crate) fn create(
    connection: &Connection,
    record: &KeyRecord,
    sealed: &[u8],
) -> Result<(), Failure> {
    let sql = "INSERT INTO signing_keys (kid, created_at, record, sealed) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (kid) DO NOTHING";
    let sealed = record.state.published().then_some(sealed);
    let text = serde_json::to_string(record)?;
    let mut statement = connection.prepare_cached(sql)?;
    match statement.execute(params![record.kid, record.created_at, text, sealed])? {
        0 => Err(Failure::exists(format!("the key `{}`", record.kid))),
        _ => Ok(()),
    }
}

fn change(connection: &Connection, record: &KeyRecord) -> Result<(), Failure> {
    let sql = if record.state.published() {
        "UPDATE signing_keys SET record = $2 WHERE kid = $1"
    } else {
        "UPDATE signing_keys SET record = $2, sealed = NULL WHERE kid = $1"
    };
    let text = serde_json::to_string(record)?;
    // Named, because the numbers stand in another order than the places.
    let changed = connection
        .prepare_cached(sql)?
        .execute(&[("$1", &record.kid as &dyn rusqlite::ToSql), ("$2", &text)])?;
    if changed == 0 {
        return Err(Failure::Record(format!("there is no key `{}` to change", record.kid)));
    }
    Ok(())
}
