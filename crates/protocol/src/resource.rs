//! A protected API: how it is named (RFC 8707), what scopes it knows, who may introspect its tokens.
//!
//! Decides whether such a record, or an issuer's address, can stand. Never resolves an address.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::claim_rule::{ClaimPlace, ClaimRule, check_rules};
use crate::client::{check_client_id, check_name, check_signing, check_ttl};
use crate::error::{Invalid, quoted};
use crate::scope::check_scopes;

const LONGEST_URI: usize = 500;
const MOST_INTROSPECTORS: usize = 100;

/// A protected API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its address, the `aud` of its tokens; compared exactly.
    pub uri: String,
    /// For people.
    pub name: String,
    /// The scopes it knows.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The clients that may introspect its tokens.
    #[serde(default)]
    pub introspectors: Vec<String>,
    /// The longest life of its tokens, in seconds.
    #[serde(default)]
    pub access_ttl: Option<u64>,
    /// What its tokens are signed with, by the name of RFC 7518; none: the authority's default.
    #[serde(default)]
    pub signing_alg: Option<String>,
    /// Claims of the operator's own in its tokens.
    #[serde(default)]
    pub claims: Vec<ClaimRule>,
    /// When it was made. Unix seconds.
    pub created_at: i64,
}

impl Resource {
    /// A resource with nothing but its address.
    #[must_use]
    pub fn new(uri: impl Into<String>, now: i64) -> Self {
        let uri = uri.into();
        Self {
            name: uri.chars().take(200).collect(),
            uri,
            scopes: Vec::new(),
            introspectors: Vec::new(),
            access_ttl: None,
            signing_alg: None,
            claims: Vec::new(),
            created_at: now,
        }
    }

    /// Whether the record can stand.
    pub fn check(&self) -> Result<(), Invalid> {
        check_resource_uri(&self.uri)?;
        check_name(&self.name)?;
        check_scopes(&self.scopes)?;
        check_ttl(self.access_ttl)?;
        check_signing("signing_alg", self.signing_alg.as_deref())?;
        check_rules(&self.claims, &[ClaimPlace::AccessToken])?;
        if self.introspectors.len() > MOST_INTROSPECTORS {
            let problem = format!("there are more than {MOST_INTROSPECTORS} introspectors");
            return Err(Invalid::new("introspectors", problem, "let several instances share one"));
        }
        for (place, id) in self.introspectors.iter().enumerate() {
            check_client_id(id).map_err(|invalid| Invalid { field: "introspectors", ..invalid })?;
            if self.introspectors[..place].contains(id) {
                let problem = format!("{} stands twice", quoted(id));
                return Err(Invalid::new("introspectors", problem, "leave it out once"));
            }
        }
        Ok(())
    }
}

/// Whether an address can name a resource: absolute and without fragment (RFC 8707 §2).
pub fn check_resource_uri(uri: &str) -> Result<(), Invalid> {
    let fix = "use an absolute URI without fragment, like `https://api.example/orders`";
    let refuse = |problem: String| Err(Invalid::new("resource", problem, fix));
    if uri.is_empty() {
        return refuse("it is empty".to_owned());
    }
    if uri.len() > LONGEST_URI {
        return refuse(format!("it is longer than {LONGEST_URI} characters"));
    }
    // The parser drops and replaces such characters silently; `aud` is compared as it is written.
    if uri.bytes().any(|byte| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&byte)) {
        return refuse(format!("{} has characters that no URI has", quoted(uri)));
    }
    if uri.contains('#') {
        return refuse(format!("{} has a fragment", quoted(uri)));
    }
    if let Err(error) = Url::parse(uri) {
        return refuse(format!("{} is no absolute URI ({error})", quoted(uri)));
    }
    Ok(())
}

/// Whether two addresses name the same resource: character by character, but for the one slash that many libraries
/// write behind a bare host (RFC 3986 §6.2.3 has no path and `/` be the same).
#[must_use]
pub(crate) fn same_resource(one: &str, other: &str) -> bool {
    without_bare_slash(one) == without_bare_slash(other)
}

