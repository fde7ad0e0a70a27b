//! An authorization request (OAuth 2.1 §4.1.1, OpenID Connect Core §3.1.2): what a client asks a user for.
//!
//! Decides whether it can be served, and where a refusal may be told: to the client at its registered address,
//! or, where that is not sure, to the person on a page and to nobody else (RFC 9700 §4.11.2).

use crate::client::{Client, GrantType};
use crate::client_credentials::{Ask, granted, wanted_resource};
use crate::error::{OauthCode, OauthFault, quoted};
use crate::form::Form;
use crate::redirect::is_registered;
use crate::resource::Resource;
use crate::scope::scope_list;

/// Scopes that speak of the user and not of an API (OpenID Connect Core §5.4, §11).
pub const IDENTITY_SCOPES: [&str; 6] =
    ["openid", "profile", "email", "phone", "address", "offline_access"];

/// What a client asks for, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: String,
    /// Where the answer goes: a registered address.
    pub redirect_uri: String,
    /// What is to be granted, separated by spaces.
    pub scope: String,
    /// The audience; none where only the user's identity is asked for.
    pub resource: Option<String>,
    /// Given back as it came.
    pub state: Option<String>,
    /// Put into the ID token.
    pub nonce: Option<String>,
    /// PKCE, S256 (RFC 7636 §4.3).
    pub code_challenge: String,
    /// What the user is to be asked.
    pub prompt: Prompt,
    /// The longest that a log-in may lie back, in seconds.
    pub max_age: Option<u64>,
    /// Who is expected to log in.
    pub login_hint: Option<String>,
    /// An ID token of who is expected to be logged in; not verified.
    pub id_token_hint: Option<String>,
    /// How the log-in should be made, best first. A wish (OpenID Connect Core §3.1.2.1): whoever must have it
    /// looks at `acr`.
    pub acr_values: Vec<String>,
    /// How the answer goes back.
    pub response_mode: ResponseMode,
    /// The thumbprint of the DPoP key that has to redeem the code (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

/// How an answer goes back to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the address that the browser is sent to.
    #[default]
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode): in no address, and in no log.
    FormPost,
}

impl ResponseMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// As it is registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// What a request asks for; none where it is not served. Read by itself, because a refusal goes back in the
    /// same way.
    #[must_use]
    pub fn of(form: &Form) -> Option<Self> {
        match form.get("response_mode") {
            None => Some(Self::default()),
            Some(name) => Self::ALL.into_iter().find(|mode| mode.as_str() == name),
        }
    }

    /// Whether it can get to an address: only a web server takes a post.
    #[must_use]
    pub fn reaches(self, redirect_uri: &str) -> bool {
        self == Self::Query
            || ["http://", "https://"].iter().any(|web| redirect_uri.starts_with(web))
    }
}

/// What the user is to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nothing may be shown.
    pub none: bool,
    /// To log in even if they are logged in.
    pub login: bool,
    /// To consent even if they have.
    pub consent: bool,
}

/// Where the answer goes, if it may go anywhere.
pub fn answer_to(form: &Form, client: Option<&Client>) -> Result<String, OauthFault> {
    let refuse = |code, description: String, fix: &'static str| {
        Err(OauthFault::new(OauthCode::InvalidRequest, code, description).fix(fix))
    };
    let Some(client) = client.filter(|client| !client.disabled) else {
        return refuse(
            "client-unknown",
            "the application that sent you here is not known, or disabled".to_owned(),
            "check `client_id` in the application's configuration",
        );
    };
    match (form.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (_, []) => refuse(
            "redirect-none",
            format!("the client {} has no registered redirect address", quoted(&client.id)),
            "register the application's address for the client",
        ),
        (None, [only]) => Ok(only.clone()),
        (None, _) => refuse(
            "redirect-missing",
            "the parameter `redirect_uri` is missing, and the client has several".to_owned(),
            "send `redirect_uri` with the one that the answer is to go to",
        ),
        (Some(asked), known) if is_registered(known, asked) => Ok(asked.to_owned()),
        (Some(asked), _) => refuse(
            "redirect-unregistered",
            format!(
                "the redirect address {} is not registered for {}",
                quoted(asked),
                quoted(&client.id)
            ),
            "register exactly this address, or send the registered one: every character counts",
        ),
    }
}

