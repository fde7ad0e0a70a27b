//! A client: who it is, how it proves it, and what it may have.
//!
//! Decides whether such a record can stand. Holds the hash of a secret, never the secret.

use std::fmt;

use claviger_token::{Algorithm, KeySet};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::certificate::{CertificateName, check_certificates};
use crate::claim_rule::ClaimRule;
use crate::device::DEVICE_GRANT;
use crate::error::{Invalid, quoted};
use crate::exchange::EXCHANGE_GRANT;
use crate::redirect::{check_notified, check_redirect_uris};
use crate::registration::Registered;
use crate::resource::check_resource_uri;
use crate::scope::check_scopes;
use crate::subject::SubjectType;

const LONGEST_ID: usize = 200;
const LONGEST_NAME: usize = 200;
const MOST_RESOURCES: usize = 100;
/// Twice the default, in seconds: who needs longer has lost the answer for good.
const LONGEST_REPLAY: u32 = 120;
/// A year: whatever is longer is a mistake of units.
const LONGEST_TTL: u64 = 366 * 86_400;

/// How a client proves who it is (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuthMethod {
    /// A secret in the `Authorization` header.
    #[serde(rename = "client_secret_basic")]
    SecretBasic,
    /// A secret in the form.
    #[serde(rename = "client_secret_post")]
    SecretPost,
    /// A JWT under its own key (RFC 7523).
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
    /// A certificate of an authority that the operator trusts (RFC 8705 §2.1).
    #[serde(rename = "tls_client_auth")]
    TlsClientAuth,
    /// A certificate of its own making, registered among its keys (RFC 8705 §2.2).
    #[serde(rename = "self_signed_tls_client_auth")]
    SelfSignedTls,
    /// It cannot: a program on its user's machine or in a browser, which can keep no secret.
    #[serde(rename = "none")]
    None,
}

/// What a client may ask the token endpoint for (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A token for itself.
    ClientCredentials,
    /// A token for a user who logs in here.
    AuthorizationCode,
    /// New tokens for that user later.
    RefreshToken,
    /// A token for another API in the name of who called (RFC 8693).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// A token for a user who allows a device on another machine (RFC 8628).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
    ];

    /// As it is registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::TokenExchange => EXCHANGE_GRANT,
            Self::DeviceCode => DEVICE_GRANT,
        }
    }

    /// The grant of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

fn only_for_itself() -> Vec<GrantType> {
    vec![GrantType::ClientCredentials]
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SecretBasic,
        Self::SecretPost,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTls,
        Self::None,
    ];

    /// As it is registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// Whether the proof is a certificate on the TLS connection.
    #[must_use]
    pub const fn uses_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTls)
    }

    /// Whether there is a secret.
    #[must_use]
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::SecretBasic | Self::SecretPost)
    }
}

/// A client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// For people.
    pub name: String,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// Whether it may use nothing but exactly that method. Unset, a secret may come in the header or
    /// in the form: libraries differ, and it is the same secret over the same connection.
    #[serde(default)]
    pub pinned: bool,
    /// The hash of its secret, as a PHC string.
    #[serde(default)]
    pub secret_hash: Option<String>,
    /// Its public keys (RFC 7517 §5).
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where it publishes them, in place of registering them (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// What its certificate has to say, with `tls_client_auth`.
    #[serde(default)]
    pub certificate: Option<CertificateName>,
    /// Whether it gets only tokens that are bound to its certificate (RFC 8705 §3.4).
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// The scopes it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The resources it may have tokens for.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The resource of a token that names none.
    #[serde(default)]
    pub default_resource: Option<String>,
    /// The longest life of its tokens, in seconds.
    #[serde(default)]
    pub access_ttl: Option<u64>,
    /// What its ID tokens are signed with, by the name of RFC 7518; none: the authority's default.
    #[serde(default)]
    pub id_token_signed_response_alg: Option<String>,
    /// What it may ask for.
    #[serde(default = "only_for_itself")]
    pub grants: Vec<GrantType>,
    /// Where users are sent back to; compared exactly.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Whether it is the operator's own, so that users are not asked for consent.
    #[serde(default)]
    pub first_party: bool,
    /// Whether it gets only tokens that are bound to a DPoP key (RFC 9449 §5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Whether its authorization requests have to be pushed (RFC 9126 §6).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Whether each use of a refresh token gives a new one; unset, where nothing else stands in for it.
    #[serde(default)]
    pub rotate_refresh_tokens: Option<bool>,
    /// How long the token before the newest still gets its answer, in seconds; unset, as the authority has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_replay_seconds: Option<u32>,
    /// Whether it knows people by the same `sub` as everybody.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// The host name of the sector in which `sub` is the same; none: the one of its redirect addresses.
    #[serde(default)]
    pub sector: Option<String>,
    /// Where a list of redirect addresses stands that belong together: its host is the sector, unless the operator
    /// says another (OpenID Connect Core §8.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// What `/userinfo` signs its answers with; none: they are plain JSON.
    #[serde(default)]
    pub userinfo_signed_response_alg: Option<String>,
    /// Claims of the operator's own.
    #[serde(default)]
    pub claims: Vec<ClaimRule>,
    /// Where a log-out may send people back to; compared exactly.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a log-in has ended (Back-Channel Logout).
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it has to be told which one. It always is.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// Whether its access tokens stand in a status list.
    #[serde(default)]
    pub status_list: bool,
    /// Whether it gets nothing.
    #[serde(default)]
    pub disabled: bool,
    /// That it registered itself (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
    /// When it was made. Unix seconds.
    pub created_at: i64,
}

