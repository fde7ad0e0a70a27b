//! Fetching from an issuer: one bounded GET; and telling somebody something, by one POST.
//!
//! Decides what may be fetched (https, or plain http on loopback), how long and how much; never follows a
//! redirect, never takes an address from a token, and sends no credential but with a report of refusals.

mod reach;
mod reason;

use std::fmt;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use claviger_token::{Code, Fact, Fault};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::{Host, Url};

use reach::{Reach, Resolver};

/// The bounds of a fetch.
#[derive(Clone, Debug)]
pub struct FetchRules {
    /// For the whole request, from the name look-up to the last byte.
    pub timeout: Duration,
    /// The longest body, in bytes.
    pub max_bytes: usize,
    /// Allows plain http to hosts other than loopback. Whoever is on the way can then replace the keys.
    pub danger_allow_plain_http: bool,
    /// Reaches only machines on the public Internet, over https: for addresses that somebody else chose. The name is
    /// resolved once, and the connection goes to what was found.
    pub public_only: bool,
    /// With `public_only`: lets this very machine through as well, for tests.
    pub danger_allow_loopback: bool,
}

impl Default for FetchRules {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            max_bytes: 256 * 1024,
            danger_allow_plain_http: false,
            public_only: false,
            danger_allow_loopback: false,
        }
    }
}

/// Why nothing usable came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The URL is none, or is plain http to another machine.
    Url,
    /// The address is not on the public Internet, and only such ones may be asked.
    Inside,
    /// The name does not resolve.
    Dns,
    /// Nobody listens there, or the connection broke.
    Refused,
    /// TLS failed: mostly a certificate that is not trusted.
    Tls,
    /// Another status than 200 or 304.
    Status(u16),
    /// More bytes than allowed.
    TooLarge,
    /// Not within the time.
    Timeout,
    /// An HTML page.
    Html,
    /// A body that is no JSON (or no UTF-8).
    NotJson,
}

/// A fetch that failed. Never quotes the body.
#[derive(Clone, Debug)]
pub struct FetchError {
    /// What was asked for.
    pub url: String,
    /// Which kind of failure.
    pub cause: Cause,
    /// In words, for an operator.
    pub reason: String,
}

impl FetchError {
    pub(crate) fn new(url: &str, cause: Cause, reason: impl Into<String>) -> Self {
        Self { url: url.to_owned(), cause, reason: reason.into() }
    }

    /// Why a request of hyper's client failed: the innermost cause, for the outer layers only say that something
    /// went wrong.
    #[must_use]
    pub fn of_client(url: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let (cause, reason) = reason::of(error);
        Self::new(url, cause, reason)
    }

    /// As a fault of the catalogue: `key-set-invalid` where something came that is no key set,
    /// `key-set-unreachable` otherwise.
    #[must_use]
    pub fn into_fault(self) -> Box<Fault> {
        let (code, name) = match self.cause {
            Cause::Html | Cause::NotJson | Cause::TooLarge => (Code::KeySetInvalid, "reason"),
            _ => (Code::KeySetUnreachable, "cause"),
        };
        Box::new(Fault::new(code).with("url", self.url).with(name, Fact::Words(self.reason)))
    }
}
impl fmt::Display for FetchError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.url, self.reason)
    }
}
impl std::error::Error for FetchError {}

/// What came back.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// 304: the known body still holds, and `body` is empty.
    pub unchanged: bool,
    /// The body, UTF-8.
    pub body: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `max-age` of `Cache-Control`, in seconds; 0 for `no-store` and `no-cache`.
    pub max_age: Option<u64>,
    /// The server's clock (`Date`), unix seconds.
    pub date: Option<i64>,
    /// `Content-Type`, without its parameters and in lower case.
    pub content_type: Option<String>,
}

type Connector = HttpsConnector<HttpConnector<Resolver>>;

/// What connects to any address.
pub type AnyConnector = HttpsConnector<HttpConnector>;

/// A client for issuers' documents; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    client: Client<Connector, Full<Bytes>>,
    rules: FetchRules,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fetcher").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// A connector over TLS with the machine's trust store. Without one (a bare container) the store is
/// empty: https then fails with a clear reason, and plain http on loopback still works.
#[must_use]
pub fn connector(connect_timeout: Duration) -> AnyConnector {
    over_tls(HttpConnector::new(), connect_timeout)
}

