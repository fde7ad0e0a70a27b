//! `POST /token`: an authenticated client gets tokens (RFC 6749 §4.4, OAuth 2.1 §4.1.3 and §4.3, RFC 9068).
//!
//! For a client itself nothing is written. For a user, a code is redeemed once, and a family of refresh tokens
//! moves on by one compare-and-set; the answer is sealed beside it, so that whoever lost it gets it again.

use std::sync::Arc;

use aws_lc_rs::digest;
use claviger_protocol::{
    ACCESS_TOKEN_TYPE, AccessClaims, Ask, ClaimPlace, Client, Confirmation, DeviceGrant, Facts,
    Family, FamilyEnd, Form, GrantType, OauthCode, OauthFault, Polled, Redeeming, Redemption,
    Refresh, Status, TokenAnswer, Used, Window, assurance, check_grant, check_granted_resource,
    code_unknown, custom_claims, decide, device_code_unknown, grant_type, is_verifier, life, poll,
    redeem, refresh, refresh_bond, scope_list, still_granted, token_type, wanted_resource,
};
use claviger_store::{ListedToken, Redeemed};
use claviger_token::base64url;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::{Answer, Call, Reply};
use crate::client_check;
use crate::credential;
use crate::ending;
use crate::endpoint::exchange::exchanged;
use crate::journal::{By, Kind};
use crate::random;
use crate::refresh_token::{self, Numbered};
use crate::refusal::Refusal;
use crate::render;
use crate::sender::Sender;
use crate::state::State;
use crate::subjects;

/// A family that is moved by somebody else at the same moment is looked at again so many times.
const ATTEMPTS: usize = 4;

pub(crate) async fn token(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    // Before the client is authenticated: a request that nobody could be served costs no hash.
    let grant = grant_type(&form)?;
    let sender = Sender::read(&call, &call.state.token_endpoint)?;
    let client = client_check::client(&call, &form).await?;
    let about = |refusal: Box<Refusal>| Box::new(refusal.evidence("client_id", client.id.as_str()));
    check_grant(&client, grant).map_err(|fault| about(fault.into()))?;
    let cnf = sender.admit(&call, &client).await.map_err(about)?;
    let cnf = cnf.as_ref();
    let answer = match grant {
        GrantType::ClientCredentials => for_itself(&call, &form, &client, cnf).await,
        GrantType::AuthorizationCode => for_a_code(&call, &form, &client, cnf).await,
        GrantType::RefreshToken => refreshed(&call, &form, &client, cnf).await,
        GrantType::DeviceCode => for_a_device(&call, &form, &client, cnf).await,
        GrantType::TokenExchange => exchanged(&call, &form, &client, cnf).await,
    };
    let mut reply = answer.map_err(about)?;
    sender.renew(&call.state, &mut reply);
    Ok(reply)
}

async fn for_itself(
    call: &Call,
    form: &Form,
    client: &Client,
    cnf: Option<&Confirmation>,
) -> Answer {
    let state = &call.state;
    let ask = Ask::from_form(form);
    let wanted = wanted_resource(client, &ask)?;
    let resource = state.resource(wanted).await?;
    let facts = Facts {
        client,
        resources: resource.as_deref().map(std::slice::from_ref).unwrap_or_default(),
        issuer: &state.issuer.text,
        default_ttl: state.config.tokens.access_ttl_seconds,
        max_ttl: state.config.tokens.access_ttl_max_seconds,
        cnf,
    };
    let mut grant = decide(facts, &ask, state.clock.now(), token_id()?)?;
    let algorithm = resource.as_deref().and_then(|resource| resource.signing_alg.as_deref());
    if client.status_list {
        grant.claims.status = Some(placed(state, &grant.claims, algorithm).await?);
    }
    let token = state.keyring.sign(algorithm, ACCESS_TOKEN_TYPE, &grant.claims)?;
    state.metrics.token_issued("client_credentials");
    tracing::debug!(client_id = client.id, jti = grant.claims.jti, "an access token was issued");
    Ok(render::json(StatusCode::OK, &grant.answer(&token)))
}

