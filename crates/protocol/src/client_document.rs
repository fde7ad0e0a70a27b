//! Client-ID metadata documents (draft-ietf-oauth-client-id-metadata-document): the `client_id` is the https address of
//! a document that says what the client is.
//!
//! Decides whether an address can be such an id, and what a document comes to. Never fetches. A document is written for
//! all servers, so what this one does not serve is passed over; what would weaken it is refused.

use serde_json::json;
use url::Url;

use crate::client::{AuthMethod, Client, GrantType};
use crate::error::{OauthCode, OauthFault, quoted};
use crate::registration::{ClientMetadata, Terms};

/// An address that people have to be able to read on a page.
const LONGEST_ID: usize = 500;
/// Stands in for the id while the record is judged: an address is no registered id.
const PLACE: &str = "document";

fn refused(code: &'static str, description: impl Into<String>) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description)
}

/// Whether a `client_id` is the address of a document, by its form alone; whether such ids are served is another
/// matter.
#[must_use]
pub fn is_document_id(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

/// Whether an address can be a client's id: https with a path, in its normal form, and nothing in it that two readers
/// could read differently. `danger_allow_loopback` lets plain http on this machine through, for tests.
pub fn check_document_id(client_id: &str, danger_allow_loopback: bool) -> Result<Url, OauthFault> {
    let refuse = |problem: &str| {
        Err(refused("client-document-id", format!("the client id {} {problem}", quoted(client_id)))
            .fix(
                "use an https address with a path and nothing after it, as the client publishes it",
            ))
    };
    if client_id.len() > LONGEST_ID {
        return refuse("is too long");
    }
    let Ok(url) = Url::parse(client_id) else { return refuse("is no address") };
    let loopback = || match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if danger_allow_loopback && loopback() => {}
        _ => return refuse("is no https address"),
    }
    if url.as_str() != client_id {
        // Dot segments, upper-case hosts, default ports, blanks, tabs.
        return refuse("is not in its normal form");
    }
    if !url.username().is_empty() || url.password().is_some() || client_id.contains('@') {
        return refuse("has a user in it");
    }
    if client_id.contains('#') || client_id.contains('?') {
        return refuse("has a fragment or a query");
    }
    if url.path() == "/" {
        return refuse("has no path");
    }
    if client_id.contains(['\\', '%', '"', '<', '>']) {
        return refuse("has escapes or characters that are read in different ways");
    }
    Ok(url)
}

/// What the document at `client_id` comes to.
pub fn document_client(
    client_id: &str,
    body: &[u8],
    terms: &Terms<'_>,
    now: i64,
) -> Result<Client, OauthFault> {
    let about = |fault: OauthFault| {
        refused("client-document-refused", format!("the client's document: {}", fault.description))
            .fix("the application's maker mends the document at its client id")
    };
    let mut metadata = ClientMetadata::read(body).map_err(about)?;
    let said = metadata.text("client_id").map_err(about)?;
    if said != Some(client_id) {
        let description = "the `client_id` in it is not, letter by letter, its own address";
        return Err(about(refused("client-document-refused", description)));
    }
    // A secret that is published is none.
    for name in ["client_secret", "client_secret_expires_at"] {
        if metadata.has(name) {
            let description = format!("it has `{name}`, and anybody can read it");
            return Err(about(refused("client-document-refused", description)));
        }
    }
    let method = metadata.text("token_endpoint_auth_method").map_err(about)?;
    match method.map(AuthMethod::from_name) {
        None => metadata.set("token_endpoint_auth_method", json!(AuthMethod::None.as_str())),
        Some(Some(method)) if method.uses_secret() => {
            let description = "its way to authenticate needs a secret, and nobody gave it one";
            return Err(about(refused("client-document-refused", description)));
        }
        Some(_) => {}
    }
    metadata.narrow(terms).map_err(about)?;
    let mut client = metadata.apply(Client::new(PLACE, now), terms).map_err(about)?;
    if client.name == PLACE {
        client.name = document_host(client_id).to_owned();
    }
    client.id = client_id.to_owned();
    client.registered = None;
    // A document is read by many servers; each signs with what it has.
    client.id_token_signed_response_alg = None;
    // Nothing is kept of it, so there is nobody to be told of a log-out.
    client.backchannel_logout_uri = None;
    client.backchannel_logout_session_required = false;
    if !client.grants.contains(&GrantType::AuthorizationCode) {
        let description = "none of its grant types is served for documents";
        return Err(about(refused("client-document-refused", description)));
    }
    Ok(client)
}

/// Who vouches for a client: the host of its id, as people are shown it. None for clients that the operator made or
/// that registered.
#[must_use]
pub fn publisher(client: &Client) -> Option<&str> {
    is_document_id(&client.id).then(|| document_host(&client.id))
}

