//! The client credentials grant (RFC 6749 §4.4): a client asks for a token for itself.
//!
//! Decides audience (RFC 8707), scope, life and claims (RFC 9068 §2.2). Signs nothing; the caller has
//! authenticated the client, and brings the time and the token's id.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::{Client, GrantType};
use crate::confirmation::{Confirmation, token_type};
use crate::error::{OauthCode, OauthFault, quoted};
use crate::form::Form;
use crate::resource::{Resource, check_resource_uri, same_resource};
use crate::scope::scope_list;
use crate::status_list::Status;
use crate::token_answer::TokenAnswer;

/// The `typ` of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// So many choices are named in a description; more help nobody.
const NAMED: usize = 10;

/// What is known when a client asks.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who asks; authenticated and admitted.
    pub client: &'a Client,
    /// The records of the resources it may have; others among them do no harm.
    pub resources: &'a [Resource],
    /// This authority.
    pub issuer: &'a str,
    /// The life of a token where nothing says otherwise, in seconds.
    pub default_ttl: u64,
    /// The longest life whatever a record says, in seconds.
    pub max_ttl: u64,
    /// The key that the request proved to hold.
    pub cnf: Option<&'a Confirmation>,
}

/// What it asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The `scope` parameter as it came.
    pub scope: Option<String>,
    /// The `resource` parameters.
    pub resources: Vec<String>,
}

impl Ask {
    /// Takes what concerns this grant from a request.
    #[must_use]
    pub fn from_form(form: &Form) -> Self {
        let mut resources: Vec<String> = Vec::new();
        for asked in form.all("resource") {
            if !resources.iter().any(|known| same_resource(known, asked)) {
                resources.push(asked.to_owned());
            }
        }
        Self { scope: form.get("scope").map(str::to_owned), resources }
    }
}

/// Whether a request for tokens of a grant names another resource than the one that was granted (RFC 8707 §2.2).
pub fn check_granted_resource(
    resources: &[String],
    granted: Option<&str>,
) -> Result<(), OauthFault> {
    let foreign = |asked: &&String| !granted.is_some_and(|uri| same_resource(uri, asked));
    match resources.iter().find(foreign) {
        None => Ok(()),
        Some(asked) => Err(OauthFault::new(
            OauthCode::InvalidTarget,
            "resource-refused",
            format!("the grant is not for the resource {}", quoted(asked)),
        )
        .fix("leave `resource` out, or start a new authorization")),
    }
}

/// The claims of an access token (RFC 9068 §2.2). Without a user, `sub` is the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessClaims {
    /// This authority.
    pub iss: String,
    /// The client.
    pub sub: String,
    /// The resource.
    pub aud: String,
    /// The client.
    pub client_id: String,
    /// From when. Unix seconds.
    pub iat: i64,
    /// Until when. Unix seconds.
    pub exp: i64,
    /// The token's id.
    pub jti: String,
    /// What it may, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The user's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// When the user proved who they are. Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How much that is worth (RFC 9470 §5: an API asks for more by it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what they proved it (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The grant of the user that it comes from; it is revoked by that, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// Who acts for the subject (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
    /// The key that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Where its state is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Claims of the operator's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// What is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The claims to sign.
    pub claims: AccessClaims,
    /// The life in seconds.
    pub expires_in: u64,
}

impl Grant {
    /// The answer that hands the signed claims over.
    #[must_use]
    pub fn answer<'a>(&'a self, access_token: &'a str) -> TokenAnswer<'a> {
        let token_type = token_type(self.claims.cnf.as_ref());
        TokenAnswer {
            scope: self.claims.scope.as_deref().unwrap_or_default(),
            ..TokenAnswer::new(access_token, token_type, self.expires_in)
        }
    }
}

/// Which grant the request asks for.
pub fn grant_type(form: &Form) -> Result<GrantType, OauthFault> {
    let asked = form.needs("grant_type")?;
    GrantType::from_name(asked).ok_or_else(|| {
        let served: Vec<&str> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
        OauthFault::new(
            OauthCode::UnsupportedGrantType,
            "grant-unsupported",
            format!("the grant {} is not served here", quoted(asked)),
        )
        .fix(format!("send grant_type with one of {}", served.join(", ")))
    })
}

/// Whether a client may use a grant at all.
pub fn check_grant(client: &Client, grant: GrantType) -> Result<(), OauthFault> {
    if client.grants.contains(&grant) {
        return Ok(());
    }
    Err(OauthFault::new(
        OauthCode::UnauthorizedClient,
        "grant-not-of-this-client",
        "the client may not use this grant",
    )
    .fix("the operator adds it to the client's `grants`"))
}

