//! What a refused token says of itself, for the log and the journal.
//!
//! Decides what of a refused request may be written down: of the token's own words only who it says it is from
//! and for whom. They are not verified, and short.

use std::borrow::Cow;

use claviger_token::{Token, presentation};
use http::{HeaderMap, header};

/// A name that is longer is none that an operator gave.
const LONGEST_NAME: usize = 160;
/// A path that is longer is cut.
const LONGEST_PATH: usize = 512;

/// The words of a token that nobody has verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// `client_id` or `azp`.
    pub client: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `sub`.
    pub subject: Option<String>,
}

impl Claimed {
    /// What the token in these headers says; nothing where there is none that can be read.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
        let Ok((_, text)) = presentation::presented(values) else { return Self::default() };
        let Ok(token) = Token::parse(text) else { return Self::default() };
        let Some(payload) = token.payload() else { return Self::default() };
        let short = |name: Cow<'_, str>| (name.len() <= LONGEST_NAME).then(|| name.into_owned());
        let of = |name: &str| payload.text(name).and_then(short);
        Self {
            client: of("client_id").or_else(|| of("azp")),
            issuer: of("iss"),
            subject: of("sub"),
        }
    }
}

/// A path without query, no longer than is useful.
#[must_use]
pub fn plain_path(target: &str) -> &str {
    let end = target.find(['?', '#']).unwrap_or(target.len());
    let end = target.floor_char_boundary(end.min(LONGEST_PATH));
    target.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::mint::mint;
    use claviger_token::Algorithm;
    use http::HeaderValue;
    use serde_json::{Value, json};

    fn bearer(token: &str) -> HeaderMap {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    fn said_by(claims: &Value) -> [Option<String>; 3] {
        let token = mint(Algorithm::Es256, &json!({}), claims);
        let Claimed { client, issuer, subject } = Claimed::read(&bearer(&token));
        [client, issuer, subject]
    }

    #[test]
    fn a_token_says_who_it_is_from_and_nothing_long() {
        let text = |text: &str| Some(text.to_owned());
        let claims = json!({
            "client_id": "billing", "azp": "x", "iss": "https://id.example", "sub": "u-1"
        });
        assert_eq!(said_by(&claims), [text("billing"), text("https://id.example"), text("u-1")]);
        assert_eq!(said_by(&json!({"azp": "web", "iss": 7})), [text("web"), None, None]);
        let long = "a".repeat(LONGEST_NAME + 1);
        let claims = json!({"client_id": long, "iss": long, "sub": long});
        assert_eq!(said_by(&claims), [None, None, None]);
        assert_eq!(Claimed::read(&bearer("no-token")), Claimed::default());
        assert_eq!(Claimed::read(&HeaderMap::new()), Claimed::default());
    }

    #[test]
    fn a_path_has_no_query() {
        assert_eq!(plain_path("/orders?access_token=x"), "/orders");
        assert_eq!(plain_path(&"é".repeat(LONGEST_PATH)).len(), LONGEST_PATH);
    }
}