/// Reads a request of a client whose address is sure; `resource` is the record of the API it names, if any.
pub fn authorization_request(
    form: &Form,
    client: &Client,
    resource: Option<&Resource>,
    redirect_uri: &str,
) -> Result<AuthorizationRequest, OauthFault> {
    let fault =
        |error, code, description: &str| OauthFault::new(error, code, description.to_owned());
    let invalid = |code, description: &str| fault(OauthCode::InvalidRequest, code, description);
    if !client.grants.contains(&GrantType::AuthorizationCode) {
        return Err(fault(
            OauthCode::UnauthorizedClient,
            "grant-not-of-this-client",
            "the client may not use the authorization code grant",
        )
        .fix("add `authorization_code` to the client's `grants`"));
    }
    match form.needs("response_type")? {
        "code" => {}
        other => {
            return Err(OauthFault::new(
                OauthCode::UnsupportedResponseType,
                "response-type",
                format!("the response type {} is not served", quoted(other)),
            )
            .fix("send response_type=code"));
        }
    }
    let response_mode = ResponseMode::of(form).ok_or_else(|| {
        let mode = quoted(form.get("response_mode").unwrap_or_default());
        invalid("response-mode", &format!("the response mode {mode} is not served"))
            .fix("send response_mode=query or form_post, or leave it out")
    })?;
    if !response_mode.reaches(redirect_uri) {
        let description = "a form can be posted to an http address only, and the client's is none";
        return Err(invalid("response-mode", description).fix("send response_mode=query"));
    }
    for unserved in ["request", "request_uri"] {
        if form.get(unserved).is_some() {
            let error = if unserved == "request" {
                OauthCode::RequestNotSupported
            } else {
                OauthCode::RequestUriNotSupported
            };
            return Err(fault(error, "request-object", "request objects are not served")
                .fix("send plain parameters"));
        }
    }
    let challenge = form.get("code_challenge").ok_or_else(|| {
        invalid(
            "pkce-missing",
            "the parameter `code_challenge` is missing; PKCE is required of every client",
        )
        .fix("use a library that does PKCE with S256 (RFC 7636)")
    })?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(invalid("pkce-method", "the only `code_challenge_method` is S256")
            .fix("send code_challenge_method=S256"));
    }
    if !is_sha256(challenge) {
        return Err(invalid(
            "pkce-malformed",
            "the `code_challenge` is no base64url of a SHA-256 digest",
        )
        .fix("send BASE64URL(SHA256(code_verifier)) without padding"));
    }
    let max_age = form
        .get("max_age")
        .map(|text| text.parse::<u64>())
        .transpose()
        .map_err(|_| invalid("max-age", "`max_age` is no number of seconds"))?;
    let nonce = form.get("nonce").map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > 500) {
        return Err(invalid("nonce-long", "`nonce` is longer than 500 bytes"));
    }
    let dpop_jkt = form.get("dpop_jkt").map(str::to_owned);
    if dpop_jkt.as_ref().is_some_and(|jkt| !is_sha256(jkt)) {
        return Err(invalid("dpop-jkt", "`dpop_jkt` is no thumbprint of a key")
            .fix("send the base64url of the JWK's SHA-256 thumbprint (RFC 7638)"));
    }
    let (audience, scope) = asked_for(form, client, resource)?;
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scope,
        resource: audience,
        state: form.get("state").map(str::to_owned),
        nonce,
        code_challenge: challenge.to_owned(),
        prompt: prompt(form.get("prompt"))?,
        max_age,
        login_hint: form.get("login_hint").map(|hint| hint.chars().take(100).collect()),
        id_token_hint: form.get("id_token_hint").map(str::to_owned),
        acr_values: acr_values(form.get("acr_values").unwrap_or_default()),
        response_mode,
        dpop_jkt,
    })
}