/// Which of the client's resources the token is to be for (RFC 8707 §2).
pub fn wanted_resource<'a>(client: &'a Client, ask: &Ask) -> Result<&'a str, OauthFault> {
    let target =
        |code, description: String| OauthFault::new(OauthCode::InvalidTarget, code, description);
    match ask.resources.as_slice() {
        [] => match (&client.default_resource, client.resources.as_slice()) {
            (Some(uri), _) if client.resources.contains(uri) => Ok(uri),
            (_, [only]) => Ok(only),
            (_, []) => Err(target(
                "resource-none",
                "the client may not have tokens for any resource".to_owned(),
            )
            .fix("the operator adds the API to the client's `resources`")),
            (_, several) => Err(target(
                "resource-open",
                format!("the request must say which resource the token is for: {}", list(several)),
            )
            .fix("send `resource` with one of them, or have a default set for the client")),
        },
        [wanted] => {
            let known = |same: fn(&str, &str) -> bool| {
                client.resources.iter().find(|uri| same(uri, wanted)).map(String::as_str)
            };
            // What a record holds was checked when it was written.
            if let Some(uri) = known(|uri, wanted| uri == wanted) {
                return Ok(uri);
            }
            check_resource_uri(wanted).map_err(|invalid| {
                target("resource-malformed", format!("the resource: {}", invalid.problem))
                    .fix(invalid.fix)
            })?;
            known(same_resource).ok_or_else(|| {
                let choices = match client.resources.as_slice() {
                    [] => "none at all".to_owned(),
                    some => list(some),
                };
                target(
                    "resource-refused",
                    format!(
                        "the client may not have tokens for {}; it may have {choices}",
                        quoted(wanted)
                    ),
                )
                .fix("send one of the client's resources, or have this one added to the client")
            })
        }
        several => Err(target(
            "resource-several",
            format!("the request names {} resources; a token is for one", several.len()),
        )
        .fix("ask for one token for each resource")),
    }
}

/// Grants a token, or says why not.
pub fn decide(facts: Facts<'_>, ask: &Ask, now: i64, jti: String) -> Result<Grant, OauthFault> {
    let Facts { client, resources, issuer, default_ttl, max_ttl, cnf } = facts;
    let audience = wanted_resource(client, ask)?;
    let Some(resource) = resources.iter().find(|resource| resource.uri == audience) else {
        return Err(OauthFault::new(
            OauthCode::InvalidTarget,
            "resource-unknown",
            format!("the resource {} is not registered any more", quoted(audience)),
        )
        .fix("the operator registers it again, or takes it from the client"));
    };
    let scope = granted(client, resource, ask)?.join(" ");
    let expires_in = life(client, Some(resource), default_ttl, max_ttl);
    let claims = AccessClaims {
        iss: issuer.to_owned(),
        sub: client.id.clone(),
        aud: audience.to_owned(),
        client_id: client.id.clone(),
        iat: now,
        exp: now.saturating_add(i64::try_from(expires_in).unwrap_or(i64::MAX)),
        jti,
        scope: (!scope.is_empty()).then_some(scope),
        sid: None,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        grant_id: None,
        act: None,
        cnf: cnf.cloned(),
        status: None,
        custom: Map::new(),
    };
    Ok(Grant { claims, expires_in })
}

/// The life of an access token, in seconds: the shortest that a record sets, within the limit.
#[must_use]
pub fn life(client: &Client, resource: Option<&Resource>, default_ttl: u64, max_ttl: u64) -> u64 {
    let of_resource = resource.and_then(|resource| resource.access_ttl);
    let wished = client.access_ttl.into_iter().chain(of_resource).min();
    wished.unwrap_or(default_ttl).min(max_ttl).max(1)
}

/// The scopes to grant: those asked for, or all that client and resource have in common. A scope
/// that cannot be had is refused, not dropped: a client would find out much later, at the API.
pub(crate) fn granted(
    client: &Client,
    resource: &Resource,
    ask: &Ask,
) -> Result<Vec<String>, OauthFault> {
    let common: Vec<String> =
        client.scopes.iter().filter(|scope| resource.scopes.contains(scope)).cloned().collect();
    let asked = ask.scope.as_deref().map(scope_list).transpose()?.unwrap_or_default();
    if asked.is_empty() {
        return Ok(common);
    }
    let Some(refused) = asked.iter().find(|scope| !common.contains(scope)) else {
        return Ok(asked);
    };
    let choices = match common.as_slice() {
        [] => "it may have none there".to_owned(),
        some => format!("it may have {}", list(some)),
    };
    let (code, whose) = if client.scopes.contains(refused) {
        ("scope-unknown", format!("the resource {} does not know it", quoted(&resource.uri)))
    } else {
        ("scope-refused", "the client may not have it".to_owned())
    };
    let description = format!("the scope {}: {whose}; {choices}", quoted(refused));
    Err(OauthFault::new(OauthCode::InvalidScope, code, description)
        .fix("ask for scopes that both the client and the resource have"))
}

