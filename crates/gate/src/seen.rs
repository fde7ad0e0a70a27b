//! A request as its sender sent it: where a trusted proxy stands in between, what that one says of it.
//!
//! Decides whose word counts about the address, the method and the certificate of a request. From anybody but a
//! trusted proxy, what the headers say of these is a client's own invention.

use std::net::IpAddr;

use claviger_guard::Asked;
use claviger_token::{certificate, dpop};
use http::{HeaderMap, HeaderValue, Method, Uri, header};

use crate::config::GateConfig;
use crate::headers::Forwarded;

/// What the sender did, as far as it is believed.
#[derive(Debug, Default)]
pub(crate) struct Seen<'r> {
    /// From where the request comes.
    pub(crate) address: Option<IpAddr>,
    /// Whether it came over TLS.
    pub(crate) is_secure: bool,
    /// The host that it was sent to.
    pub(crate) host: Option<&'r str>,
    /// The address that was asked for, where somebody has to know.
    url: Option<String>,
    certificate: Option<Vec<u8>>,
}

impl<'r> Seen<'r> {
    /// A request that came to the gate itself.
    pub(crate) fn here(
        config: &GateConfig,
        peer: IpAddr,
        uri: &'r Uri,
        headers: &'r HeaderMap,
    ) -> Self {
        let mut seen = Self::by(config, peer, headers);
        seen.host = seen.host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
        seen.url = seen.wanted_url(config, headers, uri.path());
        seen
    }

    /// A request that another proxy asks about, with what it says of it.
    pub(crate) fn elsewhere(
        config: &GateConfig,
        peer: IpAddr,
        told: &Told<'r>,
        headers: &'r HeaderMap,
    ) -> Self {
        let mut seen = Self::by(config, peer, headers);
        seen.address = Some(forwarded(headers, peer));
        if config.trusts(peer) && told.is_whole {
            seen.url = seen.wanted_url(config, headers, told.target);
        }
        seen
    }

    fn by(config: &GateConfig, peer: IpAddr, headers: &'r HeaderMap) -> Self {
        let own = only(headers, header::HOST.as_str());
        if !config.trusts(peer) {
            return Self { address: Some(peer), host: own, ..Self::default() };
        }
        let name = config.client_certificate_header.as_ref();
        Self {
            address: Some(forwarded(headers, peer)),
            is_secure: only(headers, "x-forwarded-proto") == Some("https"),
            host: only(headers, "x-forwarded-host").or(own),
            certificate: name
                .and_then(|name| certificate::from_header(only(headers, name.as_str())?)),
            url: None,
        }
    }

    /// The address that a proof has to be made for; none where no proof came.
    fn wanted_url(&self, config: &GateConfig, headers: &HeaderMap, target: &str) -> Option<String> {
        if !headers.contains_key(dpop::HEADER) || !target.starts_with('/') {
            return None;
        }
        if let Some(public) = &config.public_url {
            return Some(format!("{}{target}", public.trim_end_matches('/')));
        }
        let scheme = if self.is_secure { "https" } else { "http" };
        Some(format!("{scheme}://{}{target}", self.host?))
    }

    /// What the upstream is told of it.
    pub(crate) fn forwarded(&self, peer: IpAddr) -> Forwarded {
        Forwarded {
            address: self.address.unwrap_or(peer),
            is_secure: self.is_secure,
            host: self.host.and_then(|host| HeaderValue::from_str(host).ok()),
        }
    }

    /// What the guard is asked.
    pub(crate) fn asked<'s>(
        &'s self,
        headers: &'s HeaderMap,
        method: &'s str,
        path: &'s str,
    ) -> Asked<'s> {
        let asked = Asked::new(headers).about(method, path, self.address);
        asked.at(self.url.as_deref()).with_certificate(self.certificate.as_deref())
    }
}

/// What a proxy that asks says of the request it asks about; what it does not say is that of its question.
#[derive(Debug)]
pub(crate) struct Told<'r> {
    pub(crate) method: &'r str,
    pub(crate) target: &'r str,
    /// Whether it says both, each of them once.
    is_whole: bool,
}

impl<'r> Told<'r> {
    pub(crate) fn read(headers: &'r HeaderMap) -> Self {
        let method = one_of(headers, ["x-original-method", "x-forwarded-method"]);
        let target = one_of(headers, ["x-original-uri", "x-forwarded-uri"]);
        Self {
            is_whole: matches!((&method, &target), (Ok(Some(_)), Ok(Some(_)))),
            method: method.ok().flatten().unwrap_or(Method::GET.as_str()),
            target: target.ok().flatten().unwrap_or("/_claviger/auth"),
        }
    }
}

