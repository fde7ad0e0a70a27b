//! A person with an account.
//!
//! Decides whether such a record can stand. Holds the hash of a password, never the password.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Invalid;

const LONGEST_NAME: usize = 200;
/// An address of a page or picture.
const LONGEST_URL: usize = 2000;
const LONGEST_GROUP: usize = 200;
const MOST_GROUPS: usize = 200;
const MOST_ATTRIBUTES: usize = 100;
/// All attributes together, as JSON: they are read with every log-in, and may end in tokens that travel in headers.
const LONGEST_ATTRIBUTES: usize = 8 * 1024;
/// Objects and lists inside attributes.
const DEEPEST_ATTRIBUTE: usize = 4;

/// A person. Beyond the account, what OpenID Connect Core §5.1 tells about them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The `sub` of their tokens: random, never given to anybody else.
    pub id: String,
    /// What they log in with, in lower case.
    pub username: String,
    /// Their name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether it was proven to be theirs.
    #[serde(default)]
    pub email_verified: bool,
    /// Their telephone number, best as E.164.
    #[serde(default)]
    pub phone: Option<String>,
    /// Whether it was proven to be theirs.
    #[serde(default)]
    pub phone_verified: bool,
    /// Where they live or work.
    #[serde(default)]
    pub address: Option<Address>,
    /// Their first name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Their surname.
    #[serde(default)]
    pub family_name: Option<String>,
    /// The name between the two.
    #[serde(default)]
    pub middle_name: Option<String>,
    /// What they like to be called.
    #[serde(default)]
    pub nickname: Option<String>,
    /// The address of a page about them.
    #[serde(default)]
    pub profile: Option<String>,
    /// The address of a picture of them.
    #[serde(default)]
    pub picture: Option<String>,
    /// The address of a page of theirs.
    #[serde(default)]
    pub website: Option<String>,
    /// As they say it.
    #[serde(default)]
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    #[serde(default)]
    pub birthdate: Option<String>,
    /// Such as `Europe/Berlin`.
    #[serde(default)]
    pub zoneinfo: Option<String>,
    /// Such as `de-CH`.
    #[serde(default)]
    pub locale: Option<String>,
    /// The groups that they belong to.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What else is known of them, for claims of clients and APIs.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// When this was changed last. Unix seconds; none where it never was.
    #[serde(default)]
    pub updated_at: Option<i64>,
    /// The hash of the password, as a PHC string.
    pub password_hash: String,
    /// Whether they may not log in.
    #[serde(default)]
    pub disabled: bool,
    /// When the account was made. Unix seconds.
    pub created_at: i64,
}

/// A postal address (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    /// The whole of it, as one writes it on an envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street and house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The town's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Address {
    fn lines(&self) -> [&Option<String>; 6] {
        let Self { formatted, street_address, locality, region, postal_code, country } = self;
        [formatted, street_address, locality, region, postal_code, country]
    }
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
        let texts = [
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("middle_name", &self.middle_name),
            ("nickname", &self.nickname),
            ("gender", &self.gender),
            ("birthdate", &self.birthdate),
            ("zoneinfo", &self.zoneinfo),
            ("locale", &self.locale),
        ];
        for (field, value) in texts {
            let Some(value) = value else { continue };
            if !is_line(value, LONGEST_NAME) {
                return Err(Invalid::new(
                    field,
                    "it is empty, too long or has a control character",
                    "leave it out, or write it shorter",
                ));
            }
        }
        let pages =
            [("profile", &self.profile), ("picture", &self.picture), ("website", &self.website)];
        for (field, value) in pages {
            let Some(value) = value else { continue };
            // It becomes a link or an image in other people's applications.
            let scheme = url::Url::parse(value).ok().map(|url| url.scheme().to_owned());
            if value.len() > LONGEST_URL || !matches!(scheme.as_deref(), Some("https" | "http")) {
                return Err(Invalid::new(field, "it is no web address", "write an https URL"));
            }
        }
        // The whole of an address has several lines.
        let broken = |line: &str| !is_line(&line.replace(['\r', '\n'], " "), 5 * LONGEST_NAME);
        if self.address.iter().flat_map(Address::lines).flatten().any(|line| broken(line)) {
            return Err(Invalid::new(
                "address",
                "a part of it is empty, too long or has a control character",
                "leave the part out, or write it shorter",
            ));
        }
        self.check_groups()?;
        self.check_attributes()?;
        if self.email.as_deref().is_some_and(|email| !email.contains('@')) {
            return Err(Invalid::new("email", "there is no @ in it", "write an e-mail address"));
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), Invalid> {
        let fits = self.groups.len() <= MOST_GROUPS
            && self.groups.iter().all(|group| is_line(group, LONGEST_GROUP));
        if fits {
            return Ok(());
        }
        Err(Invalid::new(
            "groups",
            format!(
                "there are more than {MOST_GROUPS}, or one is empty, too long or has a control character"
            ),
            "name fewer groups, each in one short line",
        ))
    }

    fn check_attributes(&self) -> Result<(), Invalid> {
        let named = self.attributes.keys().all(|name| is_line(name, 100));
        let depth = self.attributes.values().map(depth).max().unwrap_or(0);
        let length = serde_json::to_string(&self.attributes).map_or(usize::MAX, |json| json.len());
        if named
            && depth <= DEEPEST_ATTRIBUTE
            && self.attributes.len() <= MOST_ATTRIBUTES
            && length <= LONGEST_ATTRIBUTES
        {
            return Ok(());
        }
        Err(Invalid::new(
            "attributes",
            format!(
                "there are more than {MOST_ATTRIBUTES}, a name is no short line, they are nested \
                 deeper than {DEEPEST_ATTRIBUTE}, or longer than {LONGEST_ATTRIBUTES} bytes of JSON"
            ),
            "keep here only what applications need of a person",
        ))
    }
}

/// A text in one line.
fn is_line(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control)
}

/// How deep a value is nested. What was read from JSON is at most 128 deep.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
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
            ..User::default()
        }
    }

    fn attributes(json: &str) -> User {
        User { attributes: serde_json::from_str(json).unwrap(), ..user() }
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
            (User { picture: Some("javascript:x".into()), ..user() }, "picture"),
            (User { groups: vec![String::new()], ..user() }, "groups"),
            (User { groups: vec!["g".into(); MOST_GROUPS + 1], ..user() }, "groups"),
            (attributes(r#"{"a": [[[[[1]]]]]}"#), "attributes"),
            (attributes(&format!(r#"{{"a": "{}"}}"#, "x".repeat(9000))), "attributes"),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field);
        }
        attributes(r#"{"department": "it", "desks": [[[{"a": 1}]]]}"#).check().unwrap();
        let home = Address { formatted: Some("A street 1\nA town".into()), ..Address::default() };
        User { address: Some(home), ..user() }.check().unwrap();
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