impl Client {
    /// A client that may have nothing yet.
    #[must_use]
    pub fn new(id: impl Into<String>, now: i64) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            auth_method: AuthMethod::SecretBasic,
            pinned: false,
            secret_hash: None,
            jwks: None,
            jwks_uri: None,
            certificate: None,
            tls_client_certificate_bound_access_tokens: false,
            scopes: Vec::new(),
            resources: Vec::new(),
            default_resource: None,
            access_ttl: None,
            id_token_signed_response_alg: None,
            grants: only_for_itself(),
            redirect_uris: Vec::new(),
            first_party: false,
            dpop_bound_access_tokens: false,
            require_pushed_authorization_requests: false,
            rotate_refresh_tokens: None,
            refresh_replay_seconds: None,
            subject_type: SubjectType::Public,
            sector: None,
            sector_identifier_uri: None,
            userinfo_signed_response_alg: None,
            claims: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            status_list: false,
            disabled: false,
            registered: None,
            created_at: now,
        }
    }

    /// Whether the record can stand.
    pub fn check(&self) -> Result<(), Invalid> {
        check_client_id(&self.id)?;
        check_name(&self.name)?;
        check_scopes(&self.scopes)?;
        check_ttl(self.access_ttl)?;
        let algorithm = self.id_token_signed_response_alg.as_deref();
        check_signing("id_token_signed_response_alg", algorithm)?;
        if self.resources.len() > MOST_RESOURCES {
            let problem = format!("there are more than {MOST_RESOURCES} resources");
            return Err(Invalid::new("resources", problem, "split the client"));
        }
        for (place, uri) in self.resources.iter().enumerate() {
            check_resource_uri(uri).map_err(|invalid| Invalid { field: "resources", ..invalid })?;
            if self.resources[..place].contains(uri) {
                let problem = format!("{} stands twice", quoted(uri));
                return Err(Invalid::new("resources", problem, "leave it out once"));
            }
        }
        if let Some(uri) = &self.default_resource
            && !self.resources.contains(uri)
        {
            let problem = format!("{} is not among `resources`", quoted(uri));
            return Err(Invalid::new("default_resource", problem, "add it to `resources`"));
        }
        self.check_grants()?;
        if self.refresh_replay_seconds.is_some_and(|seconds| seconds > LONGEST_REPLAY) {
            let problem = format!("it is longer than {LONGEST_REPLAY} seconds");
            let fix = "a thief is not seen within it: choose 0 to 120";
            return Err(Invalid::new("refresh_replay_seconds", problem, fix));
        }
        self.check_openid()?;
        check_certificates(self)?;
        self.check_keys_address()?;
        match (self.auth_method.uses_secret(), &self.jwks) {
            (false, None) if self.auth_method == AuthMethod::None => match self.secret_hash {
                None => Ok(()),
                Some(_) => {
                    let problem = "a client with the method `none` has no secret";
                    Err(Invalid::new("auth_method", problem, "drop one of the two"))
                }
            },
            (false, keys) => {
                if self.secret_hash.is_some() {
                    let problem =
                        format!("a client with `{}` has no secret", self.auth_method.as_str());
                    return Err(Invalid::new("auth_method", problem, "drop one of the two"));
                }
                match (self.auth_method, keys) {
                    (AuthMethod::PrivateKeyJwt, None) if self.jwks_uri.is_some() => Ok(()),
                    (AuthMethod::PrivateKeyJwt, _) => self.keys().map(drop),
                    (AuthMethod::TlsClientAuth, Some(_)) => {
                        let problem = "`tls_client_auth` looks at no key of the client's";
                        Err(Invalid::new(
                            "jwks",
                            problem,
                            "leave it out, or choose another `auth_method`",
                        ))
                    }
                    // Certificates of its own making were looked at above.
                    _ => Ok(()),
                }
            }
            (true, Some(_)) => Err(Invalid::new(
                "jwks",
                "keys are of no use with a client secret",
                "leave `jwks` out, or set `auth_method` to `private_key_jwt`",
            )),
            (true, None) => Ok(()),
        }
    }

    fn check_keys_address(&self) -> Result<(), Invalid> {
        let Some(uri) = &self.jwks_uri else { return Ok(()) };
        let refuse = |problem: &str, fix: &'static str| Err(Invalid::new("jwks_uri", problem, fix));
        if self.jwks.is_some() {
            // RFC 7591 §2: one or the other.
            return refuse("it stands beside `jwks`", "give one of the two");
        }
        if !matches!(self.auth_method, AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTls) {
            let problem =
                format!("`{}` looks at no key of the client's", self.auth_method.as_str());
            return refuse(&problem, "leave it out, or choose another `auth_method`");
        }
        check_notified("jwks_uri", uri)
    }

    fn check_grants(&self) -> Result<(), Invalid> {
        let has = |grant| self.grants.contains(&grant);
        check_redirect_uris(&self.redirect_uris)?;
        if self.grants.is_empty() {
            let fix = "name at least one, such as `client_credentials`";
            return Err(Invalid::new("grants", "there is none", fix));
        }
        if self.auth_method == AuthMethod::None && has(GrantType::ClientCredentials) {
            let problem = "a client that proves nothing cannot have tokens for itself";
            let fix = "leave `client_credentials` out, or give the client a secret or a key";
            return Err(Invalid::new("grants", problem, fix));
        }
        if self.auth_method == AuthMethod::None && has(GrantType::TokenExchange) {
            let problem = "a client that proves nothing cannot act for others";
            let fix = "leave token exchange out, or give the client a secret or a key";
            return Err(Invalid::new("grants", problem, fix));
        }
        if has(GrantType::AuthorizationCode) == self.redirect_uris.is_empty() {
            let problem = "`authorization_code` and `redirect_uris` go together";
            return Err(Invalid::new("redirect_uris", problem, "set both or neither"));
        }
        let of_a_user = has(GrantType::AuthorizationCode) || has(GrantType::DeviceCode);
        if has(GrantType::RefreshToken) && !of_a_user {
            let problem = "only a grant of a user can be refreshed";
            return Err(Invalid::new("grants", problem, "add `authorization_code`"));
        }
        if self.require_pushed_authorization_requests && !has(GrantType::AuthorizationCode) {
            let problem = "the client has no authorization requests that could be pushed";
            let fix = "add `authorization_code` to `grants`, or leave it out";
            return Err(Invalid::new("require_pushed_authorization_requests", problem, fix));
        }
        if self.rotate_refresh_tokens == Some(false)
            && self.auth_method == AuthMethod::None
            && !self.dpop_bound_access_tokens
            && !self.tls_client_certificate_bound_access_tokens
        {
            // RFC 9700 §4.14.2.
            let problem =
                "a stolen refresh token of this client would serve its thief for ever, unseen";
            let fix = "leave it out, or set `dpop_bound_access_tokens` as well";
            return Err(Invalid::new("rotate_refresh_tokens", problem, fix));
        }
        Ok(())
    }

    /// Whether its refresh tokens are replaced with each use; `is_bound` where a use has to prove a key. RFC 9700
    /// §4.14.2 wants it of those that nothing else protects, FAPI 2.0 §5.3.2.1 has the others go without.
    #[must_use]
    pub fn rotates(&self, is_bound: bool) -> bool {
        let bare = self.auth_method == AuthMethod::None && !is_bound;
        bare || self.rotate_refresh_tokens.unwrap_or(false)
    }

    /// Its public keys; an error where there are none or one of them cannot be used.
    pub fn keys(&self) -> Result<KeySet, Invalid> {
        let fix = "give the client's public keys as a JWK set, `{\"keys\":[...]}`";
        let Some(jwks) = &self.jwks else {
            return Err(Invalid::new("jwks", "`private_key_jwt` needs keys", fix));
        };
        let keys = KeySet::from_json(&jwks.to_string())
            .map_err(|error| Invalid::new("jwks", error.to_string(), fix))?;
        if let Some((place, error)) = keys.rejected().first() {
            let problem = format!("key {place} cannot be used: {error}");
            return Err(Invalid::new("jwks", problem, fix));
        }
        let keys = keys.without_secrets();
        if keys.is_empty() {
            return Err(Invalid::new("jwks", "there is no public key in it", fix));
        }
        Ok(keys)
    }

    /// The public keys that are known of it and can be used. In a set that it publishes for everybody there may be
    /// others.
    pub(crate) fn usable_keys(&self) -> Option<KeySet> {
        let keys = KeySet::from_json(&self.jwks.as_ref()?.to_string()).ok()?;
        Some(keys.without_secrets())
    }

    /// Whether there is a secret to compare with.
    #[must_use]
    pub const fn has_secret(&self) -> bool {
        self.secret_hash.is_some()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client")
            .field("id", &self.id)
            .field("auth_method", &self.auth_method)
            .field("has_secret", &self.has_secret())
            .field("scopes", &self.scopes)
            .field("resources", &self.resources)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Whether a `client_id` can stand. RFC 6749 §A.1 allows all printable ASCII; a colon or a space
/// would not survive clients that forget to encode the Basic header (§2.3.1), a slash no URL path.
pub fn check_client_id(id: &str) -> Result<(), Invalid> {
    let fix = "use 1 to 200 letters, digits and `-._~@`, like `orders-worker`";
    let refuse = |problem: String| Err(Invalid::new("client_id", problem, fix));
    if id.is_empty() {
        return refuse("it is empty".to_owned());
    }
    if id.len() > LONGEST_ID {
        return refuse(format!("it is longer than {LONGEST_ID} characters"));
    }
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte)) {
        return refuse(format!("{} has a character that cannot stand there", quoted(id)));
    }
    if id == "." || id == ".." {
        return refuse(format!("{} would vanish from a path", quoted(id)));
    }
    Ok(())
}

