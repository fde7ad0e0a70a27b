//! Token exchange (RFC 8693): an API that was called with a user's token calls the next one, in the user's name.
//!
//! Decides whether a client may turn one access token of this authority into another. Always narrower: never longer
//! than the token it came from, never a scope that this one lacks, never for an API that the client may not use. Takes
//! verified tokens only; signs nothing.

use claviger_token::Verified;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::client_credentials::{AccessClaims, life};
use crate::confirmation::Confirmation;
use crate::error::{OauthCode, OauthFault, quoted};
use crate::form::Form;
use crate::resource::{Resource, same_resource};
use crate::scope::scope_list;

/// The `grant_type` (RFC 8693 §2.1).
pub const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The one type that is given out (RFC 8693 §3).
pub const ISSUED_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
/// What is taken: ours are both.
const TAKEN: [&str; 2] = [ISSUED_TOKEN_TYPE, "urn:ietf:params:oauth:token-type:jwt"];
/// Actors behind actors. A longer chain is a loop.
const MOST_ACTORS: usize = 8;

/// The request, read.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// On whose behalf.
    pub subject_token: &'a str,
    /// Who acts, where it is to be seen.
    pub actor_token: Option<&'a str>,
    /// The API that is asked for; none: the one of the subject token.
    pub target: Option<&'a str>,
    /// The `scope` parameter.
    pub scope: Option<&'a str>,
}

fn invalid(code: &'static str, description: impl Into<String>) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description)
}

/// The one answer for a token that is none of ours, over, or none this client may exchange: RFC 8693 §2.2.2 has
/// `invalid_request` for all of them.
#[must_use]
pub fn exchange_token_refused(which: &'static str) -> OauthFault {
    invalid(
        "exchange-token-refused",
        format!("the `{which}` is not valid: no living access token of this authority that this client may exchange"),
    )
    .fix("send an access token that was made for the API of this client, and get a new one once it has expired")
}

impl<'a> Exchange<'a> {
    /// Reads a request.
    pub fn read(form: &'a Form) -> Result<Self, OauthFault> {
        let subject_token = form.needs("subject_token")?;
        let of_type = |name: &'static str, text: &str| {
            if TAKEN.contains(&text) {
                return Ok(());
            }
            Err(invalid("exchange-type", format!("the `{name}` {} is not served", quoted(text)))
                .fix(format!("send {ISSUED_TOKEN_TYPE}")))
        };
        of_type("subject_token_type", form.needs("subject_token_type")?)?;
        if let Some(text) = form.get("requested_token_type") {
            of_type("requested_token_type", text)?;
        }
        let actor_token = form.get("actor_token");
        match (actor_token, form.get("actor_token_type")) {
            (Some(_), Some(text)) => of_type("actor_token_type", text)?,
            (None, None) => {}
            _ => {
                return Err(invalid(
                    "exchange-actor",
                    "`actor_token` and `actor_token_type` belong together",
                )
                .fix("send both or neither"));
            }
        }
        // RFC 8693 §2.1 has two ways to name the target; an API has one name here.
        let mut targets = form.all("resource");
        targets.extend(form.all("audience"));
        targets.dedup_by(|one, other| same_resource(one, other));
        let target = match targets.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => {
                let description =
                    format!("the request names {} targets; a token is for one", several.len());
                return Err(OauthFault::new(
                    OauthCode::InvalidTarget,
                    "resource-several",
                    description,
                )
                .fix("ask for one token for each API"));
            }
        };
        Ok(Self { subject_token, actor_token, target, scope: form.get("scope") })
    }
}

/// What is known when a client exchanges.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeFacts<'a> {
    /// Who exchanges; authenticated, admitted, and allowed this grant.
    pub client: &'a Client,
    /// The token on whose subject's behalf; verified and not revoked.
    pub subject: &'a Verified,
    /// The record of the API that it was made for.
    pub subject_resource: &'a Resource,
    /// The actor's token; verified and not revoked.
    pub actor: Option<&'a Verified>,
    /// The record of the API that the new one is for.
    pub target: &'a Resource,
    /// This authority.
    pub issuer: &'a str,
    /// The key that the request proved to hold.
    pub cnf: Option<&'a Confirmation>,
    /// As for other grants, in seconds.
    pub default_ttl: u64,
    /// As for other grants, in seconds.
    pub max_ttl: u64,
}

