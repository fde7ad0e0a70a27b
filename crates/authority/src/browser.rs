//! A browser: the cookies by which it is known again, and the proof that a form was filled in there.
//!
//! Three cookies. One is a random mark that every browser gets with its first form; forms carry a MAC over it, so
//! that no other site can post them (RFC 9700 §4.7). Another is the session of somebody who logged in. The
//! third outlives both and says who logged in here before, so that strangers' guesses do not make them wait. Over
//! https all have the prefix `__Host-`: no other host and no plain http can set or read them.

use aws_lc_rs::hmac;
use claviger_token::base64url;
use http::{HeaderValue, header};
use subtle::ConstantTimeEq as _;

use crate::call::{Call, Reply};
use crate::credential;
use crate::derived_key::derived;
use crate::random::{self, NoRandomness};

/// How long the base64url of 32 random bytes is: a mark, or a session's cookie.
const RANDOM: usize = 43;
/// People that one browser is remembered for.
const KNOWN_FOR: usize = 4;
/// As long as browsers keep any cookie: 400 days.
const KNOWN_SECONDS: i64 = 400 * 86_400;
/// The number of a browser, and what it remembers per person: 128 bits each.
const KNOWN_BYTES: usize = 16;

/// Where the cookies' values come from and what proves forms.
pub(crate) struct Browsers {
    forms: hmac::Key,
    knowing: hmac::Key,
    mark: &'static str,
    session: &'static str,
    known: &'static str,
    secure: bool,
}

impl std::fmt::Debug for Browsers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Browsers")
    }
}

/// A browser's mark, old or new.
pub(crate) struct Mark {
    value: String,
    is_new: bool,
}

impl Mark {
    /// What tickets for this browser are sealed with.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

impl Browsers {
    pub(crate) fn new(master: &[u8; 32], secure: bool) -> Self {
        let (mark, session, known) = if secure {
            ("__Host-claviger-browser", "__Host-claviger-session", "__Host-claviger-known")
        } else {
            ("claviger-browser", "claviger-session", "claviger-known")
        };
        Self {
            forms: derived(master, "claviger forms 1"),
            knowing: derived(master, "claviger known browsers 1"),
            mark,
            session,
            known,
            secure,
        }
    }

    /// The mark of the browser that asks; a new one where it has none.
    pub(crate) fn mark(&self, call: &Call) -> Result<Mark, NoRandomness> {
        match cookie(call, self.mark).filter(|value| value.len() == RANDOM) {
            Some(value) => Ok(Mark { value: value.to_owned(), is_new: false }),
            None => {
                let value = base64url::encode(random::bytes::<32>()?);
                Ok(Mark { value, is_new: true })
            }
        }
    }

    /// The digest of the mark of the browser that asks, where it has one.
    pub(crate) fn mark_digest(&self, call: &Call) -> Option<String> {
        let value = cookie(call, self.mark).filter(|value| value.len() == RANDOM)?;
        Some(base64url::encode(credential::digest(value)))
    }

    /// What a form for `purpose` carries.
    pub(crate) fn proof(&self, mark: &Mark, purpose: &str) -> String {
        let text = format!("{purpose}\0{}", mark.value);
        base64url::encode(hmac::sign(&self.forms, text.as_bytes()).as_ref())
    }

    /// Whether a posted form came from a page of ours in this very browser.
    pub(crate) fn proves(&self, call: &Call, purpose: &str, proof: Option<&str>) -> bool {
        let Ok(mark) = self.mark(call) else { return false };
        let own = self.proof(&mark, purpose);
        let presented = proof.unwrap_or_default();
        let same_site = call.header("sec-fetch-site").is_none_or(|site| site != "cross-site");
        !mark.is_new && same_site && bool::from(own.as_bytes().ct_eq(presented.as_bytes()))
    }

    /// Gives a new mark to the browser.
    pub(crate) fn keep(&self, mark: &Mark, reply: &mut Reply) {
        if mark.is_new {
            self.set(reply, self.mark, &mark.value, None);
        }
    }

    /// The digest under which the session of the browser that asks is stored.
    pub(crate) fn session(&self, call: &Call) -> Option<[u8; 32]> {
        cookie(call, self.session).filter(|value| value.len() == RANDOM).map(credential::digest)
    }

    /// The same as text.
    pub(crate) fn session_digest(&self, call: &Call) -> Option<String> {
        self.session(call).map(base64url::encode)
    }

    /// A new session's cookie value and its digest.
    pub(crate) fn new_session() -> Result<(String, [u8; 32]), NoRandomness> {
        let value = base64url::encode(random::bytes::<32>()?);
        let digest = credential::digest(&value);
        Ok((value, digest))
    }

    /// Logs the browser in.
    pub(crate) fn keep_session(&self, reply: &mut Reply, value: &str, seconds: i64) {
        self.set(reply, self.session, value, Some(seconds));
    }

    /// Logs the browser out.
    pub(crate) fn drop_session(&self, reply: &mut Reply) {
        self.set(reply, self.session, "", Some(0));
    }

    /// The number of this browser, where the account was logged in from it before. Nobody can make one up: it is
    /// given out at a log-in, with a MAC over number and account.
    pub(crate) fn known(&self, call: &Call, account: &str) -> Option<Vec<u8>> {
        let (number, people) = self.remembered(call)?;
        let own = self.knows(&number, account);
        let known = people.iter().any(|one| bool::from(one.ct_eq(&own)));
        known.then_some(number)
    }

    /// Remembers that an account was logged in from this browser.
    pub(crate) fn keep_known(
        &self,
        call: &Call,
        reply: &mut Reply,
        account: &str,
    ) -> Result<(), NoRandomness> {
        let (number, mut people) = match self.remembered(call) {
            Some(remembered) => remembered,
            None => (random::bytes::<KNOWN_BYTES>()?.to_vec(), Vec::new()),
        };
        let own = self.knows(&number, account);
        people.retain(|one| *one != own);
        people.insert(0, own);
        people.truncate(KNOWN_FOR);
        let value = base64url::encode([number, people.concat()].concat());
        self.set(reply, self.known, &value, Some(KNOWN_SECONDS));
        Ok(())
    }

    fn remembered(&self, call: &Call) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let value = cookie(call, self.known).filter(|value| value.len() <= 200)?;
        let bytes = base64url::decode(value).ok()?;
        let (number, people) = bytes.split_at_checked(KNOWN_BYTES)?;
        let people = people.chunks_exact(KNOWN_BYTES).take(KNOWN_FOR).map(<[u8]>::to_vec);
        Some((number.to_vec(), people.collect()))
    }

    fn knows(&self, number: &[u8], account: &str) -> Vec<u8> {
        let mac = hmac::sign(&self.knowing, &[number, account.as_bytes()].concat());
        mac.as_ref()[..KNOWN_BYTES].to_vec()
    }

    fn set(&self, reply: &mut Reply, name: &str, value: &str, seconds: Option<i64>) {
        let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
        if self.secure {
            text.push_str("; Secure");
        }
        if let Some(seconds) = seconds {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            reply.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// The value of a cookie that stands once; of two of one name nobody knows which is ours.
fn cookie<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    let values = call.parts.headers.get_all(header::COOKIE);
    let mut found = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
