//! One HTTP request and its answer, for the commands that talk to an authority or an API.
//!
//! Follows no redirect: a credential goes to the address that was named and to no other.

use std::time::Duration;

use claviger_guard::fetch::{Cause, FetchError, connector};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use url::Url;

/// The most that is read of an authority's answer.
const MOST_ANSWER: usize = 4 * 1024 * 1024;
/// The longest that an authority's answer may take.
const LONGEST: Duration = Duration::from_secs(15);

/// A request. Holds credentials, so it has no `Debug`.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// For all of it, from the name look-up to the last byte that is read.
    pub(crate) timeout: Duration,
    /// Bytes of the answer's body; what is beyond is left unread.
    pub(crate) most: usize,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body is longer than what was read.
    pub(crate) is_cut: bool,
}

/// Sends one request.
pub(crate) async fn ask(ask: Ask) -> Result<Reply, FetchError> {
    // An address may hold a token in its query: no error repeats it.
    let place = place(&ask.url);
    let refused = |cause, reason: String| FetchError { url: place.clone(), cause, reason };
    let mut request = Request::new(Full::new(ask.body));
    *request.method_mut() = ask.method;
    *request.headers_mut() = ask.headers;
    *request.uri_mut() = ask
        .url
        .as_str()
        .parse()
        .map_err(|_| refused(Cause::Url, "this is no address that can be asked".to_owned()))?;
    let client = Client::builder(TokioExecutor::new()).build(connector(ask.timeout));
    let asked = async {
        let answer =
            client.request(request).await.map_err(|error| FetchError::of_client(&place, &error))?;
        let (head, mut body) = answer.into_parts();
        let mut read = Vec::new();
        let mut is_cut = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                refused(Cause::Refused, "the connection broke within the answer".to_owned())
            })?;
            let Ok(data) = frame.into_data() else { continue };
            let room = ask.most.saturating_sub(read.len());
            read.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                is_cut = true;
                break;
            }
        }
        Ok(Reply { status: head.status, headers: head.headers, body: read, is_cut })
    };
    let late = || refused(Cause::Timeout, format!("no answer within {} s", ask.timeout.as_secs()));
    tokio::time::timeout(ask.timeout, asked).await.unwrap_or_else(|_| Err(late()))
}

/// An address without query and user: what may be shown of it.
pub(crate) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// An authority's answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

/// Sends one request to an authority.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Result<Answer, String> {
    let parsed = Url::parse(url).map_err(|error| format!("`{url}` is no URL: {error}"))?;
    if !parsed.has_host() || !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("`{url}` is no http or https URL"));
    }
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).map_err(|_| format!("`{name}` is no header"))?;
        let value = HeaderValue::try_from(*value).map_err(|_| {
            format!("what is to be sent as `{name}` holds a character that no header may hold")
        })?;
        map.append(name, value);
    }
    let request = Ask {
        method,
        url: parsed,
        headers: map,
        body: body.unwrap_or_default().into(),
        timeout: LONGEST,
        most: MOST_ANSWER,
    };
    let reply =
        ask(request).await.map_err(|error| format!("cannot reach {url}: {}", error.reason))?;
    if reply.is_cut {
        return Err(format!("the answer of {url} is longer than {} MiB", MOST_ANSWER >> 20));
    }
    Ok(Answer { status: reply.status, body: String::from_utf8_lossy(&reply.body).into_owned() })
}
