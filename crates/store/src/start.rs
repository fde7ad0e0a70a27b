//! What the very first start writes: all of it, or nothing, so that a start that was cut off in the
//! middle is a first start again.

use claviger_protocol::{Client, KeyRecord, Resource};

use crate::error::{Failure, StoreError};
use crate::{Store, clients, keys, resources, settings};

/// The records of a first start.
#[derive(Clone, Default)]
pub struct FirstStart {
    /// Names and values.
    pub settings: Vec<(String, String)>,
    /// Keys with their sealed private parts.
    pub keys: Vec<(KeyRecord, Vec<u8>)>,
    /// Clients.
    pub clients: Vec<Client>,
    /// Resources.
    pub resources: Vec<Resource>,
}

impl std::fmt::Debug for FirstStart {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FirstStart")
            .field("settings", &self.settings.len())
            .field("keys", &self.keys.len())
            .field("clients", &self.clients.len())
            .field("resources", &self.resources.len())
            .finish()
    }
}

impl Store {
    /// Writes a first start; [`StoreError::Exists`], and nothing written, where any of it stands.
    pub async fn first_start(&self, first: FirstStart) -> Result<(), StoreError> {
        self.write(move |session| {
            let connection = session.connection;
            for (name, value) in &first.settings {
                if !settings::create(connection, name, value)? {
                    return Err(Failure::exists(format!("the setting `{name}`")));
                }
            }
            for (record, sealed) in &first.keys {
                keys::create(connection, record, sealed)?;
            }
            for resource in &first.resources {
                resources::create(connection, resource)?;
            }
            for client in &first.clients {
                clients::create(connection, client)?;
            }
            Ok(())
        })
        .await
    }
}
