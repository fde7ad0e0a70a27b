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
}

impl<'r> Asked<'r> {
    /// A request of which the headers alone are known.
    #[must_use]
    pub const fn new(headers: &'r HeaderMap) -> Self {
        Self { headers, method: "", path: "", address: None }
    }

    /// With method and path, and from where it comes.
    #[must_use]
    pub const fn about(self, method: &'r str, path: &'r str, address: Option<IpAddr>) -> Self {
        Self { method, path, address, ..self }
    }
}

impl<'r> From<&'r Parts> for Asked<'r> {
    fn from(parts: &'r Parts) -> Self {
        Self::new(&parts.headers).about(parts.method.as_str(), parts.uri.path(), None)
    }
}
