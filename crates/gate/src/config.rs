//! What a gate is told: where it stands, whom it trusts, how it speaks.
//!
//! Decides whether the settings make sense together; reads no file and no environment.

use std::net::IpAddr;
use std::time::Duration;

use claviger_guard::{BuildError, Guard, LostFeed, Reports};
use claviger_token::Algorithm;
use claviger_token::challenge::Disclosure;
use http::uri::{Authority, Scheme};
use http::{HeaderName, Uri};

use crate::network::Network;

/// The settings of a gate.
#[derive(Clone, Debug)]
pub struct GateConfig {
    /// The service behind: `http://host:port`, with a path where the service lives under one.
    pub upstream: String,
    /// Trusted issuers, exactly as in `iss`.
    pub issuers: Vec<String>,
    /// The service's names; a token must be made for one of them.
    pub audiences: Vec<String>,
    /// Scopes that every request needs.
    pub scopes: Vec<String>,
    /// Allowed algorithms; none: whatever the issuers' keys allow, but for those that
    /// [must be named](Algorithm::must_be_named).
    pub algorithms: Vec<Algorithm>,
    /// How much a refused client is told.
    pub disclosure: Disclosure,
    /// Seconds by which clocks may differ.
    pub leeway: u64,
    /// `realm` of the challenge.
    pub realm: Option<String>,
    /// `resource` of the protected-resource metadata; the first audience where none is given.
    pub resource: Option<String>,
    /// URL prefix of the fault pages.
    pub faults: Option<String>,
    /// Takes the token off before the request goes on.
    pub strip_authorization: bool,
    /// What is done while a revocation feed is lost.
    pub lost_feed: LostFeed,
    /// The shortest time between two key fetches for unknown `kid`s.
    pub jwks_min_interval: Duration,
    /// Allows issuers over plain http on other machines.
    pub danger_allow_plain_http: bool,
    /// The gate's URL as clients see it, to which DPoP proofs are made; where none is given, what a trusted proxy
    /// says, else `Host`.
    pub public_url: Option<String>,
    /// Lets forward-auth answer 204 to a CORS preflight that the proxy announces with `X-Original-Method`
    /// or `X-Forwarded-Method`. The proxy must set that header on every request: where it does not, a
    /// client can, and passes without a token.
    pub forward_auth_preflight: bool,
    /// For the connection to the upstream.
    pub connect_timeout: Duration,
    /// For the head of the upstream's answer, once the request has gone out.
    pub response_timeout: Duration,
    /// The longest head of a request, in bytes; beyond it the answer is 431.
    pub header_limit: usize,
    /// How many verified tokens are remembered.
    pub cache_entries: usize,
    /// Proxies whose word about a request is believed: its address, its method, its sender's certificate.
    pub trusted_proxies: Vec<Network>,
    /// The header in which a trusted proxy hands on the certificate that its client has proven to hold, for tokens
    /// that are bound to one (RFC 8705, RFC 9440). The proxy must overwrite what clients send under this name.
    pub client_certificate_header: Option<HeaderName>,
    /// Takes only DPoP proofs with a nonce of this gate (RFC 9449 §9).
    pub dpop_nonces: bool,
    /// Takes no token that is bound to nothing.
    pub bound_tokens_only: bool,
    /// Tells an issuer's journal what is refused here.
    pub reports: Option<Reports>,
    /// What the upstream is told as `traceparent`, asked within the span of that call. Where it has none, what the
    /// client sent goes on as it came.
    pub traceparent: Option<fn() -> Option<String>>,
}

