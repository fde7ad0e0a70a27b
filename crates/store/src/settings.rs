//! Single values by name: what the first start made, and what is set later.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::Store;
use crate::error::{Failure, StoreError};

impl Store {
    /// The value of this name.
    pub async fn find_setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.look_up(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT value FROM settings WHERE name = $1")?;
            Ok(statement.query_row([name], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Writes a value, over one that stands.
    pub async fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |session| {
            let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            session.connection.prepare_cached(sql)?.execute(params![name, value])?;
            Ok(())
        })
        .await
    }
}

pub(crate) fn create(connection: &Connection, name: &str, value: &str) -> Result<bool, Failure> {
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    Ok(connection.prepare_cached(sql)?.execute(params![name, value])? > 0)
}