fn without_bare_slash(uri: &str) -> &str {
    let host = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
    match host.and_then(|host| host.strip_suffix('/')) {
        Some(host) if !host.is_empty() && !host.contains(['/', '?']) => &uri[..uri.len() - 1],
        _ => uri,
    }
}

/// Whether an address can be an issuer's: https, no query, no fragment (RFC 8414 §2). Plain http
/// passes for this machine alone, where it does not leave it.
pub fn check_issuer(issuer: &str) -> Result<(), Invalid> {
    let fix = "use the https address clients reach it by, like `https://id.example`";
    let refuse = |problem: String| Err(Invalid::new("issuer", problem, fix));
    if !issuer.bytes().all(|byte| byte.is_ascii_graphic()) || issuer.len() > LONGEST_URI {
        return refuse("it is too long or has characters that no URL has".to_owned());
    }
    let url = match Url::parse(issuer) {
        Ok(url) => url,
        Err(error) => return refuse(format!("{} is no absolute URL ({error})", quoted(issuer))),
    };
    if issuer.contains(['?', '#']) {
        return refuse(format!("{} has a query or a fragment", quoted(issuer)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it has a user name in it".to_owned());
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => {}
        ("http", Some(host)) if is_this_machine(&host) => {}
        ("http", _) => return refuse(format!("{} is plain http", quoted(issuer))),
        _ => return refuse(format!("{} is no https URL", quoted(issuer))),
    }
    // Guards compare `iss` as text; what a parser would rewrite differs between writers.
    let same = url.as_str() == issuer || url.as_str().strip_suffix('/') == Some(issuer);
    if !same {
        return refuse(format!("{} is not in its normal form", quoted(issuer)))
            .map_err(|invalid| Invalid { fix: format!("write `{url}`"), ..invalid });
    }
    Ok(())
}

fn is_this_machine(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_host_is_the_same_resource_with_and_without_its_slash() {
        for (one, other, same) in [
            ("https://api.example", "https://api.example/", true),
            ("http://127.0.0.1:8090/", "http://127.0.0.1:8090", true),
            ("https://api.example/a", "https://api.example/a", true),
            ("https://api.example/a", "https://api.example/a/", false),
            ("https://api.example", "https://api.example//", false),
            ("https://api.example?x", "https://api.example?x/", false),
            ("https://api.example", "https://API.example/", false),
            ("https://api.example", "http://api.example/", false),
            ("urn:api", "urn:api/", false),
            ("https://", "https:///", false),
        ] {
            assert_eq!(same_resource(one, other), same, "{one} {other}");
            assert_eq!(same_resource(other, one), same, "{other} {one}");
        }
    }

    #[test]
    fn what_names_a_resource() {
        for good in
            ["https://api.example", "https://api.example/a?b=c", "urn:example:api", "api://x"]
        {
            check_resource_uri(good).unwrap();
        }
        for bad in [
            "",
            "api",
            "/a",
            "https://a#b",
            "https://a b",
            "https://ü.example",
            "https://",
            "a\n:b",
        ] {
            assert_eq!(check_resource_uri(bad).unwrap_err().field, "resource", "{bad}");
        }
    }

    #[test]
    fn what_can_be_an_issuer() {
        for good in [
            "https://id.example",
            "https://id.example/",
            "https://id.example/acme",
            "http://127.0.0.1:8600",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            check_issuer(good).unwrap();
        }
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "https://id.example?x",
            "https://id.example#x",
            "https://u:p@id.example",
            "ftp://id.example",
            "https://ID.example",
            "https://id.example:443",
        ] {
            assert_eq!(check_issuer(bad).unwrap_err().field, "issuer", "{bad}");
        }
    }

    #[test]
    fn a_record_says_which_field_is_wrong() {
        let good = Resource::new("https://api.example", 0);
        good.check().unwrap();
        for (bad, field) in [
            (Resource { name: String::new(), ..good.clone() }, "name"),
            (Resource { scopes: vec!["a b".into()], ..good.clone() }, "scopes"),
            (
                Resource { introspectors: vec!["a".into(), "a".into()], ..good.clone() },
                "introspectors",
            ),
            (Resource { signing_alg: Some("none".into()), ..good.clone() }, "signing_alg"),
            (Resource { access_ttl: Some(0), ..good }, "access_ttl"),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field);
        }
    }
}
