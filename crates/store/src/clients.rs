//! Clients by id.

use claviger_protocol::Client;
use rusqlite::{Connection, params};

use crate::error::{Failure, StoreError};
use crate::{Store, record};

impl Store {
    /// The client of this id.
    pub async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        let id = id.to_owned();
        let sql = "SELECT record FROM clients WHERE id = $1";
        self.look_up(move |connection| record::find(connection, sql, [id])).await
    }

    /// Up to `limit` clients with ids beyond `after`, in the order of their ids.
    pub async fn list_clients(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Client>, StoreError> {
        let sql = "SELECT record FROM clients WHERE id > $1 ORDER BY id LIMIT $2";
        self.page(sql, after, limit).await
    }

    /// Writes a client, over one of the same id.
    pub async fn put_client(&self, client: Client) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "INSERT INTO clients (id, record) VALUES ($1, $2) \
                       ON CONFLICT (id) DO UPDATE SET record = excluded.record";
            let record = serde_json::to_string(&client)?;
            session.connection.prepare_cached(sql)?.execute(params![client.id, record])?;
            Ok(())
        })
        .await
    }

    /// Writes a new client; [`StoreError::Exists`] where the id is taken.
    pub async fn create_client(&self, client: Client) -> Result<(), StoreError> {
        self.write(move |session| create(session.connection, &client)).await
    }

    /// Takes a client away with what was granted and allowed it; tells whether there was one.
    pub async fn delete_client(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |session| {
            // Another client of the same name later must not inherit anybody's consent.
            for table in ["families", "consents", "participants", "logout_notices"] {
                let sql = format!("DELETE FROM {table} WHERE client = $1");
                session.connection.prepare_cached(&sql)?.execute([&id])?;
            }
            let mut statement =
                session.connection.prepare_cached("DELETE FROM clients WHERE id = $1")?;
            Ok(statement.execute([id])? > 0)
        })
        .await
    }
}

pub(crate) fn create(connection: &Connection, client: &Client) -> Result<(), Failure> {
    let sql = "INSERT INTO clients (id, record) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    let record = serde_json::to_string(client)?;
    match connection.prepare_cached(sql)?.execute(params![client.id, record])? {
        0 => Err(Failure::exists(format!("the client `{}`", client.id))),
        _ => Ok(()),
    }
}