/// Whom a token is for, and what it may.
#[derive(Clone, Copy)]
struct Granted<'a> {
    client: &'a Client,
    /// What ends all of it together.
    grant_id: &'a str,
    /// When it was decided: read before the grant was, so that whoever ends it at that moment ends this token.
    at: i64,
    sub: &'a str,
    sid: &'a str,
    auth_time: i64,
    amr: &'a str,
    scope: &'a str,
    /// Whether the whole grant, of which this may be less, is one for when the person is away.
    offline: bool,
    resource: Option<&'a str>,
    nonce: Option<&'a str>,
    cnf: Option<&'a Confirmation>,
}

async fn for_a_code(
    call: &Call,
    form: &Form,
    client: &Arc<Client>,
    cnf: Option<&Confirmation>,
) -> Answer {
    let state = &call.state;
    let code = form.needs("code")?;
    let challenge = form.get("code_verifier").filter(|text| is_verifier(text)).map(digest_of);
    let now = state.clock.now();
    let id = random_family()?;
    let beginning = Beginning::of(state, client, cnf, &id, now);
    let made = move |grant: &claviger_protocol::CodeGrant| {
        Some(beginning.family(Basis {
            sub: grant.sub.clone(),
            sid: grant.sid.clone(),
            scope: grant.scope.clone(),
            resource: grant.resource.clone(),
            auth_time: grant.auth_time,
            amr: grant.amr.clone(),
        }))
    };
    let rule = {
        let client_id = client.id.clone();
        let redirect_uri = form.get("redirect_uri").map(str::to_owned);
        let resources = Ask::from_form(form).resources;
        let jkt = cnf.and_then(Confirmation::jkt).map(str::to_owned);
        move |grant: &claviger_protocol::CodeGrant, used: bool| {
            let redeeming = Redeeming {
                client_id: &client_id,
                redirect_uri: redirect_uri.as_deref(),
                challenge: challenge.as_deref(),
                jkt: jkt.as_deref(),
                resources: &resources,
            };
            redeem(grant, redeeming, used, now)
        }
    };
    let hash = credential::digest(code);
    let Redeemed::Decided(grant, decision, gave) =
        state.store.redeem_code(hash, now, id.clone(), made, rule).await?
    else {
        return Err(code_unknown().into());
    };
    match decision {
        Redemption::Leave(fault) => return Err(fault.into()),
        Redemption::Leaked(fault) => {
            if let Some(id) = gave {
                ending::grant(state, &id, FamilyEnd::CodeReplayed).await?;
            }
            let refusal: Box<Refusal> = fault.into();
            return Err(Box::new(refusal.evidence("sub", grant.sub.as_str())));
        }
        Redemption::Take => {}
    }
    let granted = Granted {
        client,
        grant_id: &id,
        at: now,
        sub: &grant.sub,
        sid: &grant.sid,
        auth_time: grant.auth_time,
        amr: &grant.amr,
        scope: &grant.scope,
        offline: is_offline(&grant.scope),
        resource: grant.resource.as_deref(),
        nonce: grant.nonce.as_deref(),
        cnf,
    };
    first_answer(call, &granted, "authorization_code", "code-redeemed").await
}

