//! The line that the gate logs of a refusal: what `claviger explain --batch` groups by.
//!
//! Decides how it is written: no token, no query, and of the token's own words those of [`Claimed`].

use std::net::IpAddr;

use claviger_guard::{Asked, Claimed, Refusal, plain_path};
use http::{HeaderMap, StatusCode};

/// A refused request, as it is logged.
pub(crate) struct Refused<'r> {
    pub(crate) refusal: &'r Refusal,
    /// What the answer says; forward-auth knows fewer than the refusal.
    pub(crate) status: StatusCode,
    pub(crate) asked: &'r Asked<'r>,
}

impl Refused<'_> {
    pub(crate) fn log(&self) {
        // Reading the claims costs; nobody reads them where nothing is logged.
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let Claimed { client, issuer, .. } = Claimed::read(self.asked.headers);
        let address = self.asked.address.map(|address| address.to_string());
        tracing::warn!(
            code = %self.refusal.code(), diagnosis = %self.refusal.diagnosis,
            status = self.status.as_u16(), method = self.asked.method,
            path = plain_path(self.asked.path), remote_addr = address, client, issuer, "refused"
        );
    }
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
pub(crate) fn forwarded(headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let named = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next())
        .and_then(|address| address.trim().parse().ok());
    named.unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn a_proxy_names_the_original_request() {
        let names = ["x-original-uri", "x-forwarded-uri"];
        let given =
            headers(&[("x-forwarded-uri", "/orders"), ("x-forwarded-for", "1.2.3.4, 10.0.0.9")]);
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(original(&given, names, "/_claviger/auth"), "/orders");
        assert_eq!(original(&HeaderMap::new(), names, "/_claviger/auth"), "/_claviger/auth");
        assert_eq!(forwarded(&given, peer).to_string(), "10.0.0.9");
        assert_eq!(forwarded(&headers(&[("x-forwarded-for", "unknown")]), peer), peer);
    }
}
