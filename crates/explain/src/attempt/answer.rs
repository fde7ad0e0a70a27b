//! What a server's answer says about a credential: the challenge (RFC 6750 §3), the problem (RFC 9457), an error
//! in JSON or in plain words.
//!
//! Reads; concludes nothing.

use claviger_token::Code;
use claviger_token::www_authenticate::{AuthChallenge, auth_challenges};
use serde_json::{Value, json};

use crate::clip::clip;
use crate::message::{self, Said};
use crate::report::without_signature;

/// How much of an answer is looked at.
const MOST_BODY: usize = 64 * 1024;
/// How much of a server's words is shown.
const MOST_SHOWN: usize = 300;

/// An answer, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Method and address of the request, the address without its query.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<String>,
    /// `Location`.
    pub location: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Server`.
    pub server: Option<String>,
    /// The server's clock (`Date`), unix seconds.
    pub date: Option<i64>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// What an answer says.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) challenges: Vec<AuthChallenge>,
    /// A cause of the catalogue, named by the problem document of a Claviger guard.
    pub(crate) code: Option<Code>,
    /// The diagnosis id, under which the operator finds more.
    pub(crate) diagnosis: Option<String>,
    /// The error as the standard names it.
    pub(crate) error: Option<String>,
    /// What the server says in words, cut.
    pub(crate) text: String,
    /// Those words, known.
    pub(crate) said: Option<(Said, String)>,
    /// Whether it is an HTML page.
    pub(crate) is_page: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) server: Option<String>,
}

impl Words {
    pub(crate) fn of(answer: &Answer) -> Self {
        let challenges: Vec<AuthChallenge> =
            answer.challenges.iter().take(8).flat_map(|value| auth_challenges(value)).collect();
        let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(MOST_BODY)]);
        let json: Option<Value> = serde_json::from_str(body.trim()).ok();
        let parameter =
            |name: &str| challenges.iter().find_map(|one| one.parameter(name)).map(str::to_owned);
        let member = |names: &[&str]| json.as_ref().and_then(|json| first_text(json, names));
        let kind = answer.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let start = body.trim_start().to_ascii_lowercase();
        let is_page = kind.contains("html")
            || start.starts_with("<!doctype html")
            || start.starts_with("<html");
        let parts = [
            parameter("error_description"),
            member(&["detail", "error_description", "message", "msg", "reason", "title"]),
            member(&["error"]),
            json.is_none().then(|| if is_page { page_text(&body) } else { body.to_string() }),
        ];
        let mut text = String::new();
        for part in parts.into_iter().flatten() {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            if !part.is_empty() && !text.contains(&part) {
                if !text.is_empty() {
                    text.push_str("; ");
                }
                text.push_str(&part);
            }
        }
        let code = member(&["code"])
            .or_else(|| member(&["type"]).map(|kind| last_part(&kind)))
            .or_else(|| parameter("error_uri").map(|uri| last_part(&uri)))
            .and_then(|code| code.parse().ok());
        let said = message::recognise(&text).map(|said| (said, text.clone()));
        let shown = without_signature(&text);
        Self {
            code,
            diagnosis: member(&["diagnosis"]),
            error: parameter("error").or_else(|| member(&["error"])),
            text: clip(&shown, MOST_SHOWN),
            said,
            is_page,
            content_type: answer.content_type.as_deref().map(|kind| clip(kind, 60)),
            server: answer.server.as_deref().map(|server| clip(server, 60)),
            challenges,
        }
    }

    /// The first challenge of a scheme.
    pub(crate) fn challenge(&self, scheme: &str) -> Option<&AuthChallenge> {
        self.challenges.iter().find(|one| one.is(scheme))
    }

    /// The schemes that are offered, each once.
    pub(crate) fn schemes(&self) -> Vec<&str> {
        let mut schemes: Vec<&str> = Vec::new();
        for one in &self.challenges {
            if !schemes.iter().any(|known| known.eq_ignore_ascii_case(&one.scheme)) {
                schemes.push(&one.scheme);
            }
        }
        schemes
    }

    pub(crate) fn to_json(&self) -> Value {
        let challenges: Vec<Value> = self
            .challenges
            .iter()
            .map(|one| {
                let parameters: serde_json::Map<String, Value> = one
                    .parameters
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(clip(value, MOST_SHOWN))))
                    .collect();
                json!({"scheme": clip(&one.scheme, 40), "parameters": parameters})
            })
            .collect();
        json!({
            "challenges": challenges,
            "error": self.error.as_deref().map(|error| clip(error, 100)),
            "code": self.code.map(Code::as_str),
            "diagnosis": self.diagnosis.as_deref().map(|id| clip(id, 100)),
            "text": self.text,
            "said_by": self.said.as_ref().map(|(said, _)| said.speaker()),
            "content_type": self.content_type,
            "server": self.server,
        })
    }
}

/// The first of these members that is a text; also one level down (`{"error": {"message": …}}`).
fn first_text(json: &Value, names: &[&str]) -> Option<String> {
    let direct =
        |value: &Value| names.iter().find_map(|name| value.get(name)?.as_str()).map(str::to_owned);
    direct(json).or_else(|| {
        ["error", "errors", "fault"].iter().find_map(|name| {
            let inner = json.get(name)?;
            direct(inner).or_else(|| direct(inner.get(0)?))
        })
    })
}

/// The code behind the last slash or colon of `urn:claviger:fault:expired` and `https://id.example/faults/expired`.
fn last_part(kind: &str) -> String {
    let is_ours = kind.starts_with("urn:claviger:fault:") || kind.contains("/faults/");
    if is_ours {
        kind.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
    } else {
        String::new()
    }
}