/// A device asks whether its person has decided (RFC 8628 §3.4).
async fn for_a_device(
    call: &Call,
    form: &Form,
    client: &Arc<Client>,
    cnf: Option<&Confirmation>,
) -> Answer {
    let state = &call.state;
    let hash = credential::digest(form.needs("device_code")?);
    let now = state.clock.now();
    let id = random_family()?;
    let beginning = Beginning::of(state, client, cnf, &id, now);
    let made = move |grant: &DeviceGrant| {
        Some(beginning.family(Basis {
            sub: grant.sub.clone()?,
            sid: grant.sid.clone()?,
            scope: grant.scope.clone(),
            resource: grant.resource.clone(),
            auth_time: grant.auth_time.unwrap_or(now),
            amr: grant.amr.clone(),
        }))
    };
    let rule = {
        let client_id = client.id.clone();
        let resources = Ask::from_form(form).resources;
        move |grant: &DeviceGrant| poll(grant, &client_id, &resources, now)
    };
    let grant = match state.store.poll_device(hash, made, rule).await? {
        None => return Err(device_code_unknown().into()),
        Some(Polled::Wait(_, fault) | Polled::Refuse(fault)) => return Err(fault.into()),
        Some(Polled::Take(grant)) => grant,
    };
    let (Some(sub), Some(sid)) = (&grant.sub, &grant.sid) else {
        return Err(device_code_unknown().into());
    };
    let user = state.store.find_user(sub).await?;
    if user.is_none_or(|user| user.disabled) {
        ending::grant(state, &id, FamilyEnd::SubjectRevoked).await?;
        return Err(refused("subject-revoked", "the user is gone or disabled").into());
    }
    let granted = Granted {
        client,
        grant_id: &id,
        at: now,
        sub,
        sid,
        auth_time: grant.auth_time.unwrap_or(now),
        amr: &grant.amr,
        scope: &grant.scope,
        offline: is_offline(&grant.scope),
        resource: grant.resource.as_deref(),
        nonce: None,
        cnf,
    };
    first_answer(call, &granted, "device_code", "device-redeemed").await
}

/// What a person granted, by whichever way the client got to know.
struct Basis {
    sub: String,
    sid: String,
    scope: String,
    resource: Option<String>,
    auth_time: i64,
    amr: String,
}

/// A family that is about to begin.
struct Beginning {
    client: Arc<Client>,
    id: String,
    bond: Option<Confirmation>,
    now: i64,
    expires_at: i64,
    idle_until: i64,
}

impl Beginning {
    fn of(
        state: &State,
        client: &Arc<Client>,
        cnf: Option<&Confirmation>,
        id: &str,
        now: i64,
    ) -> Self {
        let tokens = &state.config.tokens;
        // One that cannot be refreshed is kept for as long as its access token can live, to be taken back.
        let expires_at = if refreshes(client) {
            later(now, tokens.refresh_ttl_seconds)
        } else {
            state.last_token_gone()
        };
        Self {
            client: Arc::clone(client),
            id: id.to_owned(),
            bond: refresh_bond(client, cnf),
            now,
            expires_at,
            idle_until: later(now, tokens.refresh_idle_seconds).min(expires_at),
        }
    }

    fn family(self, basis: Basis) -> Family {
        let Basis { sub, sid, scope, resource, auth_time, amr } = basis;
        Family {
            id: self.id,
            client_id: self.client.id.clone(),
            sub,
            sid,
            scope,
            resource,
            auth_time,
            amr,
            rotates: self.client.rotates(self.bond.is_some()),
            generation: 0,
            rotated_at: self.now,
            asked_by: None,
            cnf: self.bond,
            expires_at: self.expires_at,
            idle_until: self.idle_until,
            ended: None,
        }
    }
}

fn refreshes(client: &Client) -> bool {
    client.grants.contains(&GrantType::RefreshToken)
}

/// The first answer to what a person granted, with the refresh token where the client may have one.
async fn first_answer(
    call: &Call,
    granted: &Granted<'_>,
    grant_type: &'static str,
    deed: &'static str,
) -> Answer {
    let state = &call.state;
    let issued = issued(state, granted).await?;
    let mut answer = issued.answer(granted);
    let first;
    if refreshes(granted.client) {
        let numbered = Numbered { family: granted.grant_id.to_owned(), generation: 0 };
        let token = state.refresh_keys.token(&numbered);
        first = token.ok_or_else(|| Refusal::unavailable("no-refresh-token", "not encoded"))?;
        let tokens = &state.config.tokens;
        answer.refresh_token = Some(first.expose());
        answer.refresh_token_expires_in =
            Some(tokens.refresh_idle_seconds.min(tokens.refresh_ttl_seconds));
        answer.authorization_expires_in = Some(tokens.refresh_ttl_seconds);
    }
    state.metrics.token_issued(grant_type);
    state.journal.event(
        By::client(call)
            .event(Kind::Grant, deed)
            .client(granted.client.id.as_str())
            .subject(granted.sub)
            .with("scope", granted.scope)
            .with("resource", granted.resource),
    );
    Ok(render::json(StatusCode::OK, &answer))
}

