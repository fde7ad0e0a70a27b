//! Second factors: the authenticator app, passkeys, and the codes for the day these are lost.
//!
//! What serves once is used up in the transaction that finds it unused. Never opens a secret.

use claviger_protocol::passkey::MOST_PASSKEYS;
use claviger_protocol::{Factors, Passkey};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Failure, StoreError};
use crate::{Store, from_stored, record};

/// An authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldTotp {
    /// Its secret, as the caller sealed it.
    pub sealed: Vec<u8>,
    /// The step that was used last.
    pub last_step: i64,
    /// When it was confirmed. Unix seconds.
    pub created_at: i64,
}

impl std::fmt::Debug for HeldTotp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HeldTotp").finish_non_exhaustive()
    }
}

/// What somebody has beside their password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldFactors {
    /// The authenticator app.
    pub totp: Option<HeldTotp>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// Recovery codes that were not used yet.
    pub recovery_codes: u32,
}

impl HeldFactors {
    /// What decisions need of it.
    #[must_use]
    pub const fn kinds(&self) -> Factors {
        Factors {
            totp: self.totp.is_some(),
            passkey: !self.passkeys.is_empty(),
            recovery_codes: self.recovery_codes,
        }
    }
}

impl Store {
    /// The second factors of a person.
    pub async fn find_factors(&self, sub: &str) -> Result<HeldFactors, StoreError> {
        let sub = sub.to_owned();
        self.look_up(move |connection| {
            let sql = "SELECT sealed, last_step, created_at FROM totps WHERE sub = $1";
            let totp = connection
                .prepare_cached(sql)?
                .query_row([&sub], |row| {
                    Ok(HeldTotp {
                        sealed: row.get(0)?,
                        last_step: row.get(1)?,
                        created_at: row.get(2)?,
                    })
                })
                .optional()?;
            let sql = "SELECT record FROM passkeys WHERE sub = $1 \
                       ORDER BY record ->> '$.created_at', id";
            let passkeys = record::list(connection, sql, [&sub])?;
            let sql = "SELECT COUNT(*) FROM recovery_codes WHERE sub = $1 AND used_at IS NULL";
            let recovery_codes =
                connection.prepare_cached(sql)?.query_row([&sub], |row| row.get(0))?;
            Ok(HeldFactors { totp, passkeys, recovery_codes })
        })
        .await
    }

