//! How a client presents itself, and what has to be checked before it is believed.
//!
//! Decides by what proof a client is to be judged. Never runs the hash and never says whether a
//! client exists: an unknown one gets the very answer of a wrong secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::Fault;
use zeroize::Zeroizing;

use crate::assertion::claimed_client;
use crate::client::{AuthMethod, Client};
use crate::error::{OauthCode, OauthFault};
use crate::form::{Form, urldecode};
use crate::secret::Secret;

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_SECRET: usize = 1024;

/// What a request brings to prove who sent it.
#[derive(Clone, Debug)]
pub enum Presented {
    /// Nothing at all.
    Nothing,
    /// A name without proof.
    Named {
        /// The `client_id`.
        id: String,
    },
    /// `client_secret_basic`.
    Basic {
        /// The `client_id`.
        id: String,
        /// The secret.
        secret: Secret,
    },
    /// `client_secret_post`.
    Post {
        /// The `client_id`.
        id: String,
        /// The secret.
        secret: Secret,
    },
    /// `private_key_jwt`.
    Assertion {
        /// The `client_id` that the assertion claims; not verified.
        id: String,
        /// The JWT.
        assertion: Secret,
    },
}

impl Presented {
    /// Reads it from all values of the `Authorization` header and from the form. RFC 6749 §2.3: a
    /// client must not use more than one method in a request.
    pub fn read<'a>(
        authorization: impl IntoIterator<Item = &'a [u8]>,
        form: &Form,
    ) -> Result<Self, OauthFault> {
        let mut values = authorization.into_iter();
        let header = values.next();
        if values.next().is_some() {
            return Err(malformed(
                "auth-duplicate",
                "the request has several Authorization headers",
            )
            .fix("send one"));
        }
        let basic = header.map(basic).transpose()?;
        let posted = form.get("client_secret");
        let assertion = match (form.get("client_assertion"), form.get("client_assertion_type")) {
            (None, None) => None,
            (Some(text), Some(JWT_BEARER)) => Some(text),
            (Some(_), Some(_)) => {
                return Err(malformed(
                    "assertion-type",
                    "client_assertion_type names an assertion that is not served",
                )
                .fix(format!("send client_assertion_type={JWT_BEARER}")));
            }
            _ => {
                return Err(malformed(
                    "assertion-incomplete",
                    "client_assertion and client_assertion_type belong together",
                )
                .fix(format!("send both; the type is {JWT_BEARER}")));
            }
        };
        let methods = [basic.is_some(), posted.is_some(), assertion.is_some()]
            .iter()
            .filter(|has| **has)
            .count();
        if methods > 1 {
            return Err(malformed(
                "auth-several",
                "the request authenticates the client in more than one way",
            )
            .fix(
                "use one of: the Authorization header, client_secret in the form, client_assertion",
            ));
        }
        let named = form.get("client_id");
        if let Some((id, secret)) = basic {
            agree(named, &id)?;
            return Ok(Self::Basic { id, secret });
        }
        if let Some(text) = assertion {
            let Some(id) = claimed_client(text) else {
                return Err(not_authenticated());
            };
            agree(named, &id)?;
            return Ok(Self::Assertion { id, assertion: Secret::new(text.to_owned()) });
        }
        match (named, posted) {
            (Some(id), Some(secret)) if secret.len() <= LONGEST_SECRET => {
                Ok(Self::Post { id: id.to_owned(), secret: Secret::new(secret.to_owned()) })
            }
            (Some(_), Some(_)) => Err(not_authenticated()),
            (Some(id), None) => Ok(Self::Named { id: id.to_owned() }),
            (None, Some(_)) => {
                Err(malformed("form-missing", "the parameter `client_id` is missing")
                    .fix("send client_id beside client_secret"))
            }
            (None, None) => Ok(Self::Nothing),
        }
    }

    /// Who it claims to come from.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Named { id }
            | Self::Basic { id, .. }
            | Self::Post { id, .. }
            | Self::Assertion { id, .. } => Some(id),
        }
    }

    /// The secret, where it is one.
    #[must_use]
    pub const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Basic { secret, .. } | Self::Post { secret, .. } => Some(secret),
            _ => None,
        }
    }
}

/// `client_id` may stand beside another proof, but must name the same client.
fn agree(named: Option<&str>, id: &str) -> Result<(), OauthFault> {
    match named {
        Some(named) if named != id => Err(malformed(
            "client-contradiction",
            "client_id in the form names another client than the credentials do",
        )
        .fix("leave client_id out of the form, or make both the same")),
        _ => Ok(()),
    }
}