fn document_host(client_id: &str) -> &str {
    let rest = client_id.split_once("://").map_or(client_id, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// Whether a person has to be asked each time: anybody can say the name of a public client, and an address on the
/// person's own machine does not show that it is that client (RFC 8252 §8.6).
#[must_use]
pub fn asks_each_time(client: &Client, redirect_uri: &str) -> bool {
    is_document_id(&client.id)
        && client.auth_method == AuthMethod::None
        && !redirect_uri.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::resource::Resource;

    const ID: &str = "https://app.example/oauth/client.json";

    fn read(body: &Value) -> Result<Client, OauthFault> {
        let api =
            Resource { scopes: vec!["read".into()], ..Resource::new("https://api.example", 0) };
        let terms = Terms {
            grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            resources: std::slice::from_ref(&api),
            scopes: None,
            certificates: false,
            danger_allow_loopback: false,
        };
        document_client(ID, body.to_string().as_bytes(), &terms, 7)
    }

    fn good() -> Value {
        json!({
            "client_id": ID, "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"],
            "grant_types": ["authorization_code", "refresh_token", "urn:other"],
            "response_types": ["code", "code id_token"], "token_endpoint_auth_method": "none",
            "scope": "read beyond", "logo_uri": "https://app.example/logo.png",
        })
    }

    fn changed(name: &str, value: Value) -> Value {
        let mut body = good();
        body[name] = value;
        body
    }

    #[test]
    fn which_addresses_can_be_ids() {
        for good in [ID, "https://app.example:8443/c", "https://a.example/b/"] {
            check_document_id(good, false).unwrap();
        }
        for bad in [
            "https://app.example",
            "https://app.example/",
            "http://app.example/c",
            "http://127.0.0.1/c",
            "https://app.example/c#f",
            "https://app.example/c?q",
            "https://u@app.example/c",
            "https://u:p@app.example/c",
            "https://APP.example/c",
            "https://app.example:443/c",
            "https://app.example/a/../c",
            "https://app.example/./c",
            "https://app.example/%2e%2e/c",
            "https://app.example\\evil.example/c",
            "https://app.example/c\t",
            "https:/app.example/c",
            "javascript:alert(1)",
            "ftp://app.example/c",
            "",
        ] {
            check_document_id(bad, false).unwrap_err();
        }
        let long = format!("https://app.example/{}", "a".repeat(LONGEST_ID));
        check_document_id(&long, false).unwrap_err();
        check_document_id("http://127.0.0.1:80/c", true).unwrap_err();
        check_document_id("http://127.0.0.1:8000/c", true).unwrap();
        check_document_id("http://10.0.0.1/c", true).unwrap_err();
    }

    #[test]
    fn a_document_becomes_a_client_with_what_this_server_serves() {
        let client = read(&good()).unwrap();
        assert_eq!(client.id, ID);
        assert_eq!(client.grants, [GrantType::AuthorizationCode, GrantType::RefreshToken]);
        assert_eq!(client.scopes, ["read"]);
        assert_eq!(client.auth_method, AuthMethod::None);
        assert!(client.registered.is_none() && !client.first_party);
        assert_eq!(publisher(&client), Some("app.example"));
        let bare = json!({"client_id": ID, "redirect_uris": ["https://app.example/cb"]});
        let client = read(&bare).unwrap();
        assert_eq!((client.name.as_str(), client.auth_method), ("app.example", AuthMethod::None));
        assert!(client.scopes.contains(&"read".to_owned()));
        assert_eq!(publisher(&Client::new("a", 0)), None);
    }

    #[test]
    fn a_document_that_cannot_be_trusted_is_refused() {
        for bad in [
            changed("client_id", json!("https://app.example/oauth/client.json/")),
            changed("client_id", json!("https://evil.example/client.json")),
            changed("client_id", Value::Null),
            changed("client_secret", json!("s")),
            changed("client_secret_expires_at", json!(0)),
            changed("token_endpoint_auth_method", json!("client_secret_basic")),
            changed("token_endpoint_auth_method", json!("client_secret_post")),
            changed("token_endpoint_auth_method", json!("private_key_jwt")),
            changed("token_endpoint_auth_method", json!("tls_client_auth")),
            changed("redirect_uris", json!([])),
            changed("redirect_uris", json!(["javascript:alert(1)"])),
            changed("grant_types", json!(["client_credentials"])),
            changed("client_name", json!("\u{202e}\u{7}")),
        ] {
            let fault = read(&bad).unwrap_err();
            assert_eq!(fault.code, "client-document-refused", "{bad}");
        }
    }

    #[test]
    fn whoever_cannot_be_told_from_an_impostor_is_asked_about_each_time() {
        let client = read(&good()).unwrap();
        assert!(asks_each_time(&client, "http://127.0.0.1:4711/cb"));
        assert!(asks_each_time(&client, "com.example.app:/cb"));
        assert!(!asks_each_time(&client, "https://app.example/cb"));
        assert!(!asks_each_time(&Client::new("app", 0), "http://127.0.0.1/cb"));
    }

    proptest! {
        /// What is accepted has one reading, and it is the same with every parser.
        #[test]
        fn an_accepted_id_is_its_own_normal_form(id in "https://[a-zA-Z0-9.:@\\[\\]%-]{1,12}[/a-z.%?#\\\\]{0,10}") {
            if let Ok(url) = check_document_id(&id, false) {
                prop_assert_eq!(url.as_str(), id.as_str());
                prop_assert_eq!(document_host(&id), &id[8..8 + document_host(&id).len()]);
                let host = url.host_str().unwrap();
                prop_assert!(document_host(&id).starts_with(host));
            }
        }

        #[test]
        fn no_document_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let terms = Terms {
                grants: &[],
                resources: &[],
                scopes: None,
                certificates: false,
                danger_allow_loopback: false,
            };
            let _ = document_client(ID, &body, &terms, 0);
        }
    }
}
