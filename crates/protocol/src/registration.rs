//! Dynamic client registration (RFC 7591) and what a registered client may change of itself (RFC 7592).
//!
//! Decides which metadata can stand and what the client then may have: never more than the operator's
//! [`Terms`] say, whatever it asks for. Draws no id and no secret; holds digests only.

use claviger_token::{Members, Strictness};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::authorization::IDENTITY_SCOPES;
use crate::certificate::CertificateName;
use crate::client::{AuthMethod, Client, GrantType};
use crate::error::{Invalid, OauthCode, OauthFault, quoted};
use crate::resource::Resource;
use crate::scope::scope_list;
use crate::subject::SubjectType;

/// Metadata are some hundred bytes; a large key set is a few kilobytes.
const MOST_BYTES: usize = 16 * 1024;
const LONGEST_TEXT: usize = 500;
const MOST_CONTACTS: usize = 10;
/// More names than RFC 7591 and its kin know.
const MOST_NAMES: usize = 64;

/// Members that only the server sets; an update must not bring them (RFC 7592 §2.2).
const SERVER_ONLY: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];
/// Addresses for people that are kept and told again (RFC 7591 §2).
const PAGES: [&str; 4] = ["client_uri", "logo_uri", "tos_uri", "policy_uri"];
/// Texts that are kept and told again.
const TEXTS: [&str; 2] = ["software_id", "software_version"];

/// What the operator lets registered clients have.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The grants that may be asked for.
    pub grants: &'a [GrantType],
    /// The APIs; the first is the one of a request that names none.
    pub resources: &'a [Resource],
    /// The scopes; none: those of OpenID Connect, and all that the APIs know.
    pub scopes: Option<&'a [String]>,
    /// Whether a client's certificate can reach this server (RFC 8705).
    pub certificates: bool,
    /// Whether addresses that this server asks may lead to itself, for tests.
    pub danger_allow_loopback: bool,
}

impl Terms<'_> {
    fn scopes(&self) -> Vec<String> {
        if let Some(scopes) = self.scopes {
            return scopes.to_vec();
        }
        let mut all: Vec<String> = IDENTITY_SCOPES.iter().map(|&scope| scope.to_owned()).collect();
        for scope in self.resources.iter().flat_map(|resource| &resource.scopes) {
            if !all.contains(scope) && all.len() < 100 {
                all.push(scope.clone());
            }
        }
        all
    }
}

/// That a client came by registration, and what it brought that is only told again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The digest of its registration access token.
    pub token: String,
    /// The initial access token that it came by; none where registration was open.
    #[serde(default)]
    pub by: Option<String>,
    /// Pages, contacts and the like.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// Metadata as a client sends them, read but not yet judged.
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    members: Map<String, Value>,
}

fn refused(code: &'static str, description: impl Into<String>) -> OauthFault {
    OauthFault::new(OauthCode::InvalidClientMetadata, code, description)
}

fn wrong(name: &str, problem: &str, fix: &'static str) -> OauthFault {
    refused("metadata-refused", format!("`{name}` {problem}")).fix(fix)
}

impl ClientMetadata {
    /// Reads a JSON object; a name that stands twice is refused, at every depth.
    pub fn read(body: &[u8]) -> Result<Self, OauthFault> {
        let fix = "send one JSON object with client metadata (RFC 7591 section 2)";
        if body.len() > MOST_BYTES {
            let description = format!("the client metadata have more than {MOST_BYTES} bytes");
            return Err(refused("metadata-too-large", description).fix(fix));
        }
        let members = Members::parse(body.to_vec(), Strictness::EveryDepth).map_err(|why| {
            refused("metadata-no-json", format!("the client metadata are no JSON object: {why}"))
                .fix(fix)
        })?;
        if let Some(name) = members.duplicate() {
            let description = format!("the member {} stands twice", quoted(name));
            return Err(refused("metadata-duplicate", description).fix("send each member once"));
        }
        let Value::Object(members) = members.to_value() else {
            return Err(refused("metadata-no-json", "the client metadata are no object").fix(fix));
        };
        // RFC 7591 §2: a member without value is as one that was left out.
        let members = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
        Ok(Self { members })
    }