/// The words of a page: title and text without its tags.
fn page_text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        let tag = &rest[open..];
        let is = |name: &str| {
            tag.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        // What stands in a script or a style is no text.
        let end = ["script", "style"]
            .into_iter()
            .find(|name| is(name))
            .map(|name| tag.to_ascii_lowercase().find(&format!("</{name}")).unwrap_or(tag.len()));
        let from = open + end.unwrap_or(0);
        match rest[from..].find('>') {
            Some(close) => rest = &rest[from + close + 1..],
            None => return text,
        }
        if text.len() > 4000 {
            return text;
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(challenge: &str, kind: &str, body: &str) -> Words {
        let challenges = (!challenge.is_empty()).then(|| challenge.to_owned());
        Words::of(&Answer {
            status: 401,
            challenges: challenges.into_iter().collect(),
            content_type: Some(kind.to_owned()),
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        })
    }

    #[test]
    fn what_servers_say_is_read_wherever_they_say_it() {
        let problem = words(
            "Bearer error=\"invalid_token\"",
            "application/problem+json",
            r#"{"type":"urn:claviger:fault:expired","title":"t","code":"expired","diagnosis":"dg_1"}"#,
        );
        assert_eq!(problem.code, Some(Code::Expired));
        assert_eq!(problem.diagnosis.as_deref(), Some("dg_1"));
        let spring = words(
            "Bearer error=\"invalid_token\", error_description=\"An error occurred while attempting to decode the Jwt: Jwt expired at 2026-11-23T10:00:00Z\"",
            "",
            "",
        );
        assert!(spring.said.is_some(), "{spring:?}");
        assert_eq!(spring.error.as_deref(), Some("invalid_token"));
        let nested =
            words("", "application/json", r#"{"error":{"code":401,"message":"jwt expired"}}"#);
        assert_eq!(nested.text, "jwt expired");
        assert!(nested.said.is_some());
        let page = words(
            "",
            "text/html",
            "<html><head><title>401 Authorization Required</title><style>a{}</style></head><body>nginx</body></html>",
        );
        assert!(page.is_page);
        assert_eq!(page.text, "401 Authorization Required nginx");
        assert_eq!(words("", "application/json", r#"{"type":"https://x/expired"}"#).code, None);
    }

    #[test]
    fn an_echoed_token_loses_its_signature() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";
        let echo = words("", "text/plain", &format!("cannot read {token}"));
        assert!(!echo.text.contains("c2lnbmF0"), "{}", echo.text);
        assert!(!echo.to_json().to_string().contains("c2lnbmF0"));
    }
}
