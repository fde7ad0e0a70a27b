//! Which headers cross the gate, and which it writes itself.
//!
//! Decides what of a message belongs to one connection only (RFC 9110 §7.6.1) and what an upstream may
//! believe of its caller; never whether the request may pass.

use std::net::IpAddr;

use claviger_guard::Session;
use claviger_token::base64url;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of one connection. `Expect` too: the gate has answered it.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
];

/// Removes what belongs to one connection, and what `Connection` names.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    // A message with both has its length from the chunks (RFC 9112 §6.3); a length passed on beside
    // them is how requests are smuggled.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        // `Connection: content-length` or `host` would change the message itself.
        if *name != header::CONTENT_LENGTH && *name != header::HOST {
            headers.remove(name);
        }
    }
    headers.remove("proxy-connection");
}

/// The protocol that a message asks to change to, if it does.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case("upgrade"));
    headers.get(header::UPGRADE).filter(|_| asks).cloned()
}

/// Removes everything by which a client could pass for somebody. Servers that follow CGI read `-` and `_`
/// alike, so both spellings go.
pub(crate) fn strip_identity(headers: &mut HeaderMap) {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            name.as_str().starts_with("claviger-") || name.as_str().starts_with("claviger_")
        })
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
}

/// Writes who the caller is. A value that a header cannot carry exactly (control characters, spaces at the
/// ends) is left out: it must not arrive as another one. `Claviger-Claims` has every claim as it was signed.
pub(crate) fn set_identity(headers: &mut HeaderMap, session: &Session, longest_claims: usize) {
    let mut set = |name: &'static str, value: &str| {
        if value.is_empty() || value.trim() != value {
            return;
        }
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert(name, value);
        }
    };
    set("claviger-subject", session.subject());
    if let Some(client) = session.client() {
        set("claviger-client", &client);
    }
    set("claviger-scope", &session.scopes().join(" "));
    let claims = base64url::encode(session.claims().members().bytes());
    if claims.len() <= longest_claims {
        set("claviger-claims", &claims);
    }
}

/// Where a request came from, as the upstream is told. What the client said about it is replaced, not extended.
pub(crate) struct Forwarded {
    pub(crate) address: IpAddr,
    pub(crate) is_secure: bool,
    pub(crate) host: Option<HeaderValue>,
}

impl Forwarded {
    pub(crate) fn set(self, headers: &mut HeaderMap) {
        headers.remove(header::FORWARDED);
        for name in [
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-real-ip",
        ] {
            headers.remove(name);
        }
        if let Ok(address) = HeaderValue::from_str(&self.address.to_canonical().to_string()) {
            headers.insert("x-forwarded-for", address);
        }
        let scheme = if self.is_secure { "https" } else { "http" };
        headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
        if let Some(host) = self.host {
            headers.insert("x-forwarded-host", host);
        }
    }
}

/// HTTP/2 lets a client cut its cookies into several lines (RFC 9113 §8.2.3); HTTP/1.1 has one.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<&[u8]> =
        headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if lines.len() < 2 {
        return;
    }
    if let Ok(joined) = HeaderValue::from_bytes(&lines.join(b"; ".as_slice())) {
        headers.insert(header::COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn what_connection_names_stays_behind() {
        let mut headers = map(&[
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("keep-alive", "5"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("accept", "a"),
        ]);
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers, map(&[("accept", "a")]));
        let mut headers =
            map(&[("connection", "content-length, host"), ("content-length", "3"), ("host", "x")]);
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn nobody_brings_an_identity_along() {
        let mut headers =
            map(&[("claviger-subject", "admin"), ("claviger_claims", "x"), ("clavigera", "x")]);
        strip_identity(&mut headers);
        assert_eq!(headers, map(&[("clavigera", "x")]));
    }

    #[test]
    fn an_upgrade_needs_both_headers() {
        assert!(
            upgrade(&map(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]))
                .is_some()
        );
        assert!(upgrade(&map(&[("upgrade", "websocket")])).is_none());
        assert!(upgrade(&map(&[("connection", "upgrade")])).is_none());
    }
}
