//! The request that an input stands for, ready to be sent again as it was given.
//!
//! Decides what of the input goes on the wire: method, fields, body. Leaves out what belongs to one connection or
//! one client (`Host`, lengths, compression). Sends nothing, and never mends anything unless told to.

use std::fmt;

use claviger_token::dpop;

use crate::carrier;
use crate::message;
use crate::recognise::{self, Carried, Input, InputKind, MAX_INPUT_BYTES, Request, is_token_like};

/// Fields that the sender makes anew, or that would change how the answer is read.
const NOT_COPIED: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    "expect",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "range",
];

/// A request that can be sent. Its `Debug` shows no value: it holds a live credential.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: String,
    /// Path or URL that the input names; none where it is only a credential.
    pub target: Option<String>,
    /// Names and values in order, the values as they were given.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        out.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("fields", &names)
            .finish_non_exhaustive()
    }
}

impl Outgoing {
    /// What an input stands for: a bare token is sent as `Authorization: Bearer …` by GET.
    ///
    /// # Errors
    /// Where there is nothing to send, or the request needs what its text does not hold; in words.
    pub fn read(input: &[u8]) -> Result<Self, String> {
        if input.len() > MAX_INPUT_BYTES {
            return Err(format!("the input is longer than {} MiB", MAX_INPUT_BYTES >> 20));
        }
        let input = Input::read(input);
        let recognised = recognise::recognise(&input);
        let said = message::may_hold_message(recognised.kind)
            .then(|| message::recognise(&input.text))
            .flatten();
        if said.is_some_and(|said| message::stands_alone(&input, &recognised, &said)) {
            return Err("it is an error message, and not what was sent".to_owned());
        }
        let alone = |value: String| Self {
            method: "GET".to_owned(),
            target: None,
            fields: vec![("Authorization".to_owned(), value)],
            body: None,
        };
        match &recognised.carried {
            Carried::Nothing => Err("no credential and no request is to be seen in it".to_owned()),
            Carried::TooLong(bytes) => {
                Err(format!("a credential of {bytes} bytes is longer than any server takes"))
            }
            Carried::Credential(token) => Ok(alone(format!("Bearer {}", token.text()))),
            Carried::Value(value) => Ok(alone(value.text().to_owned())),
            Carried::Request(request) => {
                // A log line shows where a request went, not what it was.
                let whole = matches!(
                    recognised.kind,
                    InputKind::Request | InputKind::Command | InputKind::Har
                );
                let located = carrier::locate(&recognised).value;
                match located {
                    Some((value, _)) if !whole && request.fields.is_empty() => {
                        Ok(alone(format!("Bearer {}", value.text())))
                    }
                    _ => Self::of_request(request, recognised.kind),
                }
            }
        }
    }

    fn of_request(request: &Request, kind: InputKind) -> Result<Self, String> {
        if let Some(option) = &request.again.unsendable {
            let shown: String = option.chars().take(60).collect();
            return Err(format!(
                "the command needs more than its text (`{shown}`): files, client certificates and sockets are not read"
            ));
        }
        let is_command = kind == InputKind::Command;
        let mut fields: Vec<(String, String)> = request
            .fields
            .iter()
            .map(|field| (field.name.text().to_owned(), field.value.text().to_owned()))
            .filter(|(name, value)| {
                let copied = !name.starts_with(':')
                    && !NOT_COPIED.iter().any(|one| name.eq_ignore_ascii_case(one));
                // `-H 'Accept:'` takes a field away that curl would add.
                copied && !(is_command && value.is_empty())
            })
            .collect();
        let mut body = request.body.as_ref().map(|body| body.text().to_owned());
        if let Some(body) = &mut body {
            for piece in &request.again.more {
                body.push('&');
                body.push_str(piece);
            }
        }
        let mut target = request.target.as_ref().map(|target| target.text().to_owned());
        if request.again.as_query
            && let (Some(target), Some(query)) = (&mut target, body.take())
        {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&query);
        }
        let has_type = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let (Some(_), Some(kind), false) = (&body, request.again.content_type, has_type) {
            fields.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        let method = request.method.clone().unwrap_or_else(|| "GET".to_owned());
        Ok(Self { method, target, fields, body })
    }

    /// Whether the method may be repeated without doing anything twice (RFC 9110 §9.2.1).
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// Whether a credential rides along in any place that is known for it.
    #[must_use]
    pub fn carries_authorization(&self) -> bool {
        self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    }