fn over_tls<R>(
    mut tcp: HttpConnector<R>,
    connect_timeout: Duration,
) -> HttpsConnector<HttpConnector<R>> {
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    HttpsConnectorBuilder::new()
        .with_tls_config(tls())
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp)
}

/// Read once: a trust store has some hundred certificates, and a process some fetchers.
fn tls() -> rustls::ClientConfig {
    static TLS: OnceLock<rustls::ClientConfig> = OnceLock::new();
    TLS.get_or_init(with_trust_store).clone()
}

fn with_trust_store() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    #[expect(
        clippy::expect_used,
        reason = "fails only for a provider without cipher suites, and this one is compiled in"
    )]
    let builder = builder.with_safe_default_protocol_versions().expect("cipher suites");
    match builder.clone().with_native_roots() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "this machine has no trusted certificates; https to issuers will fail");
            builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    }
}

impl FetchRules {
    fn reach(&self) -> Reach {
        let Self { public_only, danger_allow_loopback, .. } = *self;
        Reach { public_only, danger_allow_loopback }
    }
}

impl Fetcher {
    /// A fetcher under these rules.
    #[must_use]
    pub fn new(rules: FetchRules) -> Self {
        let resolver = Resolver::new(rules.reach());
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(1)
            .build(over_tls(HttpConnector::new_with_resolver(resolver), rules.timeout));
        Self { client, rules }
    }

