//! A form post, read strictly: what two readers could read differently is refused.
//!
//! Decides what is a parameter. Never shows a value: any of them may be a credential.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{OauthCode, OauthFault, quoted};

/// More parameters than any request of any extension has.
const MOST_PARAMETERS: usize = 64;
/// Room for the longest token and the longest assertion with every character escaped. The server's
/// own limit is tighter; this one holds whoever calls.
const MOST_BYTES: usize = 1 << 20;
/// RFC 8707 §2 and RFC 8693 §2.1 let these stand several times.
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of a request, decoded.
#[derive(Clone, Default)]
pub struct Form {
    parameters: Vec<(String, Zeroizing<String>)>,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`. RFC 6749 §3.2: a parameter stands at most once,
    /// except `resource` and `audience`.
    pub fn parse(body: &[u8]) -> Result<Self, OauthFault> {
        if body.len() > MOST_BYTES {
            let description = format!("the form has more than {MOST_BYTES} bytes");
            return Err(malformed("form-too-large", description)
                .fix("send only the parameters of this endpoint"));
        }
        let mut parameters: Vec<(String, Zeroizing<String>)> = Vec::with_capacity(8);
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == MOST_PARAMETERS {
                return Err(malformed(
                    "form-too-many",
                    format!("the form has more than {MOST_PARAMETERS} parameters"),
                )
                .fix("send only the parameters of this endpoint"));
            }
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            let name = urldecode(name).map_err(|problem| {
                malformed("form-encoding", format!("the name of a parameter {problem}")).fix(ENCODE)
            })?;
            let value = Zeroizing::new(urldecode(value).map_err(|problem| {
                malformed("form-encoding", format!("the value of {} {problem}", quoted(&name)))
                    .fix(ENCODE)
            })?);
            let known_once = !REPEATABLE.contains(&name.as_str());
            if known_once && parameters.iter().any(|(known, _)| *known == name) {
                return Err(malformed(
                    "form-duplicate",
                    format!("the parameter {} stands more than once", quoted(&name)),
                )
                .fix("send each parameter once (RFC 6749 section 3.2)"));
            }
            parameters.push((name, value));
        }
        Ok(Self { parameters })
    }

    /// The value of a parameter. One without value counts as left out (RFC 6749 §3.2).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.each(name).next()
    }

    /// The value of a parameter that must be there.
    pub fn needs(&self, name: &'static str) -> Result<&str, OauthFault> {
        self.get(name).ok_or_else(|| {
            malformed("form-missing", format!("the parameter `{name}` is missing"))
                .fix(format!("send `{name}` in the form body, not in the URL"))
        })
    }

    /// All values of a parameter that may stand several times.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.each(name).collect()
    }

    fn each(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameters
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The same without some parameters.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let kept = self.parameters.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self { parameters: kept.cloned().collect() }
    }

    /// The same with one parameter more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        self
    }

    /// As a form that [`Form::parse`] reads.
    #[must_use]
    pub fn encoded(&self) -> String {
        let pairs = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// The names, in the order they came.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.names()).finish()
    }
}

const ENCODE: &str =
    "encode it as application/x-www-form-urlencoded, UTF-8, `%` and two hex digits";

fn malformed(code: &'static str, description: String) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description)
}

/// WHATWG URL §5.1, but strict: half an escape and broken UTF-8 are errors, not guesses.
pub(crate) fn urldecode(text: &[u8]) -> Result<String, &'static str> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'+' | b'%')) {
        out.extend_from_slice(&rest[..at]);
        let escaped = rest[at] == b'%';
        rest = &rest[at + 1..];
        if escaped {
            let digit = |place: usize| char::from(*rest.get(place)?).to_digit(16);
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                return Err("has a `%` without two hex digits behind it");
            };
            // Two hex digits make at most 255.
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = &rest[2..];
        } else {
            out.push(b' ');
        }
    }
    out.extend_from_slice(rest);
    if out.contains(&0) {
        return Err("has a NUL in it");
    }
    String::from_utf8(std::mem::take(&mut *out)).map_err(|_| "is no UTF-8")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_sent_is_read() {
        let body = b"a=1&b=x+y%2Bz&&c=&resource=u&resource=v&audience=s&audience=t&d&%C3%BC=%c3%9F";
        let form = Form::parse(body).unwrap();
        assert_eq!(form.get("a"), Some("1"));
        assert_eq!(form.get("b"), Some("x y+z"));
        assert_eq!(form.get("c"), None, "without value it is left out");
        assert_eq!(form.get("d"), None);
        assert_eq!(form.get("ü"), Some("ß"));
        assert_eq!(form.all("resource"), ["u", "v"]);
        assert_eq!(form.all("audience"), ["s", "t"]);
        assert_eq!(form.needs("token").unwrap_err().code, "form-missing");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let large = "a".repeat(MOST_BYTES + 1);
        let many = "a&".repeat(10) + &(0..65).map(|n| format!("p{n}=1&")).collect::<String>();
        for (body, code) in [
            ("scope=a&scope=b", "form-duplicate"),
            ("c=&c=", "form-duplicate"),
            ("a=%", "form-encoding"),
            ("a=%2", "form-encoding"),
            ("a=%zz", "form-encoding"),
            ("%+1=2", "form-encoding"),
            ("a=%ff", "form-encoding"),
            ("a=%00", "form-encoding"),
            (&many[20..], "form-too-many"),
            (&large, "form-too-large"),
        ] {
            let fault = Form::parse(body.as_bytes()).unwrap_err();
            assert_eq!(fault.code, code, "{body:.80}");
            assert_eq!(fault.error, OauthCode::InvalidRequest);
        }
        assert_eq!(Form::parse(&large.as_bytes()[1..]).unwrap().names().count(), 1);
    }

    #[test]
    fn a_value_is_shown_nowhere() {
        let form = Form::parse(b"client_secret=hunter2").unwrap();
        assert_eq!(format!("{form:?}"), "{\"client_secret\"}");
        let fault = Form::parse(b"client_secret=hunter2%&x=1").unwrap_err();
        assert!(!fault.to_string().contains("hunter2"));
    }

    proptest! {
        #[test]
        fn whatever_was_encoded_comes_back(value in "[^\u{0}]{1,60}") {
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let form = Form::parse(format!("v={encoded}").as_bytes()).unwrap();
            prop_assert_eq!(form.get("v"), Some(value.as_str()));
        }

        /// What the `url` crate writes is read as it was meant.
        #[test]
        fn well_formed_input_is_read_as_the_url_crate_reads_it(
            pairs in proptest::collection::btree_map("[^\u{0}]{1,12}", "[^\u{0}]{0,24}", 0..20),
        ) {
            let mut writer = url::form_urlencoded::Serializer::new(String::new());
            writer.extend_pairs(&pairs);
            let body = writer.finish();
            let form = Form::parse(body.as_bytes()).unwrap();
            let read: Vec<(String, String)> =
                url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            prop_assert_eq!(form.names().count(), read.len());
            for (name, value) in &read {
                prop_assert_eq!(pairs.get(name), Some(value));
                prop_assert_eq!(form.get(name), Some(value.as_str()).filter(|v| !v.is_empty()));
            }
            prop_assert_eq!(form.encoded(), body);
        }

        /// Where the strict reader accepts a text at all, the lenient one reads the same.
        #[test]
        fn nothing_panics_and_what_is_accepted_has_one_reading(
            body in "([a-c+=&;]{1,3}|%[2-7][0-9a-fA-F]|%c[3-9]%[89ab][0-9a-f]|%|\\PC){0,12}",
        ) {
            if let Ok(form) = Form::parse(body.as_bytes()) {
                let mine: Vec<_> =
                    form.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let read: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
                let read: Vec<_> =
                    read.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
                prop_assert_eq!(mine, read);
            }
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&body);
        }
    }
}