/// What a user is asked for: the audience, none where it is only who they are, and the scopes, separated by spaces.
pub fn asked_for(
    form: &Form,
    client: &Client,
    resource: Option<&Resource>,
) -> Result<(Option<String>, String), OauthFault> {
    let mut ask = Ask::from_form(form);
    let asked = ask.scope.as_deref().map(scope_list).transpose()?.unwrap_or_default();
    let (identity, api): (Vec<String>, Vec<String>) =
        asked.into_iter().partition(|scope| IDENTITY_SCOPES.contains(&scope.as_str()));
    if let Some(refused) = identity.iter().find(|scope| !client.scopes.contains(scope)) {
        return Err(OauthFault::new(
            OauthCode::InvalidScope,
            "scope-refused",
            format!("the scope {}: the client may not have it", quoted(refused)),
        )
        .fix("ask for scopes that the client is registered with"));
    }
    if identity.is_empty() && api.is_empty() && client.resources.is_empty() {
        // RFC 6749 §3.3: there is no default, since there is no API to have one from.
        return Err(OauthFault::new(
            OauthCode::InvalidScope,
            "scope-missing",
            "the request names no scope, and the client has none by default",
        )
        .fix("ask for `openid`, and for what else the client is registered with"));
    }
    // Whoever asks for the user's identity only gets nothing else.
    ask.scope = (!api.is_empty()).then(|| api.join(" "));
    let only_identity = !identity.is_empty() && api.is_empty() && ask.resources.is_empty();
    let (audience, mut scopes) = match resource {
        _ if only_identity && client.resources.is_empty() => (None, Vec::new()),
        Some(resource) => {
            let scopes = if only_identity { Vec::new() } else { granted(client, resource, &ask)? };
            (Some(resource.uri.clone()), scopes)
        }
        None => {
            let wanted = wanted_resource(client, &ask)?;
            return Err(OauthFault::new(
                OauthCode::InvalidTarget,
                "resource-unknown",
                format!("the resource {} is not registered any more", quoted(wanted)),
            )
            .fix("the operator registers it again, or takes it from the client"));
        }
    };
    let mut all = identity;
    all.append(&mut scopes);
    Ok((audience, all.join(" ")))
}

/// What is left of a granted scope: what client and API have lost since is not given any more, and comes back with the
/// operator's leave. `resource` is the record of the API that was granted, if any was and it still is one.
pub fn still_granted(
    scope: &str,
    audience: Option<&str>,
    client: &Client,
    resource: Option<&Resource>,
) -> Result<String, OauthFault> {
    if let Some(audience) = audience {
        let lost = |code, why| {
            let description = format!("the resource {} {why}", quoted(audience));
            Err(OauthFault::new(OauthCode::InvalidTarget, code, description)
                .fix("the operator gives it back, or the user grants something else"))
        };
        if resource.is_none() {
            return lost("resource-unknown", "is not registered any more");
        }
        if !client.resources.iter().any(|uri| uri == audience) {
            return lost("resource-refused", "is not one of the client's any more");
        }
    }
    let of_api = |name: &str| resource.is_some_and(|api| api.scopes.iter().any(|one| one == name));
    let granted = || scope.split(' ').filter(|name| !name.is_empty());
    let left: Vec<&str> = granted()
        .filter(|name| client.scopes.iter().any(|one| one == name))
        .filter(|name| IDENTITY_SCOPES.contains(name) || of_api(name))
        .collect();
    if left.is_empty() && granted().next().is_some() {
        return Err(OauthFault::new(
            OauthCode::InvalidScope,
            "scope-refused",
            "nothing is left of the scope that was granted: the client or the API has lost it",
        )
        .fix("the operator gives it back, or the user grants something else"));
    }
    Ok(left.join(" "))
}

