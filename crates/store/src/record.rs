//! Records as their tables keep them: a text of JSON in a column of its own, found by the columns beside it.

use rusqlite::{Connection, OptionalExtension as _, Params, params};
use serde::de::DeserializeOwned;

use crate::error::{Failure, StoreError};
use crate::{LONGEST_PAGE, Store};

impl Store {
    /// A page of a list: the records that `sql` selects beyond `after` ($1), and no more than `limit` ($2).
    pub(crate) async fn page<T>(
        &self,
        sql: &'static str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<T>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let after = after.unwrap_or_default().to_owned();
        let limit = limit.min(LONGEST_PAGE);
        self.read(move |connection| list(connection, sql, params![after, limit])).await
    }
}

/// The record of the one row that `sql` selects, if there is one.
pub(crate) fn find<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Option<T>, Failure> {
    let found: Option<String> =
        connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.map(|record| serde_json::from_str(&record)).transpose()?)
}

/// The records of all rows that `sql` selects.
pub(crate) fn list<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<T>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
    }
    Ok(records)
}
