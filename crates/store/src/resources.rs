//! Resources by URI.

use claviger_protocol::Resource;
use rusqlite::{Connection, params};

use crate::error::{Failure, StoreError};
use crate::{Store, record};

impl Store {
    /// The resource of this URI.
    pub async fn find_resource(&self, uri: &str) -> Result<Option<Resource>, StoreError> {
        let uri = uri.to_owned();
        let sql = "SELECT record FROM resources WHERE uri = $1";
        self.look_up(move |connection| record::find(connection, sql, [uri])).await
    }

    /// Up to `limit` resources with URIs beyond `after`, in the order of their URIs.
    pub async fn list_resources(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Resource>, StoreError> {
        let sql = "SELECT record FROM resources WHERE uri > $1 ORDER BY uri LIMIT $2";
        self.page(sql, after, limit).await
    }

    /// Writes a resource, over one of the same URI.
    pub async fn put_resource(&self, resource: Resource) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "INSERT INTO resources (uri, record) VALUES ($1, $2) \
                       ON CONFLICT (uri) DO UPDATE SET record = excluded.record";
            let record = serde_json::to_string(&resource)?;
            session.connection.prepare_cached(sql)?.execute(params![resource.uri, record])?;
            Ok(())
        })
        .await
    }

    /// Writes a new resource; [`StoreError::Exists`] where the URI is taken.
    pub async fn create_resource(&self, resource: Resource) -> Result<(), StoreError> {
        self.write(move |session| create(session.connection, &resource)).await
    }

    /// Takes a resource away; tells whether there was one.
    pub async fn delete_resource(&self, uri: &str) -> Result<bool, StoreError> {
        let uri = uri.to_owned();
        self.write(move |session| {
            let mut statement =
                session.connection.prepare_cached("DELETE FROM resources WHERE uri = $1")?;
            Ok(statement.execute([uri])? > 0)
        })
        .await
    }
}

pub(crate) fn create(connection: &Connection, resource: &Resource) -> Result<(), Failure> {
    let sql = "INSERT INTO resources (uri, record) VALUES ($1, $2) ON CONFLICT (uri) DO NOTHING";
    let record = serde_json::to_string(resource)?;
    match connection.prepare_cached(sql)?.execute(params![resource.uri, record])? {
        0 => Err(Failure::exists(format!("the resource `{}`", resource.uri))),
        _ => Ok(()),
    }
}