async fn refreshed(
    call: &Call,
    form: &Form,
    client: &Client,
    cnf: Option<&Confirmation>,
) -> Answer {
    let state = &call.state;
    let presented = form.needs("refresh_token")?;
    let unknown = || {
        refused("refresh-unknown", "the refresh token is not one of this authority, or was damaged")
    };
    let numbered = state.refresh_keys.read(presented).ok_or_else(unknown)?;
    let tokens = &state.config.tokens;
    let replay = client.refresh_replay_seconds.map_or(tokens.refresh_replay_seconds, u64::from);
    let window = Window(u32::try_from(replay).unwrap_or(u32::MAX));
    let idle = u32::try_from(tokens.refresh_idle_seconds).unwrap_or(u32::MAX);
    let asks = asks(client, form, cnf);
    let mut met = None;
    for _ in 0..ATTEMPTS {
        let held = state.store.find_family(&numbered.family).await?.ok_or_else(unknown)?;
        let family = &held.family;
        let used =
            Used { generation: numbered.generation, client_id: &client.id, asks: &asks, cnf, met };
        met.get_or_insert(family.generation);
        let now = state.clock.now();
        let decision = refresh(family, used, window, idle, now);
        // Owner and client first: what they may not touch is not looked at further.
        let scope = match &decision {
            Refresh::Refuse(fault) => return Err(fault.clone().into()),
            Refresh::End(_, fault) => {
                ending::grant(state, &family.id, FamilyEnd::Reused).await?;
                tracing::warn!(
                    client_id = client.id,
                    family = family.id,
                    "a spent refresh token was used again; its grant was ended"
                );
                let refusal: Box<Refusal> = fault.clone().into();
                let refusal = refusal.evidence("sub", family.sub.as_str());
                return Err(Box::new(refusal.evidence("grant", family.id.as_str())));
            }
            _ => narrowed(family, form)?,
        };
        if !held.owner_may {
            return Err(refused("subject-revoked", "the user is gone or disabled").into());
        }
        let (next, token) = match decision {
            Refresh::Replay => {
                let sealed = held.replay.as_deref();
                let answer = sealed.and_then(|sealed| state.refresh_keys.open(presented, sealed));
                let answer = answer.ok_or_else(|| {
                    refused("refresh-superseded", "this refresh token has a successor")
                })?;
                state.metrics.token_issued("refresh_token");
                return Ok(json_bytes(answer.to_vec()));
            }
            Refresh::Rotate(next) => {
                let generation = next.generation;
                let numbered = Numbered { family: next.id.clone(), generation };
                let token = state.refresh_keys.token(&numbered);
                (next, token.map(|token| token.expose().to_owned()))
            }
            Refresh::Renew(next) => (next, Some(presented.to_owned())),
            Refresh::Refuse(_) | Refresh::End(..) => return Err(unknown().into()),
        };
        let token = token.ok_or_else(|| Refusal::unavailable("no-refresh-token", "not encoded"))?;
        let granted = Granted {
            client,
            grant_id: &family.id,
            at: now,
            sub: &family.sub,
            sid: &family.sid,
            auth_time: family.auth_time,
            amr: &family.amr,
            scope: &scope,
            offline: is_offline(&family.scope),
            resource: family.resource.as_deref(),
            nonce: None,
            cnf,
        };
        let issued = issued(state, &granted).await?;
        let answer = TokenAnswer {
            refresh_token: Some(&token),
            refresh_token_expires_in: Some(u64::try_from(next.idle_until - now).unwrap_or(0)),
            authorization_expires_in: Some(u64::try_from(next.expires_at - now).unwrap_or(0)),
            ..issued.answer(&granted)
        };
        let body =
            render::written(&answer).map_err(|error| Refusal::unavailable("not-written", error))?;
        let sealed = state.refresh_keys.seal(presented, &body);
        if state.store.move_family(family.generation, *next, sealed).await? {
            state.metrics.token_issued("refresh_token");
            return Ok(json_bytes(body));
        }
    }
    Err(Refusal::unavailable("refresh-contended", "the family moved again and again").into())
}

