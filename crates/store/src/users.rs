//! People by id, by the name they log in with, and by the names that clients know them by.

use claviger_protocol::User;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Failure, StoreError};
use crate::{Store, record};

impl Store {
    /// The person of this id.
    pub async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.user("SELECT record FROM users WHERE id = $1", id).await
    }

    /// The person who logs in with this name.
    pub async fn find_user_by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        self.user("SELECT record FROM users WHERE username = $1", username).await
    }

    async fn user(&self, sql: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        let value = value.to_owned();
        self.look_up(move |connection| record::find(connection, sql, [value])).await
    }

    /// Up to `limit` people with names beyond `after`, in the order of their names.
    pub async fn list_users(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT record FROM users WHERE username > $1 ORDER BY username LIMIT $2";
        self.page(sql, after, limit).await
    }

    /// Writes a new person; [`StoreError::Exists`] where the name is taken.
    pub async fn create_user(&self, user: User) -> Result<(), StoreError> {
        self.write(move |session| {
            let sql = "INSERT INTO users (id, username, record) VALUES ($1, $2, $3) \
                       ON CONFLICT DO NOTHING";
            let record = serde_json::to_string(&user)?;
            let values = params![user.id, user.username, record];
            match session.connection.prepare_cached(sql)?.execute(values)? {
                0 => Err(Failure::exists(format!("the user `{}`", user.username))),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Lets `change` change a person's record, all in one transaction; none where there is nobody of this id, and
    /// [`StoreError::Exists`] where their new name is taken.
    pub async fn change_user<T, F>(&self, id: &str, change: F) -> Result<Option<T>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut User) -> T + Send + 'static,
    {
        let id = id.to_owned();
        self.write(move |session| {
            let sql = "SELECT record FROM users WHERE id = $1";
            let found = record::find(session.connection, sql, [&id])?;
            let Some(mut user) = found else { return Ok(None) };
            let outcome = change(&mut user);
            let sql = "SELECT 1 FROM users WHERE username = $1 AND id <> $2";
            let mut statement = session.connection.prepare_cached(sql)?;
            if statement.exists([&user.username, &id])? {
                return Err(Failure::exists(format!("the user `{}`", user.username)));
            }
            let sql = "UPDATE users SET username = $1, record = $2 WHERE id = $3";
            let record = serde_json::to_string(&user)?;
            session.connection.prepare_cached(sql)?.execute([&user.username, &record, &id])?;
            Ok(Some(outcome))
        })
        .await
    }

    /// Takes a person away with their sessions, consents and grants; tells whether there was one.
    pub async fn delete_user(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |session| {
            for table in [
                "families",
                "consents",
                "sessions",
                "aliases",
                "totps",
                "passkeys",
                "recovery_codes",
            ] {
                let sql = format!("DELETE FROM {table} WHERE sub = $1");
                session.connection.prepare_cached(&sql)?.execute([&id])?;
            }
            let mut statement =
                session.connection.prepare_cached("DELETE FROM users WHERE id = $1")?;
            Ok(statement.execute([&id])? > 0)
        })
        .await
    }

    /// Remembers that a client knows a person by another name, so that what ends for the person ends under
    /// that name as well.
    pub async fn know_alias(&self, sub: &str, alias: &str) -> Result<(), StoreError> {
        if self.find_alias(alias).await?.as_deref() == Some(sub) {
            return Ok(());
        }
        let (sub, alias) = (sub.to_owned(), alias.to_owned());
        self.write(move |session| {
            let sql = "INSERT INTO aliases (alias, sub) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            session.connection.prepare_cached(sql)?.execute([alias, sub])?;
            Ok(())
        })
        .await
    }

    /// Whose other name it is.
    pub async fn find_alias(&self, alias: &str) -> Result<Option<String>, StoreError> {
        let alias = alias.to_owned();
        self.look_up(move |connection| behind(connection, &alias)).await
    }
}

/// The person whom a client knows by this name.
pub(crate) fn behind(connection: &Connection, alias: &str) -> Result<Option<String>, Failure> {
    let sql = "SELECT sub FROM aliases WHERE alias = $1";
    Ok(connection.prepare_cached(sql)?.query_row([alias], |row| row.get(0)).optional()?)
}
