//! The line that the gate logs of a refusal: what `claviger explain --batch` groups by.
//!
//! Decides what of a refused request may be written down: no token, no query, and of the token's own words
//! only who it says it is from and for whom. They are not verified, and short.

use std::borrow::Cow;
use std::net::IpAddr;

use claviger_guard::Refusal;
use claviger_token::{Token, presentation};
use http::{HeaderMap, StatusCode, header};

/// A name that is longer is none that an operator gave.
const LONGEST_NAME: usize = 160;
/// A path that is longer is cut.
const LONGEST_PATH: usize = 512;

/// A refused request, as it is logged.
pub(crate) struct Refused<'r> {
    pub(crate) refusal: &'r Refusal,
    /// What the answer says; forward-auth knows fewer than the refusal.
    pub(crate) status: StatusCode,
    pub(crate) method: &'r str,
    /// Path or address; its query is left out.
    pub(crate) target: &'r str,
    pub(crate) address: Cow<'r, str>,
    pub(crate) headers: &'r HeaderMap,
}

/// What a token says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    client: Option<String>,
    issuer: Option<String>,
}

impl Refused<'_> {
    pub(crate) fn log(&self) {
        // Reading the claims costs; nobody reads them where nothing is logged.
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let Said { client, issuer } = said(self.headers);
        tracing::warn!(
            code = %self.refusal.code(), diagnosis = %self.refusal.diagnosis,
            status = self.status.as_u16(), method = self.method, path = path(self.target),
            remote_addr = &*self.address, client, issuer, "refused"
        );
    }
}

/// A path without query, no longer than is useful.
fn path(target: &str) -> &str {
    let end = target.find(['?', '#']).unwrap_or(target.len());
    let end = target.floor_char_boundary(end.min(LONGEST_PATH));
    target.get(..end).unwrap_or_default()
}

fn said(headers: &HeaderMap) -> Said {
    let values = headers.get_all(header::AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
    let Ok(text) = presentation::bearer(values) else { return Said::default() };
    let Ok(token) = Token::parse(text) else { return Said::default() };
    let Some(payload) = token.payload() else { return Said::default() };
    let short = |name: Cow<'_, str>| (name.len() <= LONGEST_NAME).then(|| name.into_owned());
    let of = |name: &str| payload.text(name).and_then(short);
    Said { client: of("client_id").or_else(|| of("azp")), issuer: of("iss") }
}

/// What a proxy that asks says of the request it asks about, else what is known of its question.
pub(crate) fn original<'h>(
    headers: &'h HeaderMap,
    names: [&str; 2],
    otherwise: &'h str,
) -> &'h str {
    let mut given = names.into_iter().filter_map(|name| headers.get(name)?.to_str().ok());
    given.next().unwrap_or(otherwise)
}

/// The address that a proxy in front names: the nearest one, for a client can write others before it.
pub(crate) fn forwarded(headers: &HeaderMap, peer: IpAddr) -> Cow<'_, str> {
    let named = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next())
        .map(str::trim)
        .filter(|address| address.parse::<IpAddr>().is_ok());
    named.map_or_else(|| Cow::Owned(peer.to_string()), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::mint::mint;
    use claviger_token::Algorithm;
    use http::HeaderValue;
    use serde_json::{Value, json};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn said_by(claims: &Value) -> (Option<String>, Option<String>) {
        let token = mint(Algorithm::Es256, &json!({}), claims);
        let Said { client, issuer } =
            said(&headers(&[("authorization", &format!("Bearer {token}"))]));
        (client, issuer)
    }

    #[test]
    fn a_token_says_who_it_is_from_and_nothing_long() {
        let text = |text: &str| Some(text.to_owned());
        let claims = json!({"client_id": "billing", "azp": "x", "iss": "https://id.example"});
        assert_eq!(said_by(&claims), (text("billing"), text("https://id.example")));
        assert_eq!(said_by(&json!({"azp": "web", "iss": 7})), (text("web"), None));
        let long = "a".repeat(LONGEST_NAME + 1);
        assert_eq!(said_by(&json!({"client_id": long, "iss": long})), (None, None));
        assert_eq!(said(&headers(&[("authorization", "Bearer no-token")])), Said::default());
        assert_eq!(said(&HeaderMap::new()), Said::default());
    }

    #[test]
    fn a_path_has_no_query() {
        assert_eq!(path("/orders?access_token=x"), "/orders");
        assert_eq!(path(&"é".repeat(LONGEST_PATH)).len(), LONGEST_PATH);
    }

    #[test]
    fn a_proxy_names_the_original_request() {
        let names = ["x-original-uri", "x-forwarded-uri"];
        let given =
            headers(&[("x-forwarded-uri", "/orders"), ("x-forwarded-for", "1.2.3.4, 10.0.0.9")]);
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(original(&given, names, "/_claviger/auth"), "/orders");
        assert_eq!(original(&HeaderMap::new(), names, "/_claviger/auth"), "/_claviger/auth");
        assert_eq!(forwarded(&given, peer), "10.0.0.9");
        assert_eq!(forwarded(&headers(&[("x-forwarded-for", "unknown")]), peer), "127.0.0.1");
    }
}