/// The Basic header: base64 over id, colon, secret, both form-encoded before (RFC 6749 §2.3.1).
fn basic(value: &[u8]) -> Result<(String, Secret), OauthFault> {
    let refuse = |code, description: &str| {
        OauthFault::new(OauthCode::InvalidClient, code, description).fix(
            "send `Authorization: Basic base64(urlencode(client_id):urlencode(client_secret))`",
        )
    };
    let text = value.trim_ascii();
    let scheme = text.split(|byte| *byte == b' ').next().unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Err(refuse(
            "basic-scheme",
            "the Authorization header does not use the scheme Basic",
        ));
    }
    let encoded = text[scheme.len()..].trim_ascii();
    let decoded = STANDARD
        .decode(encoded)
        .map(Zeroizing::new)
        .map_err(|_| refuse("basic-encoding", "the Basic credentials are no base64"))?;
    let Some(colon) = decoded.iter().position(|byte| *byte == b':') else {
        return Err(refuse("basic-colon", "the Basic credentials have no colon in them"));
    };
    let decode = |part: &[u8]| {
        urldecode(part).map_err(|problem| {
            refuse("basic-encoding", &format!("a part of the Basic credentials {problem}"))
        })
    };
    let id = decode(&decoded[..colon])?;
    let secret = Secret::new(decode(&decoded[colon + 1..])?);
    if id.is_empty() {
        return Err(refuse("basic-empty", "the Basic credentials have no client_id"));
    }
    if secret.expose().len() > LONGEST_SECRET {
        return Err(not_authenticated());
    }
    Ok((id, secret))
}

/// The check that decides whether the client is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Compare the presented secret with this hash. Without one, compare with the hash of nobody, so
    /// that the time tells nothing, and answer [`not_authenticated`].
    CompareSecret {
        /// The hash, a PHC string.
        hash: Option<String>,
    },
    /// Run [`crate::verify_assertion`], with the client or without.
    VerifyAssertion,
    /// Run [`crate::verify_certificate`] on what came with the TLS connection.
    VerifyCertificate,
    /// Nothing: it is a public client and only says its name. PKCE and rotation stand in for the proof.
    Named,
}

/// By what a client is to be judged; `client` is the record of [`Presented::client_id`], if any.
pub fn authenticate(presented: &Presented, client: Option<&Client>) -> Result<Check, OauthFault> {
    match presented {
        Presented::Named { .. }
            if client.is_some_and(|client| client.auth_method == AuthMethod::None) =>
        {
            Ok(Check::Named)
        }
        // RFC 8705 §2: such a client says its name in the form, and nothing else there.
        Presented::Named { .. }
            if client.is_some_and(|client| client.auth_method.uses_certificate()) =>
        {
            Ok(Check::VerifyCertificate)
        }
        Presented::Nothing | Presented::Named { .. } => Err(OauthFault::new(
            OauthCode::InvalidClient,
            "client-unproven",
            "the request does not prove which client sent it",
        )
        .fix("send the client's credentials: Authorization: Basic, client_secret, client_assertion, or its certificate")),
        Presented::Basic { .. } => Ok(secret_of(client, AuthMethod::SecretBasic)),
        Presented::Post { .. } => Ok(secret_of(client, AuthMethod::SecretPost)),
        Presented::Assertion { .. } => Ok(Check::VerifyAssertion),
    }
}

fn secret_of(client: Option<&Client>, used: AuthMethod) -> Check {
    let hash = client
        .filter(|client| client.auth_method.uses_secret())
        .filter(|client| !client.pinned || client.auth_method == used)
        .and_then(|client| client.secret_hash.clone());
    Check::CompareSecret { hash }
}

/// The one answer for an unknown client, a wrong proof and a method the client does not have.
#[must_use]
pub fn not_authenticated() -> OauthFault {
    OauthFault::new(
        OauthCode::InvalidClient,
        "client-refused",
        "the client is unknown, or its credentials are not the right ones",
    )
    .fix("check client_id, the secret or key, and the method the client is registered with")
}

/// Why a client is not believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Unproven {
    /// What it is told.
    pub fault: OauthFault,
    /// What only the operator is told: the fault under the keys of this very client.
    pub inside: Option<Box<Fault>>,
}

impl From<OauthFault> for Unproven {
    fn from(fault: OauthFault) -> Self {
        Self { fault, inside: None }
    }
}

/// Whether a client that has proved who it is may go on.
pub fn admit(client: &Client) -> Result<(), OauthFault> {
    if client.disabled {
        return Err(OauthFault::new(
            OauthCode::InvalidClient,
            "client-disabled",
            "the client is disabled",
        )
        .fix("ask the operator of the authority why, and to enable it again"));
    }
    Ok(())
}