/// The scope of this answer: what was granted, or less (RFC 6749 §6).
fn narrowed(family: &Family, form: &Form) -> Result<String, OauthFault> {
    check_granted_resource(&Ask::from_form(form).resources, family.resource.as_deref())?;
    let asked = form.get("scope").map(scope_list).transpose()?.unwrap_or_default();
    if asked.is_empty() {
        return Ok(family.scope.clone());
    }
    let granted: Vec<&str> = family.scope.split(' ').collect();
    if asked.iter().any(|scope| !granted.contains(&scope.as_str())) {
        return Err(OauthFault::new(
            OauthCode::InvalidScope,
            "scope-widened",
            "the request asks for more than was granted",
        )
        .fix("ask for the granted scopes or fewer; for more, start a new authorization"));
    }
    Ok(asked.join(" "))
}

/// What tells one way of asking from another: the client's proof, scope, resource and the sender's key.
fn asks(client: &Client, form: &Form, cnf: Option<&Confirmation>) -> String {
    let key = cnf.and_then(|cnf| serde_json::to_string(cnf).ok()).unwrap_or_default();
    let parts = [
        client.auth_method.as_str(),
        form.get("scope").unwrap_or_default(),
        &form.all("resource").join(" "),
        &key,
    ];
    digest_of(&parts.join("\n"))
}

/// An ID token (OpenID Connect Core §2).
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    amr: Vec<&'a str>,
    acr: &'a str,
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    #[serde(flatten)]
    custom: Map<String, Value>,
}

fn is_offline(scope: &str) -> bool {
    scope.split(' ').any(|scope| scope == "offline_access")
}

/// What ties an ID token to the access token beside it (OpenID Connect Core §3.1.3.6); `algorithm` is the ID token's.
fn at_hash(state: &State, algorithm: Option<&str>, token: &str) -> Result<String, Box<Refusal>> {
    let ring = state.keyring.load();
    let Some(key) = ring.signer(algorithm) else {
        return Err(Refusal::unavailable("no-signing-key", "no key is active").into());
    };
    Ok(key.algorithm().left_half(token.as_bytes()))
}

/// A place in a status list; `algorithm` is what the token will be signed with.
pub(crate) async fn placed(
    state: &State,
    claims: &AccessClaims,
    algorithm: Option<&str>,
) -> Result<Status, Box<Refusal>> {
    let kid = state.keyring.load().signer(algorithm).map(|key| key.kid().to_owned());
    let token = ListedToken {
        jti: claims.jti.clone(),
        grant_id: claims.grant_id.clone(),
        sid: claims.sid.clone(),
        sub: claims.sub.clone(),
        client_id: claims.client_id.clone(),
        kid: kid.unwrap_or_default(),
        iat: claims.iat,
        exp: claims.exp,
    };
    state.status_lists.place(state, token).await
}

/// What was signed for a person's grant.
struct Issued {
    access_token: String,
    /// The life of the access token, in seconds.
    expires_in: u64,
    /// What is left of what was granted.
    scope: String,
    id_token: Option<String>,
}

impl Issued {
    fn answer<'a>(&'a self, granted: &'a Granted<'_>) -> TokenAnswer<'a> {
        TokenAnswer {
            scope: &self.scope,
            id_token: self.id_token.as_deref(),
            ..TokenAnswer::new(&self.access_token, token_type(granted.cnf), self.expires_in)
        }
    }
}

