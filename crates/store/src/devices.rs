//! Devices that wait for their person: a request under the digest of its code, and the code that people type.

use claviger_protocol::{DeviceGrant, Family, Polled};
use rusqlite::params;

use crate::error::StoreError;
use crate::{Store, families, record};

const BY_USER_CODE: &str = "SELECT record FROM device_codes WHERE user_code = $1";

impl Store {
    /// Writes a device's request; false where the user code is taken.
    pub async fn create_device_code(
        &self,
        hash: [u8; 32],
        user_code: &str,
        grant: DeviceGrant,
    ) -> Result<bool, StoreError> {
        let user_code = user_code.to_owned();
        self.write(move |session| {
            let sql = "INSERT INTO device_codes (hash, user_code, record, expires) \
                       VALUES ($1, $2, $3, $4) ON CONFLICT (user_code) DO NOTHING";
            let record = serde_json::to_string(&grant)?;
            let values = params![hash, user_code, record, grant.expires_at];
            Ok(session.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    /// The request that a user code stands for.
    pub async fn find_device(&self, user_code: &str) -> Result<Option<DeviceGrant>, StoreError> {
        let user_code = user_code.to_owned();
        self.look_up(move |connection| record::find(connection, BY_USER_CODE, [user_code])).await
    }

    /// Writes what `rule` makes of the request of a user code; tells whether it made anything of it.
    pub async fn decide_device<F>(&self, user_code: &str, rule: F) -> Result<bool, StoreError>
    where
        F: FnOnce(DeviceGrant) -> Option<DeviceGrant> + Send + 'static,
    {
        let user_code = user_code.to_owned();
        self.write(move |session| {
            let connection = session.connection;
            let found = record::find(connection, BY_USER_CODE, [&user_code])?;
            let Some(next) = found.and_then(rule) else { return Ok(false) };
            let sql = "UPDATE device_codes SET record = $1 WHERE user_code = $2";
            let record = serde_json::to_string(&next)?;
            connection.prepare_cached(sql)?.execute(params![record, user_code])?;
            Ok(true)
        })
        .await
    }

    /// Lets `rule` decide on a poll and does what it decides, in one transaction: of many at once one takes the
    /// tokens. With them the `family` is made. None where nobody gave out such a code.
    pub async fn poll_device<F>(
        &self,
        hash: [u8; 32],
        family: impl FnOnce(&DeviceGrant) -> Option<Family> + Send + 'static,
        rule: F,
    ) -> Result<Option<Polled>, StoreError>
    where
        F: FnOnce(&DeviceGrant) -> Polled + Send + 'static,
    {
        self.write(move |session| {
            let connection = session.connection;
            let sql = "SELECT record FROM device_codes WHERE hash = $1";
            let Some(grant) = record::find(connection, sql, [hash])? else { return Ok(None) };
            let polled = rule(&grant);
            let next = match &polled {
                Polled::Take(next) => {
                    if let Some(family) = family(next) {
                        families::create(connection, &family)?;
                    }
                    next
                }
                Polled::Wait(next, _) => next,
                Polled::Refuse(_) => return Ok(Some(polled)),
            };
            let sql = "UPDATE device_codes SET record = $1 WHERE hash = $2";
            let record = serde_json::to_string(next)?;
            connection.prepare_cached(sql)?.execute(params![record, hash])?;
            Ok(Some(polled))
        })
        .await
    }
}