fn malformed(code: &'static str, description: &str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &[&str], form: &str) -> Result<Presented, OauthFault> {
        let form = Form::parse(form.as_bytes()).unwrap();
        Presented::read(header.iter().map(|value| value.as_bytes()), &form)
    }

    fn basic_of(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn every_method_is_read() {
        let Presented::Basic { id, secret } = read(&[&basic_of("a%40b:x%3Ay+z:1")], "").unwrap()
        else {
            panic!("not basic");
        };
        assert_eq!((id.as_str(), secret.expose()), ("a@b", "x:y z:1"));
        let lower = basic_of("a:b").replace("Basic", "bAsIc");
        assert!(matches!(read(&[&lower], "client_id=a").unwrap(), Presented::Basic { .. }));
        let Presented::Post { id, secret } = read(&[], "client_id=a&client_secret=b").unwrap()
        else {
            panic!("not post");
        };
        assert_eq!((id.as_str(), secret.expose()), ("a", "b"));
        assert!(matches!(read(&[], "client_id=a").unwrap(), Presented::Named { .. }));
        assert!(matches!(read(&[], "").unwrap(), Presented::Nothing));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let header = basic_of("a:b");
        let kind = JWT_BEARER;
        for (headers, form, code) in [
            (vec![header.as_str(), header.as_str()], String::new(), "auth-duplicate"),
            (vec![&header], "client_secret=b&client_id=a".into(), "auth-several"),
            (vec![&header], "client_id=z".into(), "client-contradiction"),
            (vec![], "client_secret=b".into(), "form-missing"),
            (vec![], "client_assertion=x".into(), "assertion-incomplete"),
            (vec![], "client_assertion=x&client_assertion_type=y".into(), "assertion-type"),
            (vec![], format!("client_assertion=x&client_assertion_type={kind}"), "client-refused"),
            (vec!["Bearer x"], String::new(), "basic-scheme"),
            (vec!["Basic !"], String::new(), "basic-encoding"),
            (vec!["Basic"], String::new(), "basic-colon"),
            (vec![&basic_of("abc")], String::new(), "basic-colon"),
            (vec![&basic_of(":b")], String::new(), "basic-empty"),
            (vec![&basic_of("a:%zz")], String::new(), "basic-encoding"),
        ] {
            let fault = read(&headers, &form).unwrap_err();
            assert_eq!(fault.code, code, "{headers:?} {form}");
            assert!(!fault.fix.is_empty());
        }
    }

    #[test]
    fn an_unknown_client_is_judged_like_a_known_one() {
        let presented = read(&[&basic_of("a:b")], "").unwrap();
        let none = Check::CompareSecret { hash: None };
        assert_eq!(authenticate(&presented, None).unwrap(), none);
        let mut client = Client { secret_hash: Some("h".into()), ..Client::new("a", 0) };
        let hash = Check::CompareSecret { hash: Some("h".into()) };
        assert_eq!(authenticate(&presented, Some(&client)).unwrap(), hash);
        // The form is as good as the header, unless the client is pinned to one of them.
        client.auth_method = AuthMethod::SecretPost;
        assert_eq!(authenticate(&presented, Some(&client)).unwrap(), hash);
        client.pinned = true;
        assert_eq!(authenticate(&presented, Some(&client)).unwrap(), none);
        client.auth_method = AuthMethod::PrivateKeyJwt;
        assert_eq!(authenticate(&presented, Some(&client)).unwrap(), none);
        client.auth_method = AuthMethod::None;
        let named = Presented::Named { id: "a".into() };
        assert_eq!(authenticate(&named, Some(&client)).unwrap(), Check::Named);
        assert_eq!(authenticate(&presented, Some(&client)).unwrap(), none);
        for unproven in [Presented::Nothing, Presented::Named { id: "a".into() }] {
            assert_eq!(authenticate(&unproven, None).unwrap_err().status(), 401);
        }
    }

    #[test]
    fn only_a_proved_client_learns_that_it_is_disabled() {
        let client = Client { disabled: true, ..Client::new("a", 0) };
        assert_eq!(admit(&client).unwrap_err().code, "client-disabled");
        admit(&Client::new("a", 0)).unwrap();
    }

    proptest! {
        /// RFC 6749 §2.3.1: id and secret are form-encoded before they are put together.
        #[test]
        fn whatever_was_encoded_for_basic_comes_back(
            id in "[^\u{0}]{1,30}", secret in "[^\u{0}]{0,60}",
        ) {
            let encode = |text: &str| -> String {
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            let header = basic_of(&format!("{}:{}", encode(&id), encode(&secret)));
            let Presented::Basic { id: read_id, secret: read_secret } =
                read(&[&header], "").unwrap()
            else {
                return Err(TestCaseError::fail("not basic"));
            };
            prop_assert_eq!(read_id, id);
            prop_assert_eq!(read_secret.expose(), secret);
        }

        /// Neither the header nor an assertion makes it panic, and no refusal repeats them.
        #[test]
        fn nothing_panics_and_nothing_is_repeated(
            header in proptest::option::of("([Bb]asic |Bearer )?[A-Za-z0-9+/=:.%]{8,60}"),
            assertion in proptest::option::of("[A-Za-z0-9_.-]{8,60}"),
        ) {
            let form = assertion.as_deref().map_or_else(String::new, |text| {
                format!("client_assertion={text}&client_assertion_type={JWT_BEARER}")
            });
            let headers: Vec<&str> = header.as_deref().into_iter().collect();
            if let Err(fault) = read(&headers, &form) {
                let said = fault.to_string();
                for sent in header.iter().chain(&assertion) {
                    prop_assert!(!said.contains(sent.as_str()), "{}", said);
                }
            }
        }

        #[test]
        fn no_bytes_in_the_header_panic(header in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Presented::read([header.as_slice()], &Form::default());
            let basic = [b"Basic ", STANDARD.encode(&header).as_bytes()].concat();
            let _ = Presented::read([basic.as_slice()], &Form::default());
        }
    }
}
