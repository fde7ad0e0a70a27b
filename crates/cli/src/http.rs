//! One HTTP request and its answer, for the commands that talk to an authority.
//!
//! Follows no redirect: a credential goes to the address that was named and to no other.

use std::time::Duration;

use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// The most that is read of an answer.
const MOST_ANSWER: usize = 4 * 1024 * 1024;
/// The longest that an answer may take.
const LONGEST: Duration = Duration::from_secs(15);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

/// Sends one request.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Result<Answer, String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no URL: {error}"))?;
    if uri.authority().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("`{url}` is no http or https URL"));
    }
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|error| format!("cannot ask {url}: {error}"))?;
    // Where the machine has no root certificates, plain HTTP on loopback must still work.
    let connector = match hyper_rustls::HttpsConnectorBuilder::new().with_native_roots() {
        Ok(builder) => builder.https_or_http().enable_http1().build(),
        Err(error) if url.starts_with("https:") => {
            return Err(format!("this machine's root certificates cannot be read: {error}"));
        }
        Err(_) => hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(without_roots()?)
            .https_or_http()
            .enable_http1()
            .build(),
    };
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let asked = async {
        let answer = client.request(request).await.map_err(|error| cause(url, &error))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MOST_ANSWER)
            .collect()
            .await
            .map_err(|error| format!("the answer of {url} broke off: {error}"))?
            .to_bytes();
        Ok(Answer { status: head.status, body: String::from_utf8_lossy(&body).into_owned() })
    };
    tokio::time::timeout(LONGEST, asked)
        .await
        .unwrap_or_else(|_| Err(format!("{url} did not answer within {} s", LONGEST.as_secs())))
}

fn without_roots() -> Result<rustls::ClientConfig, String> {
    Ok(rustls::ClientConfig::builder_with_provider(
        rustls::crypto::aws_lc_rs::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .map_err(|error| format!("TLS cannot be set up: {error}"))?
    .with_root_certificates(rustls::RootCertStore::empty())
    .with_no_client_auth())
}

/// The innermost cause: "connection refused" says more than "client error".
fn cause(url: &str, error: &hyper_util::client::legacy::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("cannot reach {url}: {innermost}")
}