    /// The text of a member.
    pub fn text(&self, name: &str) -> Result<Option<&str>, OauthFault> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "is no text", "send it as a JSON string")),
        }
    }

    fn texts(&self, name: &str, most: usize) -> Result<Option<Vec<String>>, OauthFault> {
        let no_list = || wrong(name, "is no list of texts", "send a JSON array of strings");
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) if list.len() <= most => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(no_list))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(Value::Array(_)) => Err(wrong(name, "has too many entries", "send fewer")),
            Some(_) => Err(no_list()),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, OauthFault> {
        match self.members.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong(name, "is neither true nor false", "send a JSON boolean")),
        }
    }

    /// The names of the members; of very many the first.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.members.keys().map(String::as_str).take(MOST_NAMES).collect()
    }

    /// Whether there is such a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Says a member that was left out.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// Takes out what these terms do not serve, for metadata that are written for all servers at once.
    pub(crate) fn narrow(&mut self, terms: &Terms<'_>) -> Result<(), OauthFault> {
        if let Some(mut names) = self.texts("grant_types", 20)? {
            names.retain(|name| {
                GrantType::from_name(name).is_some_and(|grant| terms.grants.contains(&grant))
            });
            self.set("grant_types", json!(names));
        }
        if let Some(mut types) = self.texts("response_types", 10)? {
            types.retain(|name| name == "code");
            self.set("response_types", json!(types));
        }
        if let Some(text) = self.text("scope")? {
            let allowed = terms.scopes();
            let mut scopes = scope_list(text)?;
            scopes.retain(|scope| allowed.contains(scope));
            self.set("scope", json!(scopes.join(" ")));
        }
        Ok(())
    }

    /// The addresses for redirection.
    pub fn redirect_uris(&self) -> Result<Vec<String>, OauthFault> {
        let list = self
            .texts("redirect_uris", 50)
            .map_err(|fault| OauthFault { error: OauthCode::InvalidRedirectUri, ..fault })?;
        Ok(list.unwrap_or_default())
    }

    fn auth_method(&self, terms: &Terms<'_>) -> Result<AuthMethod, OauthFault> {
        let Some(name) = self.text("token_endpoint_auth_method")? else {
            return Ok(AuthMethod::SecretBasic);
        };
        let served = |method: &AuthMethod| terms.certificates || !method.uses_certificate();
        AuthMethod::from_name(name).filter(served).ok_or_else(|| {
            wrong(
                "token_endpoint_auth_method",
                &format!("is {}, which is not served", quoted(name)),
                "choose one of `token_endpoint_auth_methods_supported` in the server's metadata",
            )
        })
    }

    fn grants(&self, terms: &Terms<'_>, had: &Client) -> Result<Vec<GrantType>, OauthFault> {
        let Some(names) = self.texts("grant_types", 20)? else {
            return Ok(vec![GrantType::AuthorizationCode]);
        };
        let kept = |grant: &GrantType| had.registered.is_some() && had.grants.contains(grant);
        let mut grants = Vec::new();
        for name in &names {
            let grant = GrantType::from_name(name)
                .filter(|grant| terms.grants.contains(grant) || kept(grant));
            let Some(grant) = grant else {
                let allowed: Vec<&str> = terms.grants.iter().map(|grant| grant.as_str()).collect();
                return Err(refused(
                    "metadata-grant",
                    format!(
                        "the grant type {} cannot be registered for; these can: {}",
                        quoted(name),
                        allowed.join(", ")
                    ),
                )
                .fix("leave it out, or have the operator make the client"));
            };
            if !grants.contains(&grant) {
                grants.push(grant);
            }
        }
        Ok(grants)
    }

    /// RFC 7591 §2.1: response types and grants say the same.
    fn check_response_types(&self, grants: &[GrantType]) -> Result<(), OauthFault> {
        let by_code = grants.contains(&GrantType::AuthorizationCode);
        let Some(types) = self.texts("response_types", 10)? else { return Ok(()) };
        if let Some(other) = types.iter().find(|name| *name != "code") {
            let problem = format!("has {}, which is not served", quoted(other));
            return Err(wrong("response_types", &problem, "send [\"code\"]"));
        }
        if by_code == types.is_empty() {
            return Err(wrong(
                "response_types",
                "and `grant_types` contradict each other",
                "`code` and `authorization_code` go together",
            ));
        }
        Ok(())
    }

    fn extra(&self) -> Result<Map<String, Value>, OauthFault> {
        let mut extra = Map::new();
        for name in PAGES {
            let Some(text) = self.text(name)? else { continue };
            let web = Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "https" | "http")
                    && url.has_host()
                    && url.username().is_empty()
            });
            if !web || text.len() > LONGEST_TEXT || text.contains(char::is_control) {
                return Err(wrong(name, "is no address of a web page", "send an https URL"));
            }
            extra.insert(name.to_owned(), json!(text));
        }
        for name in TEXTS {
            let Some(text) = self.text(name)? else { continue };
            if text.len() > LONGEST_TEXT || text.contains(char::is_control) {
                return Err(wrong(name, "is too long or has a control character", "shorten it"));
            }
            extra.insert(name.to_owned(), json!(text));
        }
        if let Some(contacts) = self.texts("contacts", MOST_CONTACTS)? {
            if contacts.iter().any(|one| one.len() > LONGEST_TEXT || one.contains(char::is_control))
            {
                return Err(wrong("contacts", "has an entry that is too long", "shorten it"));
            }
            extra.insert("contacts".to_owned(), json!(contacts));
        }
        Ok(extra)
    }

    /// Makes these metadata what a client is; `client` brings its id, times, and what the operator may have set or
    /// given it since: that stays. What is left out counts as deleted (RFC 7592 §2.2). The secret is the caller's matter.
    pub fn apply(&self, mut client: Client, terms: &Terms<'_>) -> Result<Client, OauthFault> {
        client.auth_method = self.auth_method(terms)?;
        client.grants = self.grants(terms, &client)?;
        self.check_response_types(&client.grants)?;
        client.redirect_uris = self.redirect_uris()?;
        // OpenID Connect RP-Initiated Logout §3.1, Back-Channel Logout §2.2.
        client.post_logout_redirect_uris =
            self.texts("post_logout_redirect_uris", 50)?.unwrap_or_default();
        client.backchannel_logout_uri = self.asked_address("backchannel_logout_uri", terms)?;
        client.backchannel_logout_session_required =
            self.flag("backchannel_logout_session_required")?;
        client.userinfo_signed_response_alg =
            self.text("userinfo_signed_response_alg")?.map(str::to_owned);
        client.id_token_signed_response_alg =
            self.text("id_token_signed_response_alg")?.map(str::to_owned);
        // RFC 8705 §2.1.2 and §3.4.
        client.certificate = self.certificate(client.auth_method)?;
        client.tls_client_certificate_bound_access_tokens = self.certificate_bound(terms)?;
        // RFC 9449 §5.2, RFC 9126 §6.
        client.dpop_bound_access_tokens = self.flag("dpop_bound_access_tokens")?;
        client.require_pushed_authorization_requests =
            self.flag("require_pushed_authorization_requests")?;
        client.subject_type = match self.text("subject_type")? {
            None | Some("public") => SubjectType::Public,
            Some("pairwise") => SubjectType::Pairwise,
            Some(_) => return Err(wrong("subject_type", "is none", "send public or pairwise")),
        };
        client.sector_identifier_uri = self.asked_address("sector_identifier_uri", terms)?;
        if client.subject_type == SubjectType::Public {
            client.sector = None;
        }
        client.name = match self.text("client_name")? {
            Some(name) if !name.trim().is_empty() => name.to_owned(),
            _ => client.id.clone(),
        };
        (client.jwks, client.jwks_uri) = self.keys(client.auth_method, terms)?;
        client.scopes = self.scopes(terms, &client)?;
        if client.registered.is_none() {
            let uris = terms.resources.iter().map(|resource| resource.uri.clone());
            client.resources = uris.collect();
            client.default_resource = client.resources.first().cloned();
            client.first_party = false;
        }
        if !client.auth_method.uses_secret() {
            client.secret_hash = None;
        }
        let extra = self.extra()?;
        client.registered.get_or_insert_default().extra = extra;
        client.check().map_err(told)?;
        Ok(client)
    }

    /// The keys, or the address at which they are published; nothing where no key of the client's is looked at.
    fn keys(
        &self,
        method: AuthMethod,
        terms: &Terms<'_>,
    ) -> Result<(Option<Value>, Option<String>), OauthFault> {
        let set = self.members.get("jwks");
        if set.is_some() && self.has("jwks_uri") {
            // RFC 7591 §2: one or the other.
            return Err(wrong("jwks", "and `jwks_uri` stand together", "send one of the two"));
        }
        if !matches!(method, AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTls) {
            return Ok((None, None));
        }
        match set {
            Some(set) if set.is_object() => Ok((Some(set.clone()), None)),
            Some(_) => Err(wrong("jwks", "is no key set", "send {\"keys\":[...]}")),
            None => Ok((None, self.asked_address("jwks_uri", terms)?)),
        }
    }

    /// An address that this server would ask or tell something: only over https, unless for tests.
    fn asked_address(&self, name: &str, terms: &Terms<'_>) -> Result<Option<String>, OauthFault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let loopback = terms.danger_allow_loopback && text.starts_with("http://");
        let https = Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host());
        if https || loopback {
            // What else has to hold is judged with the whole record.
            return Ok(Some(text.to_owned()));
        }
        let fix = "send an https address that is reached from the public Internet";
        Err(wrong(name, "is no https address", fix))
    }

    /// What the certificate has to say: exactly one thing (RFC 8705 §2.1.2).
    fn certificate(&self, method: AuthMethod) -> Result<Option<CertificateName>, OauthFault> {
        let mut found = None;
        for member in CertificateName::MEMBERS {
            let Some(text) = self.text(member)? else { continue };
            if method != AuthMethod::TlsClientAuth {
                let fix = "leave it out, or choose `tls_client_auth`";
                return Err(wrong(member, "is for another way to authenticate", fix));
            }
            if found.is_some() {
                let fix = "send exactly one of the members `tls_client_auth_...`";
                return Err(wrong(member, "stands beside another such member", fix));
            }
            let name = CertificateName::of_member(member, text);
            if let Some(Err(invalid)) = name.as_ref().map(CertificateName::check) {
                return Err(wrong(
                    member,
                    &format!("cannot stand: {}", invalid.problem),
                    "write what the certificate itself says",
                ));
            }
            found = name;
        }
        if found.is_none() && method == AuthMethod::TlsClientAuth {
            let fix =
                "send exactly one of the members `tls_client_auth_...` of RFC 8705 section 2.1.2";
            return Err(wrong("tls_client_auth_subject_dn", "is missing, and so are its kin", fix));
        }
        Ok(found)
    }

    fn certificate_bound(&self, terms: &Terms<'_>) -> Result<bool, OauthFault> {
        const NAME: &str = "tls_client_certificate_bound_access_tokens";
        match self.flag(NAME)? {
            true if !terms.certificates => Err(wrong(
                NAME,
                "cannot be had: no certificate reaches this server",
                "leave it out",
            )),
            flag => Ok(flag),
        }
    }

    /// A scope that cannot be had is refused, not dropped: the client would find out at log-in.
    fn scopes(&self, terms: &Terms<'_>, had: &Client) -> Result<Vec<String>, OauthFault> {
        let mut allowed = terms.scopes();
        if had.registered.is_some() {
            allowed
                .extend(had.scopes.iter().filter(|scope| !terms.scopes().contains(scope)).cloned());
        }
        let Some(text) = self.text("scope")? else { return Ok(allowed) };
        let asked = scope_list(text)
            .map_err(|fault| OauthFault { error: OauthCode::InvalidClientMetadata, ..fault })?;
        if let Some(beyond) = asked.iter().find(|scope| !allowed.contains(scope)) {
            return Err(refused(
                "metadata-scope",
                format!(
                    "the scope {} cannot be registered for; these can: {}",
                    quoted(beyond),
                    allowed.join(" ")
                ),
            )
            .fix("leave it out, or leave out `scope` to get all of them"));
        }
        Ok(asked)
    }

    /// What an update has to say beside the metadata (RFC 7592 §2.2); gives the secret that it repeats.
    pub fn check_update(&self, client_id: &str) -> Result<Option<&str>, OauthFault> {
        if let Some(name) = SERVER_ONLY.iter().find(|name| self.members.contains_key(**name)) {
            return Err(wrong(name, "is the server's to set", "leave it out of an update"));
        }
        if self.text("client_id")? != Some(client_id) {
            return Err(wrong("client_id", "is not that of this client", "send the client's own"));
        }
        self.text("client_secret")
    }
}