    /// Whether these rules let a URL be fetched.
    ///
    /// # Errors
    /// Where it is no URL, has another scheme, carries a password, or is plain http to another machine.
    pub fn allows(&self, url: &str) -> Result<Url, FetchError> {
        let refuse = |reason: &str| Err(FetchError::new(url, Cause::Url, reason));
        let Ok(parsed) = Url::parse(url) else { return refuse("this is no URL") };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(FetchError::new(
                "(a URL)",
                Cause::Url,
                "a URL with a user or password in it",
            ));
        }
        if !self.rules.reach().lets_host(&parsed) {
            let reason = "the address is not on the public Internet";
            return Err(FetchError::new(url, Cause::Inside, reason));
        }
        let plain = !self.rules.public_only || self.rules.danger_allow_loopback;
        match parsed.scheme() {
            "https" => Ok(parsed),
            "http" if !plain => refuse("plain http is not allowed here; use https"),
            "http" if self.rules.danger_allow_plain_http || is_loopback(&parsed) => Ok(parsed),
            "http" => refuse("plain http is allowed to this very machine only; use https"),
            _ => refuse("neither https nor http"),
        }
    }

    /// One GET whose answer is JSON.
    ///
    /// # Errors
    /// Where nothing usable came back, with the cause.
    pub async fn get(&self, url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let asking = self.asking(url, etag);
        match tokio::time::timeout(self.rules.timeout, asking).await {
            Ok(result) => result,
            Err(_) => {
                let reason = format!("no answer within {} s", self.rules.timeout.as_secs_f32());
                Err(FetchError::new(url, Cause::Timeout, reason))
            }
        }
    }

    /// One POST of a form, whose answer counts by its status alone; the status.
    ///
    /// # Errors
    /// Where no answer came, with the cause.
    pub async fn post_form(&self, url: &str, form: String) -> Result<u16, FetchError> {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.post(url, HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]), form.into()).await
    }

    /// One POST whose answer counts by its status alone; the status.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<u16, FetchError> {
        let mut request = Request::post(self.uri(url)?);
        if let Some(own) = request.headers_mut() {
            own.extend(headers);
        }
        match tokio::time::timeout(self.rules.timeout, self.send(url, request, body)).await {
            Ok(result) => result.map(|answer| answer.status().as_u16()),
            Err(_) => Err(FetchError::new(url, Cause::Timeout, "no answer in time")),
        }
    }

    async fn asking(&self, url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let mut request = Request::get(self.uri(url)?).header(header::ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let response = self.send(url, request, Bytes::new()).await?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let fetched = |body, unchanged| Fetched {
            unchanged,
            body,
            etag: text(&head.headers, &header::ETAG).map(str::to_owned),
            max_age: max_age(&head.headers),
            date: text(&head.headers, &header::DATE).and_then(http_date),
            content_type: text(&head.headers, &header::CONTENT_TYPE)
                .map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()),
        };
        if status == 304 && etag.is_some() {
            return Ok(fetched(String::new(), true));
        }
        if status != 200 {
            let more =
                if (300..400).contains(&status) { "; redirects are not followed" } else { "" };
            let reason = format!("it answers with status {status}{more}");
            return Err(FetchError::new(url, Cause::Status(status), reason));
        }
        let bytes = match Limited::new(body, self.rules.max_bytes).collect().await {
            Ok(whole) => whole.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let reason = format!("the answer is longer than {} bytes", self.rules.max_bytes);
                return Err(FetchError::new(url, Cause::TooLarge, reason));
            }
            Err(_) => {
                let reason = "the connection broke within the answer";
                return Err(FetchError::new(url, Cause::Refused, reason));
            }
        };
        let json = |reason: &str| Err(FetchError::new(url, Cause::NotJson, reason));
        let Ok(body) = String::from_utf8(bytes.into()) else {
            return json("the answer is no UTF-8");
        };
        let start = body.trim_start_matches('\u{FEFF}').trim_start();
        if start.starts_with('<') {
            let reason = "an HTML page came back where JSON is due";
            return Err(FetchError::new(url, Cause::Html, reason));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(start).is_err() {
            return json("the answer is no JSON, or not the whole of it");
        }
        Ok(fetched(body, false))
    }

    fn uri(&self, url: &str) -> Result<http::Uri, FetchError> {
        let parsed = self.allows(url)?;
        parsed.as_str().parse().map_err(|_| FetchError::new(url, Cause::Url, "this is no URL"))
    }

    /// Opens a stream that outlives the request's timeout; only its head has to come in time.
    pub(crate) async fn open(
        &self,
        url: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, FetchError> {
        let mut request = Request::get(self.uri(url)?);
        if let Some(own) = request.headers_mut() {
            own.extend(headers);
        }
        match tokio::time::timeout(self.rules.timeout, self.send(url, request, Bytes::new())).await
        {
            Ok(result) => result,
            Err(_) => Err(FetchError::new(url, Cause::Timeout, "no answer in time")),
        }
    }

    async fn send(
        &self,
        url: &str,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Response<Incoming>, FetchError> {
        let agent = concat!("claviger/", env!("CARGO_PKG_VERSION"));
        let request = request.header(header::USER_AGENT, agent).body(Full::new(body));
        let request =
            request.map_err(|_| FetchError::new(url, Cause::Url, "this makes no request"))?;
        self.client.request(request).await.map_err(|error| FetchError::of_client(url, &error))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a URL's host is this very machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

fn max_age(headers: &HeaderMap) -> Option<u64> {
    let mut found = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.to_str().ok()?.split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if directive == "no-store" || directive == "no-cache" {
                return Some(0);
            }
            if let Some(seconds) = directive.strip_prefix("max-age=") {
                found = found.or_else(|| seconds.trim_matches('"').parse().ok());
            }
        }
    }
    found
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7) in unix seconds; the obsolete forms are not read.
#[must_use]
pub fn http_date(text: &str) -> Option<i64> {
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let name = words.next()?;
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = i64::try_from(months.iter().position(|month| *month == name)?).ok()? + 1;
    let year: i64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since the epoch in the proleptic Gregorian calendar, the year beginning in March.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_ages_are_read() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("yesterday"), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, "public, max-age=300".parse().unwrap());
        assert_eq!(max_age(&headers), Some(300));
        headers.append(header::CACHE_CONTROL, "no-cache".parse().unwrap());
        assert_eq!(max_age(&headers), Some(0));
    }

    #[test]
    fn only_https_or_this_machine_is_asked() {
        let fetcher = Fetcher::new(FetchRules::default());
        for good in
            ["https://id.example", "http://127.0.0.1:1/x", "http://[::1]/", "http://localhost"]
        {
            assert!(fetcher.allows(good).is_ok(), "{good}");
        }
        for bad in
            ["http://id.example", "file:///x", "no", "http://127.0.0.1.example/", "https://u:p@x/"]
        {
            assert!(fetcher.allows(bad).is_err(), "{bad}");
        }
    }
}