/// The API that the new token is for: the one asked for, else that of the subject token.
pub fn exchange_target<'a>(
    exchange: &Exchange<'a>,
    client: &'a Client,
    subject_audience: &'a str,
) -> Result<&'a str, OauthFault> {
    let target = exchange.target.unwrap_or(subject_audience);
    if same_resource(target, subject_audience) {
        return Ok(subject_audience);
    }
    if let Some(uri) = client.resources.iter().find(|uri| same_resource(uri, target)) {
        return Ok(uri);
    }
    Err(OauthFault::new(
        OauthCode::InvalidTarget,
        "resource-refused",
        format!("the client may not have tokens for {}", quoted(target)),
    )
    .fix("send one of the client's resources, or have this one added to the client"))
}

/// Grants an exchange, or says why not. The claims to sign, and the life in seconds.
pub fn exchange(
    facts: ExchangeFacts<'_>,
    exchange: &Exchange<'_>,
    now: i64,
    jti: String,
) -> Result<(AccessClaims, u64), OauthFault> {
    let ExchangeFacts { client, subject, subject_resource, actor, target, .. } = facts;
    let claims = subject.claims();
    let is_own = claims.client().is_some_and(|id| id == client.id);
    let is_of_its_api = subject_resource.introspectors.contains(&client.id);
    // A token that was given to the client itself can be narrowed, but does not reach further than its user allowed.
    let may_have_it = is_of_its_api || (is_own && target.uri == subject_resource.uri);
    if !may_have_it {
        return Err(exchange_token_refused("subject_token"));
    }
    let act = act(facts)?;
    let had: Vec<String> = claims.scopes();
    let possible = |scope: &String| {
        had.contains(scope) && target.scopes.contains(scope) && client.scopes.contains(scope)
    };
    let asked = exchange.scope.map(scope_list).transpose()?.filter(|asked| !asked.is_empty());
    let scopes: Vec<String> = match asked {
        None => had.iter().filter(|scope| possible(scope)).cloned().collect(),
        Some(asked) => {
            if let Some(beyond) = asked.iter().find(|scope| !possible(scope)) {
                return Err(OauthFault::new(
                    OauthCode::InvalidScope,
                    "scope-widened",
                    format!(
                        "the scope {}: the exchanged token, the client and the API do not all have it",
                        quoted(beyond)
                    ),
                )
                .fix("ask for scopes of the exchanged token or fewer"));
            }
            asked
        }
    };
    let (Some(sub), Some(until)) = (claims.subject(), claims.expires()) else {
        return Err(exchange_token_refused("subject_token"));
    };
    let until = match actor.and_then(|actor| actor.claims().expires()) {
        Some(of_actor) => until.min(of_actor),
        None => until,
    };
    let left = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
    if left == 0 {
        return Err(exchange_token_refused("subject_token"));
    }
    let expires_in = life(client, Some(target), facts.default_ttl, facts.max_ttl).min(left);
    let members = claims.members();
    let claims = AccessClaims {
        iss: facts.issuer.to_owned(),
        sub: sub.into_owned(),
        aud: target.uri.clone(),
        client_id: client.id.clone(),
        iat: now,
        exp: now.saturating_add(i64::try_from(expires_in).unwrap_or(i64::MAX)),
        jti,
        scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
        // The new one hangs on the same session and grant, and ends with them.
        sid: members.text("sid").map(std::borrow::Cow::into_owned),
        auth_time: members.integer("auth_time"),
        acr: members.text("acr").map(std::borrow::Cow::into_owned),
        amr: members
            .get("amr")
            .and_then(|amr| serde_json::from_value(amr).ok())
            .unwrap_or_default(),
        grant_id: members.text("grant_id").map(std::borrow::Cow::into_owned),
        cnf: facts.cnf.cloned(),
        status: None,
        custom: Map::new(),
        act,
    };
    Ok((claims, expires_in))
}