pub(crate) fn check_name(name: &str) -> Result<(), Invalid> {
    let fix = "use 1 to 200 characters without control characters";
    let letters = name.chars().count();
    if name.trim().is_empty() || letters > LONGEST_NAME || name.chars().any(char::is_control) {
        let problem = format!("a name of {letters} characters cannot stand");
        return Err(Invalid::new("name", problem, fix));
    }
    Ok(())
}

pub(crate) fn check_ttl(ttl: Option<u64>) -> Result<(), Invalid> {
    match ttl {
        Some(ttl) if ttl == 0 || ttl > LONGEST_TTL => Err(Invalid::new(
            "access_ttl",
            format!("{ttl} seconds is no life for a token"),
            "choose between 1 second and a year; minutes are usual",
        )),
        _ => Ok(()),
    }
}

/// Whether an algorithm can sign what we issue: asymmetric, so that no verifier can issue as well. Whether
/// it is on is the authority's to say.
pub(crate) fn check_signing(field: &'static str, name: Option<&str>) -> Result<(), Invalid> {
    match name.map(|name| (name, Algorithm::from_name(name))) {
        None => Ok(()),
        Some((_, Some(algorithm))) if !algorithm.is_symmetric() => Ok(()),
        Some((name, _)) => Err(Invalid::new(
            field,
            format!("nothing here is signed with {}", quoted(name)),
            "name one of `id_token_signing_alg_values_supported`, such as `ES256`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn which_ids_can_stand() {
        for good in ["a", "orders-worker", "A.b_c~d@e", &"x".repeat(200)] {
            check_client_id(good).unwrap();
        }
        for bad in ["", "a b", "a:b", "a/b", "ü", "..", "a\n", &"x".repeat(201)] {
            assert_eq!(check_client_id(bad).unwrap_err().field, "client_id", "{bad}");
        }
    }

    #[test]
    fn a_record_says_which_field_is_wrong() {
        let good = Client::new("a", 0);
        good.check().unwrap();
        let jwt = AuthMethod::PrivateKeyJwt;
        for (bad, field) in [
            (Client { name: "\u{7}".into(), ..good.clone() }, "name"),
            (Client { scopes: vec!["\"".into()], ..good.clone() }, "scopes"),
            (Client { resources: vec!["x".into()], ..good.clone() }, "resources"),
            (
                Client { default_resource: Some("https://a".into()), ..good.clone() },
                "default_resource",
            ),
            (Client { access_ttl: Some(u64::MAX), ..good.clone() }, "access_ttl"),
            (
                Client { id_token_signed_response_alg: Some("HS256".into()), ..good.clone() },
                "id_token_signed_response_alg",
            ),
            (Client { auth_method: jwt, ..good.clone() }, "jwks"),
            (Client { auth_method: jwt, jwks: Some(json!({"keys": []})), ..good.clone() }, "jwks"),
            (
                Client {
                    auth_method: jwt,
                    jwks: Some(json!({"keys": [{"kty":"oct","k":"AAAA"}]})),
                    ..good.clone()
                },
                "jwks",
            ),
            (Client { jwks: Some(json!({"keys": []})), ..good.clone() }, "jwks"),
            (
                Client { jwks_uri: Some("https://a.example/jwks".into()), ..good.clone() },
                "jwks_uri",
            ),
            (
                Client {
                    auth_method: jwt,
                    jwks: Some(json!({"keys": []})),
                    jwks_uri: Some("https://a.example/jwks".into()),
                    ..good.clone()
                },
                "jwks_uri",
            ),
            (
                Client {
                    auth_method: jwt,
                    jwks_uri: Some("http://a.example/jwks".into()),
                    ..good.clone()
                },
                "jwks_uri",
            ),
            (
                Client { require_pushed_authorization_requests: true, ..good },
                "require_pushed_authorization_requests",
            ),
            (Client { rotate_refresh_tokens: Some(false), ..public() }, "rotate_refresh_tokens"),
            (
                Client {
                    grants: vec![GrantType::AuthorizationCode, GrantType::ClientCredentials],
                    ..public()
                },
                "grants",
            ),
            (
                Client {
                    grants: vec![GrantType::AuthorizationCode, GrantType::TokenExchange],
                    ..public()
                },
                "grants",
            ),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field, "{bad:?}");
        }
    }

    fn public() -> Client {
        Client {
            auth_method: AuthMethod::None,
            grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            redirect_uris: vec!["https://app.example/cb".into()],
            ..Client::new("app", 0)
        }
    }

    /// RFC 9700 §4.14.2 and FAPI 2.0 §5.3.2.1.
    #[test]
    fn refresh_tokens_rotate_where_nothing_else_protects_them() {
        let (bare, proven) = (public(), Client::new("a", 0));
        assert!(bare.rotates(false) && !bare.rotates(true));
        assert!(!proven.rotates(false) && !proven.rotates(true));
        let always = Client { rotate_refresh_tokens: Some(true), ..proven };
        assert!(always.rotates(false) && always.rotates(true));
        let never =
            Client { rotate_refresh_tokens: Some(false), dpop_bound_access_tokens: true, ..bare };
        never.check().unwrap();
        // Without a key it would be bare after all.
        assert!(!never.rotates(true) && never.rotates(false));
    }

    #[test]
    fn a_record_survives_being_written_and_shows_no_hash() {
        let client = Client { secret_hash: Some("$argon2id$x".into()), ..Client::new("a", 7) };
        let text = serde_json::to_string(&client).unwrap();
        assert!(text.contains("\"client_secret_basic\""));
        assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), client);
        assert!(!format!("{client:?}").contains("argon2id"));
    }
}