/// A record that cannot stand, in the words of RFC 7591 §3.2.2.
fn told(invalid: Invalid) -> OauthFault {
    let (error, name) = match invalid.field {
        "redirect_uris" => (OauthCode::InvalidRedirectUri, "redirect_uris"),
        "grants" => (OauthCode::InvalidClientMetadata, "grant_types"),
        "auth_method" => (OauthCode::InvalidClientMetadata, "token_endpoint_auth_method"),
        "name" => (OauthCode::InvalidClientMetadata, "client_name"),
        "scopes" => (OauthCode::InvalidClientMetadata, "scope"),
        field => (OauthCode::InvalidClientMetadata, field),
    };
    OauthFault::new(error, "metadata-refused", format!("`{name}`: {}", invalid.problem))
        .fix(invalid.fix)
}

/// The client as it is told what it is (RFC 7591 §3.2.1): every member that is registered.
#[must_use]
pub fn information(client: &Client) -> Value {
    let mut answer = client.registered.as_ref().map(|it| it.extra.clone()).unwrap_or_default();
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.as_str()).collect();
    let by_code = client.grants.contains(&GrantType::AuthorizationCode);
    let types: &[&str] = if by_code { &["code"] } else { &[] };
    for (name, value) in [
        ("client_id", json!(client.id)),
        ("client_id_issued_at", json!(client.created_at)),
        ("client_name", json!(client.name)),
        ("redirect_uris", json!(client.redirect_uris)),
        ("grant_types", json!(grants)),
        ("response_types", json!(types)),
        ("token_endpoint_auth_method", json!(client.auth_method.as_str())),
        ("scope", json!(client.scopes.join(" "))),
        ("subject_type", json!(client.subject_type)),
        ("dpop_bound_access_tokens", json!(client.dpop_bound_access_tokens)),
        (
            "tls_client_certificate_bound_access_tokens",
            json!(client.tls_client_certificate_bound_access_tokens),
        ),
        (
            "require_pushed_authorization_requests",
            json!(client.require_pushed_authorization_requests),
        ),
    ] {
        answer.insert(name.to_owned(), value);
    }
    if !client.post_logout_redirect_uris.is_empty() {
        let uris = json!(client.post_logout_redirect_uris);
        answer.insert("post_logout_redirect_uris".to_owned(), uris);
    }
    for (name, algorithm) in [
        ("userinfo_signed_response_alg", &client.userinfo_signed_response_alg),
        ("id_token_signed_response_alg", &client.id_token_signed_response_alg),
    ] {
        if let Some(algorithm) = algorithm {
            answer.insert(name.to_owned(), json!(algorithm));
        }
    }
    if let Some(jwks) = &client.jwks {
        answer.insert("jwks".to_owned(), jwks.clone());
    }
    if let Some(uri) = &client.jwks_uri {
        answer.insert("jwks_uri".to_owned(), json!(uri));
    }
    if let Some((member, text)) = client.certificate.as_ref().map(CertificateName::member) {
        answer.insert(member.to_owned(), json!(text));
    }
    if let Some(uri) = &client.sector_identifier_uri {
        answer.insert("sector_identifier_uri".to_owned(), json!(uri));
    }
    if let Some(uri) = &client.backchannel_logout_uri {
        answer.insert("backchannel_logout_uri".to_owned(), json!(uri));
        let required = json!(client.backchannel_logout_session_required);
        answer.insert("backchannel_logout_session_required".to_owned(), required);
    }
    if client.auth_method.uses_secret() {
        // RFC 7591 §3.2.1: required with a secret; 0 is never.
        answer.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    Value::Object(answer)
}

