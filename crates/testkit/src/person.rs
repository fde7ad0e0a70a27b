//! A person with a browser: fills in the authority's forms as they stand, with its cookies as they come.

use std::sync::Arc;

use rustls::ClientConfig;
use serde_json::Value;

use crate::ask::{Answer, Ask, encode};

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// What belongs to [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Somebody who logs in.
#[derive(Clone, Debug)]
pub struct Person {
    issuer: String,
    username: String,
    password: String,
    cookies: Vec<(String, String)>,
    tls: Option<Arc<ClientConfig>>,
}

impl Person {
    /// Somebody at a fresh browser.
    #[must_use]
    pub fn new(issuer: &str, username: &str, password: &str) -> Self {
        Self {
            issuer: issuer.trim_end_matches('/').to_owned(),
            username: username.to_owned(),
            password: password.to_owned(),
            cookies: Vec::new(),
            tls: None,
        }
    }

    /// Whom the browser trusts over TLS.
    #[must_use]
    pub fn over(mut self, tls: &Arc<ClientConfig>) -> Self {
        self.tls = Some(Arc::clone(tls));
        self
    }

    /// Follows an authorization request to its end: logs in and allows where a page asks for it. The address
    /// that the answer is sent to, with the answer in its query.
    ///
    /// # Panics
    /// Where the authority refuses, with what it says.
    pub fn authorize(&mut self, query: &str, redirect_uri: &str) -> String {
        let mut answer = self.send(Ask::get(&format!("{}/authorize?{query}", self.issuer)));
        for _ in 0..8 {
            answer = match answer.header("location") {
                Some(to) if to.starts_with(redirect_uri) => return to.to_owned(),
                Some(to) => {
                    let url = format!("{}{to}", self.issuer);
                    self.send(Ask::get(&url))
                }
                None => self.fill(&answer.text()),
            };
        }
        panic!("no end of pages; the last one: {} {}", answer.status, answer.text())
    }

    /// A code for a public client, with [`CHALLENGE`].
    ///
    /// # Panics
    /// As [`Self::authorize`].
    pub fn code(&mut self, client_id: &str, redirect_uri: &str, scope: &str) -> String {
        let query = format!(
            "response_type=code&client_id={}&redirect_uri={}&scope={}&code_challenge={CHALLENGE}\
             &code_challenge_method=S256",
            encode(client_id),
            encode(redirect_uri),
            encode(scope)
        );
        let to = self.authorize(&query, redirect_uri);
        let code = to.split_once("code=").unwrap_or_else(|| panic!("no code: {to}")).1;
        code.split('&').next().unwrap_or_default().to_owned()
    }

    /// The tokens of a public client for this person.
    ///
    /// # Panics
    /// Where the authority gives none.
    pub fn tokens(&mut self, client_id: &str, redirect_uri: &str, scope: &str) -> Value {
        let code = self.code(client_id, redirect_uri, scope);
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let answer = Ask::post_form(&format!("{}/token", self.issuer), &fields).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn send(&mut self, ask: Ask) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ask = match &self.tls {
            Some(tls) => ask.over(tls),
            None => ask,
        };
        let answer = ask.header("Cookie", cookies.join("; ")).header("Accept", "text/html").send();
        for (name, value) in &answer.headers {
            if name == "set-cookie"
                && let Some((name, value)) =
                    value.split(';').next().and_then(|one| one.split_once('='))
            {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    fn fill(&mut self, page: &str) -> Answer {
        let between = |from: &str| {
            let rest = page.split_once(from).unwrap_or_else(|| panic!("no {from}: {page}")).1;
            rest.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&")
        };
        let action = format!("{}{}", self.issuer, between("action=\""));
        let (proof, request) =
            (between("name=\"proof\" value=\""), between("name=\"request\" value=\""));
        let fields = [
            ("proof", proof.as_str()),
            ("request", &request),
            ("username", &self.username),
            ("password", &self.password),
            ("decision", "allow"),
        ];
        self.send(Ask::post_form(&action, &fields))
    }
}
