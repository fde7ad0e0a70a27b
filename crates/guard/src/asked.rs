//! A request as a guard reads it.
//!
//! Decides nothing: whoever took the request says what of it is known.

use std::net::IpAddr;

use http::HeaderMap;
use http::request::Parts;

/// What of a request a guard judges, and what it tells of one that it refuses.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'r> {
    /// Its headers.
    pub headers: &'r HeaderMap,
    /// Its method; empty where nobody knows.
    pub method: &'r str,
    /// Its path; a query in it is never told. Empty where nobody knows.
    pub path: &'r str,
    /// From where it comes, where that is known.
    pub address: Option<IpAddr>,
    /// Its whole address as the client wrote it, for the proofs of keys (RFC 9449 §4.3); none: what the builder's
    /// `public_url` and the path come to.
    pub url: Option<&'r str>,
    /// The certificate that its sender has proven to hold on the connection, as DER (RFC 8705 §3).
    pub certificate: Option<&'r [u8]>,
}

impl<'r> Asked<'r> {
    /// A request of which the headers alone are known.
    #[must_use]
    pub const fn new(headers: &'r HeaderMap) -> Self {
        Self { headers, method: "", path: "", address: None, url: None, certificate: None }
    }

    /// With method and path, and from where it comes.
    #[must_use]
    pub const fn about(self, method: &'r str, path: &'r str, address: Option<IpAddr>) -> Self {
        Self { method, path, address, ..self }
    }

    /// With the address that its sender asked for.
    #[must_use]
    pub const fn at(self, url: Option<&'r str>) -> Self {
        Self { url, ..self }
    }

    /// With the certificate of its connection.
    #[must_use]
    pub const fn with_certificate(self, der: Option<&'r [u8]>) -> Self {
        Self { certificate: der, ..self }
    }
}

impl<'r> From<&'r Parts> for Asked<'r> {
    fn from(parts: &'r Parts) -> Self {
        Self::new(&parts.headers).about(parts.method.as_str(), path(parts), None)
    }
}

/// The path as the client asked for it: a nested router of axum cuts its own part off.
fn path(parts: &Parts) -> &str {
    #[cfg(feature = "axum")]
    if let Some(original) = parts.extensions.get::<axum::extract::OriginalUri>() {
        return original.path();
    }
    parts.uri.path()
}
