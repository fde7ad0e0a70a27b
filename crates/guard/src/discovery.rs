//! The issuer's metadata: where its keys are.
//!
//! Decides whether a document speaks for the very issuer that was configured (RFC 8414 §3.3, OpenID Connect
//! Discovery §4.3); never takes an issuer or an address from a token.

use claviger_token::{Code, Fact, Fault, KeySet};
use serde_json::Value;
use url::Url;

use crate::fetch::{Cause, Fetched, Fetcher};

/// What an issuer says of itself, as far as a resource server needs it.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// Where the document was found.
    pub url: String,
    /// The issuer, equal to what was asked for.
    pub issuer: String,
    /// Its key set.
    pub jwks_uri: String,
    /// Its revocation feed, where it has one.
    pub revocations_endpoint: Option<String>,
    /// Where guards report what they refused, where it wants to know.
    pub refusals_endpoint: Option<String>,
    /// Its introspection endpoint, where it has one (RFC 7662).
    pub introspection_endpoint: Option<String>,
    /// The whole document.
    pub document: Value,
}

/// The two well-known places of an issuer's metadata, in the order they are asked.
#[must_use]
pub fn places(issuer: &Url) -> [String; 2] {
    let path = issuer.path().trim_end_matches('/');
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&path);
        url.to_string()
    };
    // OpenID Connect Discovery §4 appends to the issuer's path, RFC 8414 §3.1 inserts before it.
    [
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
    ]
}

impl Fetcher {
    /// Finds and checks an issuer's metadata.
    ///
    /// # Errors
    /// `key-set-unreachable`, `key-set-invalid` or `discovery-mismatch`.
    pub async fn discover(&self, issuer: &str) -> Result<Discovery, Box<Fault>> {
        let parsed = self.allows(issuer).map_err(crate::fetch::FetchError::into_fault)?;
        let [oidc, oauth] = places(&parsed);
        let (url, fetched) = match self.get(&oidc, None).await {
            Ok(fetched) => (oidc, fetched),
            // The place is empty, so the other is asked. An outage is an outage at both.
            Err(error)
                if matches!(
                    error.cause,
                    Cause::Status(400..=499) | Cause::Html | Cause::NotJson
                ) =>
            {
                match self.get(&oauth, None).await {
                    Ok(fetched) => (oauth, fetched),
                    Err(_) => return Err(error.into_fault()),
                }
            }
            Err(error) => return Err(error.into_fault()),
        };
        let discovery = read(issuer, url, &fetched.body)?;
        self.allows(&discovery.jwks_uri).map_err(crate::fetch::FetchError::into_fault)?;
        Ok(discovery)
    }

    /// Fetches a key set; shared secrets in it are left out.
    ///
    /// # Errors
    /// `key-set-unreachable` or `key-set-invalid`.
    pub async fn key_set(&self, url: &str) -> Result<KeySet, Box<Fault>> {
        let fetched = self.get(url, None).await.map_err(crate::fetch::FetchError::into_fault)?;
        key_set(url, &fetched)
    }
}

/// Reads a fetched key set.
pub(crate) fn key_set(url: &str, fetched: &Fetched) -> Result<KeySet, Box<Fault>> {
    let invalid = |reason: String| {
        Box::new(
            Fault::new(Code::KeySetInvalid).with("url", url).with("reason", Fact::Words(reason)),
        )
    };
    let keys = KeySet::from_json(&fetched.body).map_err(|error| invalid(error.reason))?;
    let keys = keys.without_secrets();
    if keys.is_empty() {
        return Err(invalid(
            "it holds nothing but shared secrets, and what is published is no secret".to_owned(),
        ));
    }
    Ok(keys)
}

fn read(issuer: &str, url: String, body: &str) -> Result<Discovery, Box<Fault>> {
    let invalid = |reason: &str| {
        let reason = Fact::Words(reason.to_owned());
        Box::new(Fault::new(Code::KeySetInvalid).with("url", url.as_str()).with("reason", reason))
    };
    let document: Value = serde_json::from_str(body.trim_start_matches('\u{FEFF}'))
        .map_err(|_| invalid("the metadata are no JSON"))?;
    let member = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    let mismatch =
        Fault::new(Code::DiscoveryMismatch).with("url", url.as_str()).with("expected", issuer);
    match member("issuer") {
        None => {
            let reason = "it names no issuer".to_owned();
            return Err(Box::new(mismatch.with("reason", Fact::Words(reason))));
        }
        // Compared as it stands: a trailing slash is another issuer (RFC 8414 §3.3).
        Some(found) if found != issuer => return Err(Box::new(mismatch.with("found", found))),
        Some(_) => {}
    }
    let Some(jwks_uri) = member("jwks_uri") else {
        return Err(invalid("the discovery document names no `jwks_uri`"));
    };
    Ok(Discovery {
        issuer: issuer.to_owned(),
        jwks_uri,
        revocations_endpoint: member("revocations_endpoint"),
        refusals_endpoint: member("refusals_endpoint"),
        introspection_endpoint: member("introspection_endpoint"),
        url,
        document,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_of_an_issuer_with_a_path() {
        let url = Url::parse("https://id.example/tenant/").unwrap();
        assert_eq!(
            places(&url),
            [
                "https://id.example/tenant/.well-known/openid-configuration",
                "https://id.example/.well-known/oauth-authorization-server/tenant",
            ]
        );
    }

    #[test]
    fn a_document_of_another_issuer_is_refused() {
        let body = r#"{"issuer":"https://id.example/","jwks_uri":"https://id.example/jwks"}"#;
        let fault = read("https://id.example", "u".to_owned(), body).unwrap_err();
        assert_eq!(fault.code, Code::DiscoveryMismatch);
        assert!(read("https://id.example/", "u".to_owned(), body).is_ok());
        let fault =
            read("https://id.example/", "u".to_owned(), r#"{"issuer":"https://id.example/"}"#);
        assert_eq!(fault.unwrap_err().code, Code::KeySetInvalid);
    }
}