/// The `act` claim (RFC 8693 §4.1): the actor, and behind it those who acted before. Without an actor's token whoever
/// acted before stays visible.
fn act(facts: ExchangeFacts<'_>) -> Result<Option<Value>, OauthFault> {
    let ExchangeFacts { client, subject, actor, .. } = facts;
    let members = subject.claims().members();
    let before = members.get("act").filter(Value::is_object);
    let acting = match actor {
        None => {
            check_may_act(members.get("may_act").as_ref(), &own_identity(client, facts.issuer))?;
            return Ok(before);
        }
        Some(actor) => {
            let claims = actor.claims();
            // Nobody brings somebody else's token to act with.
            if claims.client().is_none_or(|id| id != client.id) {
                return Err(exchange_token_refused("actor_token"));
            }
            let sub = claims.subject().ok_or_else(|| exchange_token_refused("actor_token"))?;
            let mut acting = own_identity(client, facts.issuer);
            acting.insert("sub".to_owned(), json!(sub));
            acting
        }
    };
    check_may_act(members.get("may_act").as_ref(), &acting)?;
    let mut chain = acting;
    if let Some(before) = before {
        if depth(&before) >= MOST_ACTORS {
            return Err(invalid("exchange-chain", "too many have acted one after the other")
                .fix("look for services that call each other in a circle"));
        }
        chain.insert("act".to_owned(), before);
    }
    Ok(Some(Value::Object(chain)))
}