    /// The same request with this one credential in the place where it belongs (RFC 6750 §2.1): other
    /// `Authorization` fields, and fields and parameters of the query that hold a token, are left out.
    #[must_use]
    pub fn with_credential(&self, credential: &str) -> Self {
        let mut fields: Vec<(String, String)> = self
            .fields
            .iter()
            .filter(|(name, value)| {
                let is_proof = name.eq_ignore_ascii_case(dpop::HEADER);
                let is_cookie = name.eq_ignore_ascii_case("cookie");
                !name.eq_ignore_ascii_case("authorization")
                    && (is_proof || is_cookie || !holds_token(value))
            })
            .cloned()
            .collect();
        fields.push(("Authorization".to_owned(), format!("Bearer {credential}")));
        let target = self.target.as_deref().map(without_token_parameters);
        Self { fields, target, ..self.clone() }
    }
}

fn holds_token(value: &str) -> bool {
    value.split([' ', '"', '\'', ':']).any(is_token_like)
}

/// A target without the parameters of its query whose value is a token.
fn without_token_parameters(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.split_once('=').is_some_and(|(_, value)| holds_token(value)))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";

    fn read(text: &str) -> Outgoing {
        Outgoing::read(text.as_bytes()).expect(text)
    }

    fn field<'o>(outgoing: &'o Outgoing, name: &str) -> Option<&'o str> {
        let found = outgoing.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_credential_is_sent_as_it_was_given() {
        assert_eq!(field(&read(TOKEN), "authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        let quoted = format!("Authorization: Bearer \"{TOKEN}\"");
        assert_eq!(
            field(&read(&quoted), "authorization"),
            Some(format!("Bearer \"{TOKEN}\"").as_str())
        );
        assert!(!format!("{:?}", read(TOKEN)).contains("eyJ"), "Debug shows the credential");
        assert!(Outgoing::read(b"nothing to see").is_err());
    }

    #[test]
    fn curl_commands_of_terminal_and_browser() {
        let bash = format!(
            "curl 'https://api.example/orders?page=2' -X PATCH -H 'authorization: Bearer {TOKEN}' \\\n  -H 'accept-encoding: br' -H 'host: x' -A agent/1 --data-raw '{{\"a\":1}}' -H 'content-type: application/json' --compressed"
        );
        let sent = read(&bash);
        assert_eq!((sent.method.as_str(), sent.is_safe()), ("PATCH", false));
        assert_eq!(sent.target.as_deref(), Some("https://api.example/orders?page=2"));
        assert_eq!(sent.body.as_deref(), Some("{\"a\":1}"));
        assert_eq!(field(&sent, "content-type"), Some("application/json"));
        assert_eq!(field(&sent, "user-agent"), Some("agent/1"));
        assert_eq!((field(&sent, "accept-encoding"), field(&sent, "host")), (None, None));

        let cmd = format!(
            "curl ^\"https://api.example/orders^\" ^\n  -H ^\"authorization: Bearer {TOKEN}^\" ^\n  --data-raw ^\"a=b^&c=d^\""
        );
        let sent = read(&cmd);
        assert_eq!(sent.method, "POST");
        assert_eq!(sent.body.as_deref(), Some("a=b&c=d"));
        assert_eq!(field(&sent, "content-type"), Some("application/x-www-form-urlencoded"));

        let sent = read(&format!(
            "curl -G https://api.example/x -d a=1 --data-urlencode 'q=a b&é' --oauth2-bearer {TOKEN}"
        ));
        assert_eq!(sent.method, "GET");
        assert_eq!(sent.target.as_deref(), Some("https://api.example/x?a=1&q=a%20b%26%C3%A9"));
        assert_eq!(sent.body, None);
    }

    #[test]
    fn what_needs_a_file_or_a_certificate_is_not_sent() {
        for command in [
            "curl -d @body.json https://api.example/ -H 'Authorization: Bearer a'",
            "curl -F a=@b https://api.example/",
            "curl --cert c.pem https://api.example/",
            "http POST api.example/orders Authorization:'Bearer a' name=value",
        ] {
            let error = Outgoing::read(command.as_bytes()).unwrap_err();
            assert!(error.contains("more than its text"), "{command}: {error}");
        }
    }

    #[test]
    fn the_correction_leaves_one_credential() {
        let sent = read(&format!(
            "GET /orders?access_token={TOKEN}&page=2 HTTP/1.1\r\nHost: api.example\r\nX-Auth: {TOKEN}\r\nAuthorization: Token {TOKEN}\r\nAccept: */*\r\n\r\n"
        ));
        let mended = sent.with_credential("x.y.z");
        let values: Vec<&str> = mended.fields.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["*/*", "Bearer x.y.z"]);
        assert_eq!(mended.target.as_deref(), Some("/orders?page=2"));
    }
}
