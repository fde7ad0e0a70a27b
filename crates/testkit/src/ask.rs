//! A blocking HTTP/1.1 client of one request per connection, which sends header bytes as they are
//! given: good or bad. It follows nothing, retries nothing and trusts nobody but whom it is told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Ask {
    method: String,
    scheme: &'static str,
    authority: String,
    target: String,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    patience: Duration,
    tls: Option<Arc<ClientConfig>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Ask {
    /// A request for a URL `http://host:port/path`, or `https://…`, which then has to be sent [`Self::over`]
    /// something.
    ///
    /// # Panics
    /// Where the URL is another kind of URL.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        let (scheme, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => ("http", rest),
            (None, Some(rest)) => ("https", rest),
            (None, None) => panic!("neither http:// nor https://: {url}"),
        };
        let cut = rest.find('/').unwrap_or(rest.len());
        let target = if cut == rest.len() { "/" } else { &rest[cut..] };
        Self {
            method: method.to_owned(),
            scheme,
            authority: rest[..cut].to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            patience: Duration::from_secs(30),
            tls: None,
        }
    }

    /// Whom it trusts over TLS, and with which certificate it comes: see [`crate::pki::Pki::trusting`].
    #[must_use]
    pub fn over(mut self, tls: &Arc<ClientConfig>) -> Self {
        self.tls = Some(Arc::clone(tls));
        self
    }

    /// GET.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// POST with a form body.
    #[must_use]
    pub fn post_form(url: &str, fields: &[(&str, &str)]) -> Self {
        let body: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        Self::new("POST", url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.join("&"))
    }

    /// A request with a JSON body.
    #[must_use]
    pub fn json(method: &str, url: &str, body: &Value) -> Self {
        Self::new(method, url).header("Content-Type", "application/json").body(body.to_string())
    }

    /// Adds a header; its bytes go out unchecked.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Adds `Authorization: Bearer <token>`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// Adds `Authorization: Basic …` as RFC 6749 §2.3.1 wants it: both parts form-encoded first.
    #[must_use]
    pub fn basic(self, client: &str, secret: &str) -> Self {
        use base64::Engine as _;
        let pair = format!("{}:{}", encode(client), encode(secret));
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        self.header("Authorization", format!("Basic {pair}"))
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// How long each read may take; 30 s when not said.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// Where no answer comes or what comes is no HTTP; [`Self::try_send`] returns that instead.
    #[must_use]
    pub fn send(&self) -> Answer {
        self.try_send().unwrap_or_else(|error| {
            panic!("{} {}://{}{}: {error}", self.method, self.scheme, self.authority, self.target)
        })
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// Where the connection fails or what comes is no HTTP.
    pub fn try_send(&self) -> io::Result<Answer> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.patience))?;
        stream.set_write_timeout(Some(self.patience))?;
        if self.scheme == "http" {
            return self.exchange(stream);
        }
        let tls = self.tls.as_ref();
        let tls = tls.ok_or_else(|| io::Error::other("nobody is trusted over TLS: see `over`"))?;
        let host = self.authority.rsplit_once(':').map_or(&*self.authority, |(host, _)| host);
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
        self.exchange(StreamOwned::new(session, stream))
    }

    fn exchange(&self, mut stream: impl Read + Write) -> io::Result<Answer> {
        // A server that refuses early may stop reading; its answer still counts.
        let written = self.write(&mut stream);
        match read_answer(&mut BufReader::new(stream), self.method == "HEAD") {
            Ok(answer) => Ok(answer),
            Err(error) => Err(written.err().unwrap_or(error)),
        }
    }

    fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host")) {
            head.extend_from_slice(format!("Host: {}\r\n", self.authority).as_bytes());
        }
        head.extend_from_slice(b"Connection: close\r\n");
        if !self.body.is_empty() || self.method == "POST" || self.method == "PUT" {
            head.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        for (name, value) in &self.headers {
            head.extend_from_slice(name);
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        stream.write_all(&head)?;
        stream.write_all(&self.body)?;
        stream.flush()
    }
}

impl Answer {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text, with what is no UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none: with the status and the text.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: no JSON ({error}): {}", self.status, self.text()))
    }
}

fn read_answer(reader: &mut impl BufRead, headless: bool) -> io::Result<Answer> {
    loop {
        let line = read_line(reader)?;
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
        let status: u16 = status
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status line: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(reader)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if (100..200).contains(&status) && status != 101 {
            continue;
        }
        let empty = headless || matches!(status, 101 | 204 | 304);
        let body = if empty { Vec::new() } else { read_body(reader, &headers)? };
        return Ok(Answer { status, headers, body });
    }
}

fn read_body(reader: &mut impl BufRead, headers: &[(String, String)]) -> io::Result<Vec<u8>> {
    let find = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let mut body = Vec::new();
    if find("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(reader)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16)
                .map_err(|_| io::Error::other(format!("no chunk size: {line:?}")))?;
            if size == 0 {
                while !read_line(reader)?.is_empty() {}
                return Ok(body);
            }
            let copied = io::copy(&mut reader.by_ref().take(size), &mut body)?;
            if copied < size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read_line(reader)?;
        }
    }
    match find("content-length").and_then(|value| value.parse::<u64>().ok()) {
        Some(length) => {
            let copied = io::copy(&mut reader.by_ref().take(length), &mut body)?;
            if copied < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        None => {
            reader.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Form encoding of everything that is not plainly harmless.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
