//! Client assertions that were used (RFC 7523 §3, `jti`): each serves once.

use rusqlite::params;

use crate::Store;
use crate::error::StoreError;

impl Store {
    /// Uses an assertion up; false where it was used before. It is remembered until `exp`, when it
    /// is refused for its age anyway.
    pub async fn consume_assertion(
        &self,
        client: &str,
        jti: &str,
        exp: i64,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (client, jti) = (client.to_owned(), jti.to_owned());
        self.write(move |session| {
            let sql = "INSERT INTO assertions (client, jti, expires) VALUES ($1, $2, $3) \
                       ON CONFLICT (client, jti) DO UPDATE SET expires = excluded.expires \
                       WHERE assertions.expires <= $4";
            let mut statement = session.connection.prepare_cached(sql)?;
            Ok(statement.execute(params![client, jti, exp, now])? > 0)
        })
        .await
    }
}