fn own_identity(client: &Client, issuer: &str) -> Map<String, Value> {
    [("sub", &client.id), ("client_id", &client.id), ("iss", &issuer.to_owned())]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

fn depth(act: &Value) -> usize {
    let mut depth = 0;
    let mut at = Some(act);
    while let Some(Value::Object(one)) = at {
        depth += 1;
        at = one.get("act");
    }
    depth
}

/// RFC 8693 §4.4: where the token says who may act, nobody else does. A member that is not known here fits nobody.
fn check_may_act(may_act: Option<&Value>, acting: &Map<String, Value>) -> Result<(), OauthFault> {
    let Some(may_act) = may_act else { return Ok(()) };
    let fits = may_act.as_object().is_some_and(|members| {
        !members.is_empty()
            && members.iter().all(|(name, value)| acting.get(name).is_some_and(|own| own == value))
    });
    if fits {
        return Ok(());
    }
    Err(invalid(
        "exchange-may-act",
        "the `subject_token` names who may act, and it is somebody else",
    )
    .fix("have the actor that `may_act` names exchange it"))
}

#[cfg(test)]
mod tests {
    use claviger_testkit::{access_claims, keys, mint, mint_with};
    use claviger_token::{Algorithm, KeySet, Policy, verify};
    use proptest::prelude::*;

    use super::*;
    use crate::client::GrantType;

    const NOW: i64 = 1_795_000_000;
    const ISSUER: &str = "https://id.example";
    const ORDERS: &str = "https://orders.example";
    const STOCK: &str = "https://stock.example";

    fn token(change: &Value) -> Verified {
        let key = keys::signing(Algorithm::Es256);
        let header = json!({ "alg": "ES256", "kid": key.kid(), "typ": "at+jwt" });
        let base = json!({
            "sub": "ada", "client_id": "shop", "scope": "read write", "sid": "s1", "exp": NOW + 300,
            "auth_time": NOW - 9,
        });
        let claims = mint::with(access_claims(ISSUER, ORDERS, NOW), &base);
        let text = mint_with(&key, &header, &mint::with(claims, change));
        let set = KeySet::new(vec![key.public().unwrap()]);
        verify(&text, &Policy::default(), &set, NOW).unwrap()
    }

    fn client() -> Client {
        Client {
            scopes: vec!["read".into(), "write".into(), "admin".into()],
            resources: vec![STOCK.into()],
            grants: vec![GrantType::TokenExchange],
            ..Client::new("orders-api", NOW)
        }
    }

    fn orders() -> Resource {
        Resource {
            introspectors: vec!["orders-api".into()],
            scopes: vec!["read".into(), "write".into()],
            ..Resource::new(ORDERS, 0)
        }
    }

    fn stock() -> Resource {
        Resource { scopes: vec!["read".into(), "admin".into()], ..Resource::new(STOCK, 0) }
    }

    fn asked<'a>(target: Option<&'a str>, scope: Option<&'a str>) -> Exchange<'a> {
        Exchange { subject_token: "t", actor_token: None, target, scope }
    }

    fn facts<'a>(
        client: &'a Client,
        subject: &'a Verified,
        actor: Option<&'a Verified>,
        of: &'a [Resource; 2],
    ) -> ExchangeFacts<'a> {
        ExchangeFacts {
            client,
            subject,
            subject_resource: &of[0],
            actor,
            target: &of[1],
            issuer: ISSUER,
            cnf: None,
            default_ttl: 300,
            max_ttl: 3600,
        }
    }

    fn done(
        client: &Client,
        subject: &Verified,
        actor: Option<&Verified>,
        scope: Option<&str>,
    ) -> Result<(AccessClaims, u64), OauthFault> {
        let of = [orders(), stock()];
        exchange(facts(client, subject, actor, &of), &asked(Some(STOCK), scope), NOW, "j".into())
    }

    #[test]
    fn an_api_goes_on_in_its_caller_s_name_with_less() {
        let subject = token(&json!({}));
        let (claims, life) = done(&client(), &subject, None, None).unwrap();
        assert_eq!((claims.sub.as_str(), claims.aud.as_str()), ("ada", STOCK));
        assert_eq!(
            (claims.client_id.as_str(), claims.scope.as_deref()),
            ("orders-api", Some("read"))
        );
        assert_eq!((claims.sid.as_deref(), claims.auth_time), (Some("s1"), Some(NOW - 9)));
        assert_eq!((life, claims.act), (300, None));
        // Never longer than where it comes from.
        let short = token(&json!({"exp": NOW + 20}));
        assert_eq!(done(&client(), &short, None, None).unwrap().1, 20);
        for beyond in ["admin", "write", "read admin"] {
            let fault = done(&client(), &subject, None, Some(beyond)).unwrap_err();
            assert_eq!(fault.error, OauthCode::InvalidScope, "{beyond}");
        }
    }

    #[test]
    fn nobody_exchanges_a_token_that_was_not_for_its_api() {
        let subject = token(&json!({}));
        let stranger = Client { id: "stranger".into(), ..client() };
        assert_eq!(
            done(&stranger, &subject, None, None).unwrap_err(),
            exchange_token_refused("subject_token")
        );
        // Its own token a client can narrow, but not take elsewhere.
        let shop = Client { id: "shop".into(), ..client() };
        done(&shop, &subject, None, None).unwrap_err();
        let of = [orders(), orders()];
        let narrowed = exchange(
            facts(&shop, &subject, None, &of),
            &asked(None, Some("read")),
            NOW,
            "j".into(),
        );
        assert_eq!(narrowed.unwrap().0.scope.as_deref(), Some("read"));
        let asks = asked(Some("https://other.example"), None);
        let fault = exchange_target(&asks, &client(), ORDERS).unwrap_err();
        assert_eq!(fault.error, OauthCode::InvalidTarget);
        assert_eq!(exchange_target(&asked(None, None), &client(), ORDERS).unwrap(), ORDERS);
    }

    #[test]
    fn whoever_acts_is_seen_with_those_before() {
        let actor =
            token(&json!({"sub": "orders-api", "client_id": "orders-api", "exp": NOW + 60}));
        let subject = token(&json!({"act": {"sub": "front"}}));
        let (claims, life) = done(&client(), &subject, Some(&actor), None).unwrap();
        let act = claims.act.unwrap();
        assert_eq!((&act["sub"], &act["act"]["sub"]), (&json!("orders-api"), &json!("front")));
        assert_eq!((claims.sub.as_str(), life), ("ada", 60));
        // Without an actor's token those before stay visible.
        assert_eq!(
            done(&client(), &subject, None, None).unwrap().0.act,
            Some(json!({"sub": "front"}))
        );
        // Nobody acts with somebody else's token.
        let foreign = token(&json!({"sub": "x", "client_id": "x"}));
        let fault = done(&client(), &subject, Some(&foreign), None).unwrap_err();
        assert_eq!(fault, exchange_token_refused("actor_token"));
        let mut chain = json!({"sub": "a"});
        for _ in 1..MOST_ACTORS {
            chain = json!({"sub": "a", "act": chain});
        }
        let fault =
            done(&client(), &token(&json!({"act": chain})), Some(&actor), None).unwrap_err();
        assert_eq!(fault.code, "exchange-chain");
    }

    #[test]
    fn a_token_that_names_who_may_act_is_for_nobody_else() {
        for (may_act, good) in [
            (json!({"sub": "orders-api"}), true),
            (json!({"client_id": "orders-api", "iss": ISSUER}), true),
            (json!({"sub": "other"}), false),
            (json!({"sub": "orders-api", "email": "x"}), false),
            (json!({}), false),
            (json!("orders-api"), false),
        ] {
            let subject = token(&json!({"may_act": may_act}));
            assert_eq!(done(&client(), &subject, None, None).is_ok(), good, "{may_act}");
        }
    }

    #[test]
    fn a_request_is_read_strictly() {
        let base = format!("subject_token=t&subject_token_type={ISSUED_TOKEN_TYPE}");
        for (more, error) in [
            ("", None),
            ("&resource=https://a.example&audience=https://a.example", None),
            (
                "&resource=https://a.example&audience=https://b.example",
                Some(OauthCode::InvalidTarget),
            ),
            ("&actor_token=x", Some(OauthCode::InvalidRequest)),
            ("&actor_token=x&actor_token_type=y", Some(OauthCode::InvalidRequest)),
            (
                "&requested_token_type=urn:ietf:params:oauth:token-type:refresh_token",
                Some(OauthCode::InvalidRequest),
            ),
        ] {
            let form = Form::parse(format!("{base}{more}").as_bytes()).unwrap();
            assert_eq!(Exchange::read(&form).err().map(|fault| fault.error), error, "{more}");
        }
        for bad in [
            "",
            "subject_token=t",
            "subject_token=t&subject_token_type=urn:ietf:params:oauth:token-type:id_token",
        ] {
            let form = Form::parse(bad.as_bytes()).unwrap();
            Exchange::read(&form).unwrap_err();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever is asked for: no scope that the token lacked, no longer life, the same subject and session.
        #[test]
        fn an_exchange_only_narrows(
            had in prop::collection::vec("(read|write|admin|other)", 0..4),
            asked in prop::option::of(prop::collection::vec("(read|write|admin|other)", 1..4)),
            left in 1_i64..1000,
        ) {
            let subject = token(&json!({"scope": had.join(" "), "exp": NOW + left}));
            let asked = asked.map(|scopes| scopes.join(" "));
            if let Ok((claims, life)) = done(&client(), &subject, None, asked.as_deref()) {
                prop_assert!(claims.exp <= NOW + left && i64::try_from(life).unwrap() <= left);
                for scope in claims.scope.iter().flat_map(|text| text.split(' ')) {
                    prop_assert!(had.iter().any(|one| one == scope));
                    prop_assert!(stock().scopes.iter().any(|one| one == scope));
                }
                prop_assert_eq!(claims.sub, "ada");
                prop_assert_eq!(claims.sid.as_deref(), Some("s1"));
            }
        }
    }
}
