//! A person with an account.
//!
//! Decides whether such a record can stand. Holds the hash of a password, never the password.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Invalid;

const LONGEST_NAME: usize = 200;

/// A person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The `sub` of their tokens: random, never given to anybody else.
    pub id: String,
    /// What they log in with, in lower case.
    pub username: String,
    /// Their name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their address.
    #[serde(default)]
    pub email: Option<String>,
    /// The hash of the password, as a PHC string.
    pub password_hash: String,
    /// Whether they may not log in.
    #[serde(default)]
    pub disabled: bool,
    /// When the account was made. Unix seconds.
    pub created_at: i64,
}

impl fmt::Debug for User {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("User")
            .field("id", &self.id)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// A name as it is compared: what people type differs in case and in blanks around it.
#[must_use]
pub fn username_key(typed: &str) -> String {
    typed.trim().to_lowercase()
}

impl User {
    /// Whether the record can stand.
    pub fn check(&self) -> Result<(), Invalid> {
        let name = &self.username;
        let is_plain = |c: char| c.is_alphanumeric() || "._-+@".contains(c);
        if name.is_empty() || name.chars().count() > 100 || !name.chars().all(is_plain) {
            return Err(Invalid::new(
                "username",
                "it is empty, too long, or has a character other than letters, digits and ._-+@",
                "choose a short name or an e-mail address",
            ));
        }
        if *name != username_key(name) {
            return Err(Invalid::new(
                "username",
                "it is not in lower case",
                "write it in lower case",
            ));
        }
        for (field, value) in [("name", &self.name), ("email", &self.email)] {
            let Some(value) = value else { continue };
            if value.is_empty()
                || value.chars().count() > LONGEST_NAME
                || value.chars().any(char::is_control)
            {
                return Err(Invalid::new(
                    field,
                    "it is empty, too long or has a control character",
                    "leave it out, or write it shorter",
                ));
            }
        }
        if self.email.as_deref().is_some_and(|email| !email.contains('@')) {
            return Err(Invalid::new("email", "there is no @ in it", "write an e-mail address"));
        }
        Ok(())
    }
}

/// The shortest password that is taken (NIST SP 800-63B-4 §3.1.1.2: 15 without a second factor is advised, 8 the
/// least).
pub const SHORTEST_PASSWORD: usize = 10;
/// The longest: longer ones only cost time.
pub const LONGEST_PASSWORD: usize = 1024;

/// Whether a password may be set.
pub fn check_password(password: &str, username: &str) -> Result<(), Invalid> {
    let length = password.chars().count();
    let problem = if length < SHORTEST_PASSWORD {
        format!("it has {length} characters, and the least is {SHORTEST_PASSWORD}")
    } else if password.len() > LONGEST_PASSWORD {
        format!("it is longer than {LONGEST_PASSWORD} bytes")
    } else if password.to_lowercase().contains(username) && username.len() > 3 {
        "the user's name is in it".to_owned()
    } else if password.chars().all(|c| password.starts_with(c)) {
        "it is one character again and again".to_owned()
    } else {
        return Ok(());
    };
    Err(Invalid::new("password", problem, "choose several words"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User {
            id: "u1".into(),
            username: "ada@example.org".into(),
            name: Some("Ada".into()),
            email: Some("ada@example.org".into()),
            password_hash: "$argon2id$x".into(),
            disabled: false,
            created_at: 0,
        }
    }

    #[test]
    fn a_record_says_which_field_is_wrong_and_shows_no_hash() {
        user().check().unwrap();
        for (bad, field) in [
            (User { username: "Ada".into(), ..user() }, "username"),
            (User { username: "a b".into(), ..user() }, "username"),
            (User { username: String::new(), ..user() }, "username"),
            (User { email: Some("x".into()), ..user() }, "email"),
            (User { name: Some("\u{7}".into()), ..user() }, "name"),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field);
        }
        assert!(!format!("{:?}", user()).contains("argon2id"));
        assert_eq!(username_key(" Ada@Example.org "), "ada@example.org");
    }

    #[test]
    fn passwords_that_anybody_guesses_are_refused() {
        check_password("correct horse battery", "ada").unwrap();
        for bad in ["short", "aaaaaaaaaaaaaaa", "grace-is-my-name"] {
            check_password(bad, "grace").unwrap_err();
        }
    }
}