/// Two that contradict each other.
struct Contradiction;

/// What these headers say with one voice.
fn one_of<'h>(headers: &'h HeaderMap, names: [&str; 2]) -> Result<Option<&'h str>, Contradiction> {
    let mut said = names.iter().flat_map(|name| headers.get_all(*name)).map(HeaderValue::to_str);
    let Some(Ok(first)) = said.next() else { return Ok(None) };
    if said.all(|other| other.is_ok_and(|other| other == first)) {
        Ok(Some(first))
    } else {
        Err(Contradiction)
    }
}

/// The value of a header that stands once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// The address that a proxy in front names: the nearest one, for a client can write others before it.
fn forwarded(headers: &HeaderMap, peer: IpAddr) -> IpAddr {
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

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn config(trusted: bool, public_url: Option<&str>) -> GateConfig {
        GateConfig {
            trusted_proxies: trusted.then(|| "127.0.0.0/8".parse().unwrap()).into_iter().collect(),
            public_url: public_url.map(str::to_owned),
            client_certificate_header: Some("client-cert".parse().unwrap()),
            ..GateConfig::new("http://127.0.0.1:9")
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_was_sent() {
        let given = headers(&[
            ("dpop", "x"),
            ("host", "gate:8090"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "api.example"),
            ("x-forwarded-for", "1.2.3.4, 10.0.0.9"),
        ]);
        let uri: Uri = "/orders?x=1".parse().unwrap();
        let url = |config: &GateConfig, headers| Seen::here(config, PROXY, &uri, headers).url;
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(url(&config(false, None), &given), of("http://gate:8090/orders"));
        assert_eq!(url(&config(true, None), &given), of("https://api.example/orders"));
        let public = Some("https://api.example/v1/");
        assert_eq!(url(&config(false, public), &given), of("https://api.example/v1/orders"));
        assert_eq!(url(&config(true, None), &headers(&[("host", "a")])), None, "no proof came");
        let address = |config: &GateConfig| Seen::here(config, PROXY, &uri, &given).address;
        assert_eq!(address(&config(false, None)), Some(PROXY));
        assert_eq!(address(&config(true, None)), Some("10.0.0.9".parse().unwrap()));
    }

    #[test]
    fn a_proxy_that_asks_names_the_original_request() {
        let asks = |more: &[(&'static str, &str)]| {
            headers(&[&[("dpop", "x"), ("host", "api.example")], more].concat())
        };
        let judged = |config: &GateConfig, headers: &HeaderMap| {
            let told = Told::read(headers);
            let seen = Seen::elsewhere(config, PROXY, &told, headers);
            (told.method.to_owned(), seen.url)
        };
        let (method, uri) = (("x-original-method", "POST"), ("x-forwarded-uri", "/orders?x=1"));
        let url = Some("http://api.example/orders?x=1".to_owned());
        assert_eq!(judged(&config(true, None), &asks(&[method, uri])), ("POST".into(), url));
        // A client that reaches the gate past the proxy, or whose headers the proxy lets through.
        assert_eq!(judged(&config(false, None), &asks(&[method, uri])).1, None);
        assert_eq!(judged(&config(true, None), &asks(&[method])).1, None);
        assert_eq!(judged(&config(true, None), &asks(&[uri])).1, None);
        let other = ("x-original-uri", "/other");
        assert_eq!(judged(&config(true, None), &asks(&[method, uri, other])).1, None);
        let absolute = ("x-original-uri", "http://evil.example/");
        assert_eq!(judged(&config(true, None), &asks(&[method, absolute])).1, None);
    }

    #[test]
    fn a_certificate_is_believed_of_a_trusted_proxy_alone() {
        let issued = claviger_testkit::pki::self_signed("client");
        let escaped: String =
            issued.certificate.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let given = headers(&[("client-cert", &escaped)]);
        let uri = Uri::from_static("/");
        let seen = |trusted| Seen::here(&config(trusted, None), PROXY, &uri, &given).certificate;
        assert_eq!(seen(true), Some(issued.der));
        assert_eq!(seen(false), None);
        let mut twice = given.clone();
        twice.append("client-cert", HeaderValue::from_static("x"));
        assert_eq!(Seen::here(&config(true, None), PROXY, &uri, &twice).certificate, None);
    }
}