/// The access token, and the ID token where it was asked for.
async fn issued(state: &State, granted: &Granted<'_>) -> Result<Issued, Box<Refusal>> {
    let issuer = &state.issuer.text;
    let resource = match granted.resource {
        Some(uri) => state.resource(uri).await?,
        None => None,
    };
    let scope =
        still_granted(granted.scope, granted.resource, granted.client, resource.as_deref())?;
    let granted = &Granted { scope: &scope, ..*granted };
    let tokens = &state.config.tokens;
    let expires_in = life(
        granted.client,
        resource.as_deref(),
        tokens.access_ttl_seconds,
        tokens.access_ttl_max_seconds,
    );
    let now = granted.at;
    let client = granted.client;
    let sub = subjects::introduced(state, client, granted.sub).await?;
    let user = match resource.as_deref() {
        Some(resource) if !resource.claims.is_empty() => true,
        _ => !client.claims.is_empty(),
    };
    let user = if user { state.store.find_user(granted.sub).await? } else { None };
    let custom = |place| {
        let own = resource.iter().flat_map(|resource| &resource.claims).chain(&client.claims);
        let Some(user) = &user else { return Map::new() };
        let (claims, left_out) = custom_claims(own, user, granted.scope, place);
        if !left_out.is_empty() {
            tracing::warn!(client_id = client.id, ?left_out, "claims do not fit into a token");
        }
        claims
    };
    let mut claims = AccessClaims {
        iss: issuer.clone(),
        sub: sub.clone(),
        // Without an API it is for the authority itself.
        aud: granted.resource.unwrap_or(issuer).to_owned(),
        client_id: granted.client.id.clone(),
        iat: now,
        exp: later(now, expires_in),
        jti: token_id()?,
        scope: (!granted.scope.is_empty()).then(|| granted.scope.to_owned()),
        // A grant for when the person is away outlives the log-in, and so do its tokens.
        sid: (!granted.offline).then(|| granted.sid.to_owned()),
        auth_time: Some(granted.auth_time),
        acr: Some(assurance::acr(granted.amr).to_owned()),
        amr: assurance::names(granted.amr).map(str::to_owned).collect(),
        grant_id: Some(granted.grant_id.to_owned()),
        act: None,
        cnf: granted.cnf.cloned(),
        status: None,
        custom: custom(ClaimPlace::AccessToken),
    };
    let algorithm = resource.as_deref().and_then(|resource| resource.signing_alg.as_deref());
    if client.status_list {
        claims.status = Some(placed(state, &claims, algorithm).await?);
    }
    let access_token = state.keyring.sign(algorithm, ACCESS_TOKEN_TYPE, &claims)?;
    let mut id_token = None;
    if granted.scope.split(' ').any(|scope| scope == "openid") {
        let algorithm = client.id_token_signed_response_alg.as_deref();
        let claims = IdClaims {
            iss: issuer,
            sub: &sub,
            aud: &client.id,
            exp: later(now, expires_in),
            iat: now,
            auth_time: granted.auth_time,
            amr: assurance::names(granted.amr).collect(),
            acr: assurance::acr(granted.amr),
            sid: granted.sid,
            nonce: granted.nonce,
            at_hash: at_hash(state, algorithm, &access_token)?,
            custom: custom(ClaimPlace::IdToken),
        };
        id_token = Some(state.keyring.sign(algorithm, "JWT", &claims)?);
    }
    Ok(Issued { access_token, expires_in, id_token, scope })
}

fn refused(code: &'static str, description: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidGrant, code, description).fix("log the user in again")
}

fn json_bytes(body: Vec<u8>) -> Reply {
    render::reply(StatusCode::OK, render::JSON, body)
}

fn later(now: i64, seconds: u64) -> i64 {
    now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn digest_of(text: &str) -> String {
    base64url::encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

pub(crate) fn token_id() -> Result<String, Box<Refusal>> {
    random::token_id().map_err(|error| Refusal::unavailable("no-randomness", error).into())
}

fn random_family() -> Result<String, Box<Refusal>> {
    refresh_token::family_id().map_err(|error| Refusal::unavailable("no-randomness", error).into())
}