    /// Keeps an authenticator app, in place of another one. Its first code was of `step`, which it used up.
    pub async fn set_totp(
        &self,
        sub: &str,
        sealed: Vec<u8>,
        step: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            let sql = "INSERT INTO totps (sub, sealed, last_step, created_at) \
                       VALUES ($1, $2, $3, $4) ON CONFLICT (sub) DO UPDATE SET \
                       sealed = excluded.sealed, last_step = excluded.last_step, \
                       created_at = excluded.created_at";
            session.connection.prepare_cached(sql)?.execute(params![sub, sealed, step, now])?;
            Ok(())
        })
        .await
    }

    /// Uses a step up; false where it, or a later one, was used before.
    pub async fn consume_totp_step(&self, sub: &str, step: i64) -> Result<bool, StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            let sql = "UPDATE totps SET last_step = $1 WHERE sub = $2 AND last_step < $1";
            Ok(session.connection.prepare_cached(sql)?.execute(params![step, sub])? > 0)
        })
        .await
    }

    /// Takes the authenticator app away; tells whether there was one.
    pub async fn delete_totp(&self, sub: &str) -> Result<bool, StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            let sql = "DELETE FROM totps WHERE sub = $1";
            let gone = session.connection.prepare_cached(sql)?.execute([&sub])? > 0;
            forget_codes_of_nothing(session.connection, &sub)?;
            Ok(gone)
        })
        .await
    }

    /// Keeps the digests of new recovery codes in place of all old ones.
    pub async fn set_recovery_codes(
        &self,
        sub: &str,
        digests: Vec<[u8; 32]>,
    ) -> Result<(), StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            let connection = session.connection;
            connection
                .prepare_cached("DELETE FROM recovery_codes WHERE sub = $1")?
                .execute([&sub])?;
            let sql = "INSERT INTO recovery_codes (sub, digest) VALUES ($1, $2)";
            for digest in digests {
                connection.prepare_cached(sql)?.execute(params![sub, digest])?;
            }
            Ok(())
        })
        .await
    }

    /// Uses a recovery code up; false where there is none such, or it was used before.
    pub async fn consume_recovery_code(
        &self,
        sub: &str,
        digest: [u8; 32],
        now: i64,
    ) -> Result<bool, StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            let sql = "UPDATE recovery_codes SET used_at = $1 \
                       WHERE sub = $2 AND digest = $3 AND used_at IS NULL";
            Ok(session.connection.prepare_cached(sql)?.execute(params![now, sub, digest])? > 0)
        })
        .await
    }

    /// The passkey of this credential id.
    pub async fn find_passkey(&self, id: &str) -> Result<Option<Passkey>, StoreError> {
        let id = id.to_owned();
        let sql = "SELECT record FROM passkeys WHERE id = $1";
        self.look_up(move |connection| record::find(connection, sql, [id])).await
    }

    /// Writes a new passkey; [`StoreError::Exists`] where somebody has it already. False where its owner has as
    /// many as one may have.
    pub async fn create_passkey(&self, passkey: Passkey) -> Result<bool, StoreError> {
        self.write(move |session| {
            let sql = "SELECT COUNT(*) FROM passkeys WHERE sub = $1";
            let mut statement = session.connection.prepare_cached(sql)?;
            let count: i64 = statement.query_row([&passkey.sub], |row| row.get(0))?;
            if from_stored(count) >= MOST_PASSKEYS {
                return Ok(false);
            }
            let sql = "INSERT INTO passkeys (id, sub, record) VALUES ($1, $2, $3) \
                       ON CONFLICT DO NOTHING";
            let record = serde_json::to_string(&passkey)?;
            let values = [&passkey.id, &passkey.sub, &record];
            match session.connection.prepare_cached(sql)?.execute(values)? {
                0 => Err(Failure::exists("a passkey of this id")),
                _ => Ok(true),
            }
        })
        .await
    }

    /// Writes a passkey that was used over the one whose counter was read; false where another use was faster,
    /// or it was taken away.
    pub async fn move_passkey(&self, from: u32, passkey: Passkey) -> Result<bool, StoreError> {
        self.write(move |session| {
            let sql = "UPDATE passkeys SET record = json_set(record, '$.sign_count', $1, \
                       '$.used_at', $2) WHERE id = $3 AND record ->> '$.sign_count' = $4";
            let values = params![passkey.sign_count, passkey.used_at, passkey.id, from];
            Ok(session.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    /// Gives a passkey of a person another name; false where they have none such.
    pub async fn rename_passkey(
        &self,
        sub: &str,
        id: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let values = [name, id, sub].map(str::to_owned);
        self.write(move |session| {
            let sql = "UPDATE passkeys SET record = json_set(record, '$.name', $1) \
                       WHERE id = $2 AND sub = $3";
            Ok(session.connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    /// Takes a passkey of a person away; false where they have none such.
    pub async fn delete_passkey(&self, sub: &str, id: &str) -> Result<bool, StoreError> {
        let (sub, id) = (sub.to_owned(), id.to_owned());
        self.write(move |session| {
            let sql = "DELETE FROM passkeys WHERE id = $1 AND sub = $2";
            let gone = session.connection.prepare_cached(sql)?.execute([&id, &sub])? > 0;
            forget_codes_of_nothing(session.connection, &sub)?;
            Ok(gone)
        })
        .await
    }

    /// Takes every second factor of a person away.
    pub async fn reset_factors(&self, sub: &str) -> Result<(), StoreError> {
        let sub = sub.to_owned();
        self.write(move |session| {
            for table in ["totps", "passkeys", "recovery_codes"] {
                let sql = format!("DELETE FROM {table} WHERE sub = $1");
                session.connection.prepare_cached(&sql)?.execute([&sub])?;
            }
            Ok(())
        })
        .await
    }
}

/// Recovery codes stand for a second factor; without one there is nothing to recover.
fn forget_codes_of_nothing(connection: &Connection, sub: &str) -> Result<(), Failure> {
    let sql = "DELETE FROM recovery_codes WHERE sub = $1 \
               AND NOT EXISTS (SELECT 1 FROM totps WHERE sub = $1) \
               AND NOT EXISTS (SELECT 1 FROM passkeys WHERE sub = $1)";
    connection.prepare_cached(sql)?.execute([sub])?;
    Ok(())
}