impl GateConfig {
    /// Settings for an upstream; issuers and audiences are still to be named.
    #[must_use]
    pub fn new(upstream: impl Into<String>) -> Self {
        Self {
            upstream: upstream.into(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            scopes: Vec::new(),
            algorithms: Vec::new(),
            disclosure: Disclosure::default(),
            leeway: 60,
            realm: None,
            resource: None,
            faults: None,
            strip_authorization: false,
            lost_feed: LostFeed::default(),
            jwks_min_interval: Duration::from_secs(30),
            danger_allow_plain_http: false,
            public_url: None,
            forward_auth_preflight: false,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(60),
            header_limit: 64 * 1024,
            cache_entries: 10_000,
            trusted_proxies: Vec::new(),
            client_certificate_header: None,
            dpop_nonces: false,
            bound_tokens_only: false,
            reports: None,
            traceparent: None,
        }
    }
}

/// Why a gate was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The upstream is no address.
    #[error(
        "the upstream `{0}` is no address; write http://HOST:PORT or https://HOST, without a query"
    )]
    Upstream(String),
    /// A public URL that is none.
    #[error(
        "the public URL `{0}` is none; write the URL under which clients reach the gate, as https://api.example"
    )]
    PublicUrl(String),
    /// A certificate that anybody could claim to have.
    #[error(
        "the header `{0}` shall hold clients' certificates, and no proxy is trusted to write it: name the proxy"
    )]
    CertificateOfNobody(HeaderName),
    /// A limit that the server cannot keep.
    #[error("the header limit is {0} bytes; at least 8192 are needed for any request to pass")]
    HeaderLimit(usize),
    /// What the guard objects to.
    #[error(transparent)]
    Guard(#[from] BuildError),
}

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

impl Upstream {
    pub(crate) fn read(text: &str) -> Result<Self, GateError> {
        let wrong = || GateError::Upstream(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.ok_or_else(wrong)?;
        let authority = parts.authority.ok_or_else(wrong)?;
        if (scheme != Scheme::HTTP && scheme != Scheme::HTTPS) || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let path = parts.path_and_query.filter(|path| path.as_str() != "/");
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(wrong());
        }
        let prefix =
            path.map_or_else(String::new, |path| path.path().trim_end_matches('/').to_owned());
        Ok(Self { scheme, authority, prefix })
    }

    /// The address of a request at the upstream; none for requests without a path (`OPTIONS *`).
    pub(crate) fn address(&self, uri: &Uri) -> Option<Uri> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        if !path.starts_with('/') {
            return None;
        }
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path}", self.prefix))
            .build()
            .ok()
    }
}

impl GateConfig {
    /// Whether a peer is a proxy whose word counts.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.has(peer))
    }

    pub(crate) fn guard(&self) -> Result<Guard, BuildError> {
        let mut builder = Guard::builder()
            .leeway(self.leeway)
            .disclosure(self.disclosure)
            .lost_feed(self.lost_feed)
            .min_interval(self.jwks_min_interval)
            .cache_entries(self.cache_entries)
            .proofs()
            .proof_nonces(self.dpop_nonces)
            .bound_tokens_only(self.bound_tokens_only)
            .danger_allow_plain_http(self.danger_allow_plain_http);
        builder = self.issuers.iter().fold(builder, |builder, url| builder.issuer(url));
        builder = self.audiences.iter().fold(builder, |builder, name| builder.audience(name));
        builder = self.scopes.iter().fold(builder, |builder, scope| builder.scope(scope));
        builder = self.algorithms.iter().fold(builder, |builder, name| builder.algorithm(*name));
        if let Some(realm) = &self.realm {
            builder = builder.realm(realm);
        }
        if let Some(faults) = &self.faults {
            builder = builder.faults(faults);
        }
        if let Some(reports) = &self.reports {
            builder = builder.reports(reports.clone());
        }
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_an_address_and_perhaps_a_path() {
        let upstream = Upstream::read("http://127.0.0.1:8000/api/").unwrap();
        let address = upstream.address(&"/orders?x=1".parse().unwrap()).unwrap();
        assert_eq!(address.to_string(), "http://127.0.0.1:8000/api/orders?x=1");
        let plain = Upstream::read("http://127.0.0.1:8000").unwrap();
        let address = plain.address(&"http://other.example/a".parse().unwrap()).unwrap();
        assert_eq!(
            address.to_string(),
            "http://127.0.0.1:8000/a",
            "the client does not choose the host"
        );
        assert!(plain.address(&"*".parse().unwrap()).is_none());
        for bad in ["", "127.0.0.1:8000", "ftp://x", "http://u:p@x", "http://x/?a=1", "/x"] {
            assert!(Upstream::read(bad).is_err(), "{bad}");
        }
    }
}