/// Whether a text can be the base64url of a SHA-256 digest.
fn is_sha256(text: &str) -> bool {
    text.len() == 43
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The values of `acr_values` (OpenID Connect Core §3.1.2.1). A wish needs no refusal: what is too much of it is left
/// out.
#[must_use]
pub fn acr_values(text: &str) -> Vec<String> {
    let short = text.split_ascii_whitespace().filter(|one| one.len() <= 200);
    short.take(10).map(str::to_owned).collect()
}

fn prompt(text: Option<&str>) -> Result<Prompt, OauthFault> {
    let mut prompt = Prompt::default();
    for word in text.unwrap_or_default().split_ascii_whitespace() {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            // OpenID Connect Core: what is not known is passed over.
            _ => {}
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(OauthFault::new(
            OauthCode::InvalidRequest,
            "prompt-contradiction",
            "`prompt` has `none` beside another value",
        )
        .fix("send one of them"));
    }
    Ok(prompt)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client() -> Client {
        let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Client {
            redirect_uris: texts(&["https://app.example/cb", "http://127.0.0.1/cb"]),
            grants: vec![GrantType::AuthorizationCode],
            scopes: texts(&["openid", "profile", "read"]),
            resources: texts(&["https://api.example"]),
            ..Client::new("app", 0)
        }
    }

    fn asked(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, OauthFault> {
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", "openid read"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name, value));
        }
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let form = Form::parse(body.as_bytes()).unwrap();
        let client = client();
        let to = answer_to(&form, Some(&client))?;
        let api =
            Resource { scopes: vec!["read".into()], ..Resource::new("https://api.example", 0) };
        authorization_request(&form, &client, Some(&api), &to)
    }

    #[test]
    fn a_good_request_is_read() {
        let request = asked(&[("max_age", "60"), ("prompt", "login")]).unwrap();
        assert_eq!(request.scope, "openid read");
        assert_eq!(request.resource.as_deref(), Some("https://api.example"));
        assert!(request.prompt.login);
        let request =
            asked(&[("redirect_uri", "http://127.0.0.1:4711/cb"), ("scope", "")]).unwrap();
        assert_eq!(
            (request.redirect_uri.as_str(), request.scope.as_str()),
            ("http://127.0.0.1:4711/cb", "read")
        );
        assert_eq!(asked(&[("scope", "openid")]).unwrap().scope, "openid");
        let request = asked(&[
            ("response_mode", "form_post"),
            ("dpop_jkt", CHALLENGE),
            ("acr_values", "a b"),
        ])
        .unwrap();
        assert_eq!(request.response_mode, ResponseMode::FormPost);
        assert_eq!(request.dpop_jkt.as_deref(), Some(CHALLENGE));
        assert_eq!(request.acr_values, ["a", "b"]);
    }

    #[test]
    fn what_was_lost_is_not_given_any_more() {
        let client = client();
        let api =
            Resource { scopes: vec!["read".into()], ..Resource::new("https://api.example", 0) };
        let empty = Resource::new("https://api.example", 0);
        let uri = Some("https://api.example");
        let of = |scope, audience, client: &Client, api| {
            still_granted(scope, audience, client, api).map_err(|fault| fault.code)
        };
        assert_eq!(of("openid read", uri, &client, Some(&api)), Ok("openid read".to_owned()));
        assert_eq!(of("openid read", uri, &client, Some(&empty)), Ok("openid".to_owned()));
        assert_eq!(of("", uri, &client, Some(&empty)), Ok(String::new()));
        assert_eq!(of("openid email", None, &client, None), Ok("openid".to_owned()));
        assert_eq!(of("read", uri, &client, Some(&empty)), Err("scope-refused"));
        assert_eq!(of("read", uri, &client, None), Err("resource-unknown"));
        let without = Client { resources: Vec::new(), ..client };
        assert_eq!(of("openid read", uri, &without, Some(&api)), Err("resource-refused"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (change, code) in [
            (("redirect_uri", "https://app.example/cb/"), "redirect-unregistered"),
            (("redirect_uri", ""), "redirect-missing"),
            (("response_type", "token"), "response-type"),
            (("code_challenge", ""), "pkce-missing"),
            (("code_challenge", "short"), "pkce-malformed"),
            (("code_challenge_method", "plain"), "pkce-method"),
            (("code_challenge_method", ""), "pkce-method"),
            (("scope", "openid email"), "scope-refused"),
            (("scope", "write"), "scope-refused"),
            (("prompt", "none login"), "prompt-contradiction"),
            (("max_age", "x"), "max-age"),
            (("request_uri", "https://x"), "request-object"),
            (("response_mode", "fragment"), "response-mode"),
            (("dpop_jkt", "short"), "dpop-jkt"),
        ] {
            assert_eq!(asked(&[change]).unwrap_err().code, code, "{change:?}");
        }
        let form = Form::parse(b"client_id=x").unwrap();
        assert_eq!(answer_to(&form, None).unwrap_err().code, "client-unknown");
    }
}