/// An initial access token: the operator's leave to register (RFC 7591 §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialAccess {
    /// Its id, for people.
    pub id: String,
    /// What it is for.
    #[serde(default)]
    pub note: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
    /// How many clients it may still bring in; none: any number.
    #[serde(default)]
    pub uses_left: Option<u32>,
    /// How many it has brought in.
    #[serde(default)]
    pub used: u32,
}

impl InitialAccess {
    /// One use of it; none where it is over.
    #[must_use]
    pub fn spend(&self, now: i64) -> Option<Self> {
        if now >= self.expires_at {
            return None;
        }
        let uses_left = match self.uses_left {
            None => None,
            Some(left) => Some(left.checked_sub(1)?),
        };
        Some(Self { uses_left, used: self.used.saturating_add(1), ..self.clone() })
    }
}

/// For a registration without the operator's leave, or with one that is over; both read the same.
#[must_use]
pub fn registration_unproven(presented: bool) -> OauthFault {
    if presented {
        OauthFault::new(
            OauthCode::InvalidToken,
            "registration-token-refused",
            "the access token is not one for this, has expired or is used up",
        )
        .fix("ask the operator for a new one")
    } else {
        OauthFault::new(
            OauthCode::InvalidToken,
            "registration-token-missing",
            "the request has no bearer token, and this endpoint needs one",
        )
        .fix("send `Authorization: Bearer` with the token that the operator, or the registration, gave")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn api() -> Resource {
        Resource { scopes: vec!["read".into()], ..Resource::new("https://api.example", 0) }
    }

    fn applied(body: &Value) -> Result<Client, OauthFault> {
        let resources = [api()];
        let terms = Terms {
            grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            resources: &resources,
            scopes: None,
            certificates: true,
            danger_allow_loopback: false,
        };
        ClientMetadata::read(body.to_string().as_bytes())?.apply(Client::new("c1", NOW), &terms)
    }

    fn good() -> Value {
        json!({
            "client_name": "App",
            "redirect_uris": ["http://127.0.0.1:4000/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "openid read",
            "client_uri": "https://app.example",
            "contacts": ["a@app.example"],
            "application_type": "native",
            "x-unknown": {"any": "thing"},
        })
    }

    fn changed(name: &str, value: Value) -> Value {
        let mut body = good();
        body[name] = value;
        body
    }

    #[test]
    fn a_good_registration_becomes_a_client_that_may_what_the_terms_say() {
        let client = applied(&good()).unwrap();
        assert_eq!(client.auth_method, AuthMethod::None);
        assert_eq!(client.scopes, ["openid", "read"]);
        assert_eq!(client.resources, ["https://api.example"]);
        assert!(!client.first_party);
        let told = information(&client);
        assert_eq!(told["client_uri"], "https://app.example");
        assert_eq!(told["scope"], "openid read");
        assert_eq!(told["response_types"], json!(["code"]));
        assert!(told.get("x-unknown").is_none() && told.get("client_secret_expires_at").is_none());
        assert_eq!(told["dpop_bound_access_tokens"], false);
        let mut strict = changed("dpop_bound_access_tokens", json!(true));
        strict["require_pushed_authorization_requests"] = json!(true);
        strict["id_token_signed_response_alg"] = json!("RS256");
        let told = information(&applied(&strict).unwrap());
        for name in ["dpop_bound_access_tokens", "require_pushed_authorization_requests"] {
            assert_eq!(told[name], true, "{name}");
        }
        assert_eq!(told["id_token_signed_response_alg"], "RS256");
        let mut asks = changed("subject_type", json!("pairwise"));
        asks["post_logout_redirect_uris"] = json!(["https://a.example/out"]);
        asks["backchannel_logout_uri"] = json!("https://a.example/bc");
        asks["backchannel_logout_session_required"] = json!(true);
        let client = applied(&asks).unwrap();
        assert_eq!(client.subject_type, SubjectType::Pairwise);
        let told = information(&client);
        for name in [
            "post_logout_redirect_uris",
            "backchannel_logout_uri",
            "backchannel_logout_session_required",
        ] {
            assert_eq!(told[name], asks[name], "{name}");
        }
        // RFC 7591 §2: what is left out has a default.
        let plain = applied(&json!({"redirect_uris": ["https://a.example/cb"]})).unwrap();
        assert_eq!(plain.auth_method, AuthMethod::SecretBasic);
        assert_eq!(plain.grants, [GrantType::AuthorizationCode]);
        assert_eq!(plain.name, "c1");
        assert!(plain.scopes.contains(&"read".to_owned()));
        assert_eq!(information(&plain)["client_secret_expires_at"], 0);
    }

    #[test]
    fn metadata_that_cannot_stand_are_refused_by_name() {
        use OauthCode::{InvalidClientMetadata as Metadata, InvalidRedirectUri as Redirect};
        for (name, value, error) in [
            ("redirect_uris", json!("https://a.example"), Redirect),
            ("redirect_uris", json!([1]), Redirect),
            ("redirect_uris", json!([]), Redirect),
            ("redirect_uris", json!(["http://a.example/cb"]), Redirect),
            ("redirect_uris", json!(["https://a.example/cb#x"]), Redirect),
            ("redirect_uris", json!(["javascript:alert(1)"]), Redirect),
            ("redirect_uris", json!(["https://*.example/cb"]), Redirect),
            ("redirect_uris", json!(["https://a.example@evil.example/"]), Redirect),
            ("grant_types", json!(["client_credentials"]), Metadata),
            ("grant_types", json!(["implicit"]), Metadata),
            ("grant_types", json!(["refresh_token"]), Metadata),
            ("grant_types", json!([]), Metadata),
            ("grant_types", json!("authorization_code"), Metadata),
            ("subject_type", json!("secret"), Metadata),
            ("sector_identifier_uri", json!("http://a.example/x"), Metadata),
            ("sector_identifier_uri", json!("https://a.example/x#y"), Metadata),
            ("sector_identifier_uri", json!(["https://a.example/x"]), Metadata),
            ("userinfo_signed_response_alg", json!("HS256"), Metadata),
            ("id_token_signed_response_alg", json!("none"), Metadata),
            ("dpop_bound_access_tokens", json!("yes"), Metadata),
            ("require_pushed_authorization_requests", json!(1), Metadata),
            ("post_logout_redirect_uris", json!(["http://a.example/"]), Metadata),
            ("backchannel_logout_uri", json!("http://a.example/bc"), Metadata),
            ("backchannel_logout_uri", json!("http://127.0.0.1/bc"), Metadata),
            ("backchannel_logout_uri", json!("https://a.example/bc#x"), Metadata),
            ("backchannel_logout_session_required", json!(true), Metadata),
            ("tls_client_auth_san_dns", json!("a.example"), Metadata),
            ("tls_client_certificate_bound_access_tokens", json!(1), Metadata),
            ("response_types", json!(["token"]), Metadata),
            ("response_types", json!([]), Metadata),
            ("token_endpoint_auth_method", json!("client_secret_jwt"), Metadata),
            ("token_endpoint_auth_method", json!(1), Metadata),
            ("token_endpoint_auth_method", json!("private_key_jwt"), Metadata),
            ("scope", json!("openid admin"), Metadata),
            ("scope", json!("a\"b"), Metadata),
            ("scope", json!(["openid"]), Metadata),
            ("client_name", json!("\u{7}"), Metadata),
            ("client_name", json!("x".repeat(201)), Metadata),
            ("logo_uri", json!("javascript:alert(1)"), Metadata),
            ("client_uri", json!("data:text/html,x"), Metadata),
            ("contacts", json!("a@b"), Metadata),
            ("software_id", json!({}), Metadata),
        ] {
            let fault = applied(&changed(name, value.clone())).unwrap_err();
            assert_eq!(fault.error, error, "{name} = {value}: {fault}");
            assert!(!fault.fix.is_empty(), "{name} = {value}: {fault}");
        }
        for body in
            ["", "[]", "{", r#"{"scope":"a","scope":"b"}"#, r#"{"jwks":{"keys":[],"keys":[]}}"#]
        {
            let fault = ClientMetadata::read(body.as_bytes()).unwrap_err();
            assert_eq!(fault.error, Metadata, "{body}");
        }
        let large = format!("{{\"x\":\"{}\"}}", "a".repeat(MOST_BYTES));
        assert_eq!(ClientMetadata::read(large.as_bytes()).unwrap_err().code, "metadata-too-large");
    }

    #[test]
    fn keys_come_themselves_and_for_the_method_that_uses_them() {
        let set = claviger_testkit::keys::jwks(&[claviger_testkit::keys::signing(
            claviger_token::Algorithm::Es256,
        )]);
        let mut body = changed("token_endpoint_auth_method", json!("private_key_jwt"));
        body["jwks"] = set.clone();
        assert!(applied(&body).unwrap().jwks.is_some());
        body["jwks_uri"] = json!("https://app.example/jwks");
        assert_eq!(applied(&body).unwrap_err().error, OauthCode::InvalidClientMetadata);
        body["jwks"] = Value::Null;
        let client = applied(&body).unwrap();
        assert_eq!(client.jwks_uri.as_deref(), Some("https://app.example/jwks"));
        assert_eq!(information(&client)["jwks_uri"], "https://app.example/jwks");
        for bad in ["http://app.example/jwks", "http://127.0.0.1/jwks", "ftp://a.example", "x", ""]
        {
            body["jwks_uri"] = json!(bad);
            let fault = applied(&body).unwrap_err();
            assert!(fault.description.contains("jwks_uri"), "{bad}: {fault}");
        }
        // Where nothing would use them they are not registered.
        assert!(applied(&changed("jwks", set)).unwrap().jwks.is_none());
        let unused = applied(&changed("jwks_uri", json!("https://app.example/jwks"))).unwrap();
        assert_eq!(unused.jwks_uri, None);
    }

    /// RFC 8705 §2.1.2: exactly one thing that the certificate says.
    #[test]
    fn a_client_with_a_certificate_says_one_thing_that_is_in_it() {
        let mut body = changed("token_endpoint_auth_method", json!("tls_client_auth"));
        body["tls_client_certificate_bound_access_tokens"] = json!(true);
        assert_eq!(applied(&body).unwrap_err().error, OauthCode::InvalidClientMetadata);
        for (member, text) in [
            ("tls_client_auth_subject_dn", "CN=orders,O=Example"),
            ("tls_client_auth_san_dns", "orders.example"),
            ("tls_client_auth_san_uri", "spiffe://example/orders"),
            ("tls_client_auth_san_ip", "192.0.2.7"),
            ("tls_client_auth_san_email", "orders@example.org"),
        ] {
            let mut body = body.clone();
            body[member] = json!(text);
            let client = applied(&body).unwrap();
            assert_eq!(client.certificate.as_ref().map(|name| name.member()), Some((member, text)));
            let told = information(&client);
            assert_eq!(told[member], text);
            assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
            body[member] = json!("*");
            if !matches!(member, "tls_client_auth_san_uri" | "tls_client_auth_san_email") {
                let fault = applied(&body).unwrap_err();
                assert!(fault.description.contains(member), "{fault}");
            }
            body[member] = json!(text);
            body["tls_client_auth_san_uri"] = json!("spiffe://example/other");
            if member != "tls_client_auth_san_uri" {
                applied(&body).unwrap_err();
            }
        }
        let mut own = changed("token_endpoint_auth_method", json!("self_signed_tls_client_auth"));
        applied(&own).unwrap_err();
        own["jwks_uri"] = json!("https://app.example/jwks");
        assert_eq!(applied(&own).unwrap().auth_method, AuthMethod::SelfSignedTls);
        // Where no certificate reaches the server, nobody registers one.
        let terms = Terms {
            grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            resources: &[api()],
            scopes: None,
            certificates: false,
            danger_allow_loopback: false,
        };
        let bound = changed("tls_client_certificate_bound_access_tokens", json!(true));
        for body in [own, bound] {
            let read = ClientMetadata::read(body.to_string().as_bytes()).unwrap();
            let fault = read.apply(Client::new("c1", NOW), &terms).unwrap_err();
            assert_eq!(fault.error, OauthCode::InvalidClientMetadata);
        }
    }

    #[test]
    fn an_update_brings_nothing_that_is_the_servers() {
        let read = |body: &Value| ClientMetadata::read(body.to_string().as_bytes()).unwrap();
        assert_eq!(read(&json!({"client_id": "c1"})).check_update("c1").unwrap(), None);
        let kept = read(&json!({"client_id": "c1", "client_secret": "s"}));
        assert_eq!(kept.check_update("c1").unwrap(), Some("s"));
        for bad in [
            json!({}),
            json!({"client_id": "c2"}),
            json!({"client_id": "c1", "registration_access_token": "x"}),
            json!({"client_id": "c1", "client_id_issued_at": 1}),
        ] {
            read(&bad).check_update("c1").unwrap_err();
        }
    }

    #[test]
    fn an_initial_access_token_is_over_at_its_time_and_after_its_uses() {
        let token = InitialAccess {
            id: "t".into(),
            note: String::new(),
            created_at: NOW,
            expires_at: NOW + 10,
            uses_left: Some(1),
            used: 0,
        };
        let once = token.spend(NOW + 9).unwrap();
        assert_eq!((once.uses_left, once.used), (Some(0), 1));
        assert_eq!(once.spend(NOW + 9), None);
        assert_eq!(token.spend(NOW + 10), None);
        let many = InitialAccess { uses_left: None, ..token };
        assert_eq!(many.spend(NOW).unwrap().spend(NOW).unwrap().used, 2);
    }

    proptest! {
        /// Whatever a client asks for, it gets nothing beyond the terms.
        #[test]
        fn nobody_registers_for_more_than_the_terms(
            grants in prop::collection::vec("(authorization_code|refresh_token|client_credentials|implicit|urn:x)", 0..4),
            scopes in prop::collection::vec("(openid|read|admin|write)", 0..4),
            method in "(none|client_secret_basic|private_key_jwt|tls_client_auth|self_signed_tls_client_auth|x)",
            more in "(first_party|resources|default_resource|disabled|access_ttl|id)",
        ) {
            let mut body = good();
            body["grant_types"] = json!(grants);
            body["scope"] = json!(scopes.join(" "));
            body["token_endpoint_auth_method"] = json!(method);
            body[more] = json!(true);
            if let Ok(client) = applied(&body) {
                prop_assert!(client.check().is_ok());
                prop_assert!(!client.grants.contains(&GrantType::ClientCredentials));
                prop_assert!(client.scopes.iter().all(|scope| scope != "admin" && scope != "write"));
                prop_assert_eq!(&client.resources, &["https://api.example".to_owned()]);
                prop_assert!(!client.first_party && client.id == "c1" && client.access_ttl.is_none());
            }
        }

        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ClientMetadata::read(&body);
        }
    }
}