fn list(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn client() -> Client {
        Client {
            scopes: texts(&["read", "write", "own"]),
            resources: texts(&["https://a.example", "https://b.example"]),
            default_resource: Some("https://a.example".into()),
            ..Client::new("worker", 0)
        }
    }

    fn resources() -> Vec<Resource> {
        vec![
            Resource { scopes: texts(&["read", "write"]), ..Resource::new("https://a.example", 0) },
            Resource {
                scopes: texts(&["read"]),
                access_ttl: Some(60),
                ..Resource::new("https://b.example", 0)
            },
        ]
    }

    fn ask(scope: &str, wanted: &[&str]) -> Ask {
        let scope = (!scope.is_empty()).then(|| scope.to_owned());
        Ask { scope, resources: texts(wanted) }
    }

    fn decided(client: &Client, ask: &Ask) -> Result<Grant, OauthFault> {
        let resources = resources();
        let facts = Facts {
            client,
            resources: &resources,
            issuer: "https://id.example",
            default_ttl: 300,
            max_ttl: 3600,
            cnf: None,
        };
        decide(facts, ask, NOW, "j1".into())
    }

    #[test]
    fn a_token_is_granted() {
        let grant = decided(&client(), &ask("", &[])).unwrap();
        let claims = serde_json::to_value(&grant.claims).unwrap();
        let expected = json!({
            "iss": "https://id.example", "sub": "worker", "aud": "https://a.example",
            "client_id": "worker", "iat": NOW, "exp": NOW + 300, "jti": "j1",
            "scope": "read write",
        });
        assert_eq!(claims, expected);
        assert_eq!(
            serde_json::to_value(grant.answer("t")).unwrap(),
            json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "read write"})
        );
        let grant = decided(&client(), &ask("read", &["https://b.example"])).unwrap();
        assert_eq!((grant.expires_in, grant.claims.scope.as_deref()), (60, Some("read")));
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        let mut open = client();
        open.default_resource = None;
        let mut none = open.clone();
        none.resources.clear();
        let mut gone = client();
        gone.resources.push("https://gone.example".into());
        for (client, ask, code, named) in [
            (client(), ask("own", &[]), "scope-unknown", "`own`"),
            (client(), ask("read admin", &[]), "scope-refused", "`admin`"),
            (client(), ask("a\"b", &[]), "scope-malformed", "character"),
            (client(), ask("", &["https://c.example"]), "resource-refused", "`https://a.example`"),
            (client(), ask("", &["x#y"]), "resource-malformed", "fragment"),
            (
                client(),
                ask("", &["https://a.example", "https://b.example"]),
                "resource-several",
                "2",
            ),
            (open, ask("", &[]), "resource-open", "`https://b.example`"),
            (none, ask("", &[]), "resource-none", "any"),
            (gone, ask("", &["https://gone.example"]), "resource-unknown", "gone"),
        ] {
            let fault = decided(&client, &ask).unwrap_err();
            assert_eq!(fault.code, code);
            assert!(fault.description.contains(named), "{fault}");
            assert_eq!(fault.status(), 400);
        }
    }

    #[test]
    fn only_this_grant_is_served() {
        let form = |body: &str| Form::parse(body.as_bytes()).unwrap();
        let served = grant_type(&form("grant_type=client_credentials")).unwrap();
        assert_eq!(served, GrantType::ClientCredentials);
        check_grant(&client(), served).unwrap();
        let fault = check_grant(&client(), GrantType::RefreshToken).unwrap_err();
        assert_eq!(fault.error, OauthCode::UnauthorizedClient);
        let fault = grant_type(&form("grant_type=password")).unwrap_err();
        assert_eq!(fault.error, OauthCode::UnsupportedGrantType);
        assert_eq!(grant_type(&form("")).unwrap_err().error, OauthCode::InvalidRequest);
    }

    proptest! {
        /// Whatever is asked for, a grant stays within the client, the resource and the limits.
        #[test]
        fn a_grant_never_exceeds_what_is_registered(
            scopes in proptest::collection::vec("(read|write|own|admin)", 0..4),
            wanted in proptest::option::of("https://[abc]\\.example"),
            ttl in proptest::option::of(1_u64..100_000),
        ) {
            let client = Client { access_ttl: ttl, ..client() };
            let ask = Ask { scope: Some(scopes.join(" ")), resources: wanted.into_iter().collect() };
            if let Ok(grant) = decided(&client, &ask) {
                prop_assert!(client.resources.contains(&grant.claims.aud));
                prop_assert!(grant.expires_in >= 1 && grant.expires_in <= 3600);
                prop_assert!(ttl.is_none_or(|ttl| grant.expires_in <= ttl));
                let claims = &grant.claims;
                prop_assert_eq!(claims.exp - claims.iat, grant.expires_in as i64);
                prop_assert_eq!((&claims.sub, &claims.client_id), (&client.id, &client.id));
                let scope = claims.scope.as_deref().unwrap_or_default();
                for scope in scope.split(' ').filter(|scope| !scope.is_empty()) {
                    prop_assert!(client.scopes.iter().any(|known| known == scope));
                    prop_assert!(scope != "own");
                }
            }
        }
    }
}
