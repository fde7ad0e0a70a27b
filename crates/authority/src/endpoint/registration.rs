//! `/register`: a client registers itself (RFC 7591), and reads, changes or removes its registration (RFC 7592).
//!
//! What it may have is the operator's to say, in `[registration]`. Whoever changes or removes a registration shows
//! the token that the registration gave; of it, as of the secret, only a digest is kept.

use claviger_protocol::{
    Client, ClientMetadata, OauthCode, OauthFault, Secret, information, registration_unproven,
};
use claviger_store::Registering;
use claviger_token::{base64url, presentation};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::call::{Answer, Call};
use crate::config::RegistrationMode;
use crate::credential;
use crate::endpoint::admin::clients::{new_secret, put, remove as remove_client};
use crate::journal::{By, Event, Kind};
use crate::random;
use crate::refusal::Refusal;
use crate::render;
use crate::state::State;
use crate::throttle::network;

/// `POST /register`.
pub(crate) async fn register(mut call: Call) -> Answer {
    let state = std::sync::Arc::clone(&call.state);
    let rules = &state.config.registration;
    let now = state.clock.now();
    let presented = bearer(&call)?;
    let by = match (rules.mode, presented) {
        (RegistrationMode::Closed, _) => {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "registration-closed")
                .error(OauthCode::AccessDenied.as_str())
                .detail("clients cannot register themselves here")
                .fix("the operator makes the client, or sets `registration.mode`")
                .into());
        }
        (_, Some(token)) => Some(credential::digest(&token)),
        (RegistrationMode::Token, None) => return Err(registration_unproven(false).into()),
        (RegistrationMode::Open, None) => {
            let peer = call.peer().map(network);
            state.registering.admit(peer, now).map_err(limited)?;
            None
        }
    };
    let leave = match by {
        Some(digest) => {
            let found = state.store.find_initial_access(digest).await?;
            let found = found.filter(|token| token.spend(now).is_some());
            Some(found.ok_or_else(|| registration_unproven(true))?)
        }
        None => None,
    };
    let metadata = ClientMetadata::read(&call.json_bytes().await?)?;
    let resources = state.resources_of_policy().await?;
    let terms = state.terms(&resources);
    let id = random::alphanumeric(20)?;
    let mut client = metadata.apply(Client::new(format!("cl_{}", *id), now), &terms)?;
    check_algorithm(&state, &client)?;
    state.sectors.check(&client, now, now).await?;
    let secret = secret_for(&state, &mut client).await?;
    let token = credential::mint(credential::REGISTRATION)?;
    let registered = client.registered.get_or_insert_default();
    registered.token = kept(&token);
    registered.by = leave.map(|token| token.id);
    match state.store.register_client(client.clone(), by, rules.clients_max, now).await? {
        Registering::Done => {}
        Registering::TokenOver => return Err(registration_unproven(true).into()),
        Registering::Full => {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "registration-full")
                .detail("as many clients are registered as there may be")
                .fix("the operator removes some, or raises `registration.clients_max`")
                .retry_after(3600)
                .into());
        }
    }
    state.clients.changed(&client.id);
    let by = client.registered.as_ref().and_then(|it| it.by.as_deref()).unwrap_or("nobody's leave");
    let event = changed(&call, "client-registered", &client.id).with("members", metadata.names());
    state.journal.event(event.with("leave", by));
    tracing::info!(client_id = client.id, by, "a client registered itself");
    let answer = told(&state, &client, secret.as_ref(), token.expose());
    Ok(render::json(StatusCode::CREATED, &answer))
}

/// `GET /register/{client_id}`. The secret is not told again: only its hash is here.
pub(crate) async fn show(call: Call) -> Answer {
    let (client, token) = own(&call).await?;
    Ok(render::json(StatusCode::OK, &told(&call.state, &client, None, token.expose())))
}

/// `PUT /register/{client_id}`. Who repeats the secret keeps it; who does not, gets a new one.
pub(crate) async fn change(mut call: Call) -> Answer {
    let body = call.json_bytes().await?;
    let state = std::sync::Arc::clone(&call.state);
    let (client, _) = own(&call).await?;
    let metadata = ClientMetadata::read(&body)?;
    let kept_secret = metadata.check_update(&client.id)?.map(str::to_owned);
    let resources = state.resources_of_policy().await?;
    let now = state.clock.now();
    // Before the lock: nobody waits for somebody else's server.
    let wished = metadata.apply(client, &state.terms(&resources))?;
    state.sectors.check(&wished, now, now).await?;
    let _one = state.changing.lock().await;
    let (client, token) = own(&call).await?;
    let had = client.secret_hash.clone();
    let mut client = metadata.apply(client, &state.terms(&resources))?;
    check_algorithm(&state, &client)?;
    let secret = match (kept_secret, had) {
        (Some(secret), Some(hash)) if client.auth_method.uses_secret() => {
            let asked = crate::secrets::Asked {
                client: &client.id,
                hash: Some(&hash),
                presented: &secret,
                peer: call.peer(),
            };
            if !state.secrets.verify(&asked).await? {
                return Err(OauthFault::new(
                    OauthCode::InvalidClientMetadata,
                    "metadata-refused",
                    "`client_secret` is not the client's",
                )
                .fix("send the one it has, or leave it out to get a new one")
                .into());
            }
            Some(Secret::new(secret))
        }
        _ => secret_for(&state, &mut client).await?,
    };
    put(&state, &client).await?;
    let event = changed(&call, "registration-changed", &client.id);
    state.journal.event(event.with("members", metadata.names()));
    tracing::info!(client_id = client.id, "a client changed its registration");
    Ok(render::json(StatusCode::OK, &told(&state, &client, secret.as_ref(), token.expose())))
}

/// `DELETE /register/{client_id}`: the client is gone, and so are its tokens.
pub(crate) async fn remove(call: Call) -> Answer {
    let _one = call.state.changing.lock().await;
    let (client, _) = own(&call).await?;
    remove_client(&call.state, &client.id, By::client(&call)).await?;
    call.state.journal.event(changed(&call, "registration-removed", &client.id));
    Ok(render::empty(StatusCode::NO_CONTENT))
}

fn changed(call: &Call, code: &'static str, client: &str) -> Event {
    By::client(call).event(Kind::Administration, code).client(client)
}

/// The client whose registration this is, by the token that it gave (RFC 7592 §2). Who has no such token learns
/// nothing about which clients there are.
async fn own(call: &Call) -> Result<(Client, Secret), Box<Refusal>> {
    let Some(token) = bearer(call)? else { return Err(registration_unproven(false).into()) };
    let token = Secret::new(token);
    let found = call.state.store.find_client(call.place("client_id")).await?;
    let registered = found.as_ref().and_then(|client| client.registered.as_ref());
    let known = registered.map_or("", |registered| registered.token.as_str());
    let same = bool::from(known.as_bytes().ct_eq(kept(&token).as_bytes()));
    let Some(client) = found.filter(|_| same) else {
        return Err(registration_unproven(true).into());
    };
    if client.disabled {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "client-disabled")
            .error(OauthCode::AccessDenied.as_str())
            .detail("the operator has disabled this client")
            .fix("ask the operator")
            .into());
    }
    Ok((client, token))
}

/// The bearer token of the request, where it has one.
fn bearer(call: &Call) -> Result<Option<String>, Box<Refusal>> {
    let values = call.parts.headers.get_all(header::AUTHORIZATION);
    if values.iter().next().is_none() {
        return Ok(None);
    }
    presentation::bearer(values.iter().map(HeaderValue::as_bytes))
        .map(|token| Some(token.to_owned()))
        .map_err(|_| registration_unproven(true).into())
}

/// A new secret, where the client has use for one.
async fn secret_for(state: &State, client: &mut Client) -> Result<Option<Secret>, Box<Refusal>> {
    if !client.auth_method.uses_secret() {
        return Ok(None);
    }
    let (secret, hash) = new_secret(state).await?;
    client.secret_hash = Some(hash);
    Ok(Some(secret))
}

/// A registration access token as it is kept.
fn kept(token: &Secret) -> String {
    base64url::encode(credential::digest(token.expose()))
}

fn told(state: &State, client: &Client, secret: Option<&Secret>, token: &str) -> Value {
    let mut answer = information(client);
    if let Some(secret) = secret {
        answer["client_secret"] = json!(secret.expose());
    }
    answer["registration_access_token"] = json!(token);
    answer["registration_client_uri"] =
        json!(format!("{}/register/{}", state.issuer.base, client.id));
    answer
}

fn limited(retry_after_seconds: u64) -> Box<Refusal> {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "registration-limited")
        .detail("too many clients were registered from this address")
        .fix("use the client that was registered; or try again after the time in `Retry-After`")
        .retry_after(retry_after_seconds)
        .into()
}

/// Whether its answers can be signed with what it asks for.
fn check_algorithm(state: &State, client: &Client) -> Result<(), Box<Refusal>> {
    for (name, algorithm) in [
        ("userinfo_signed_response_alg", &client.userinfo_signed_response_alg),
        ("id_token_signed_response_alg", &client.id_token_signed_response_alg),
    ] {
        state.keyring.check_algorithm(name, algorithm.as_deref()).map_err(|invalid| {
            let description = format!("`{}`: {}", invalid.field, invalid.problem);
            let code = OauthCode::InvalidClientMetadata;
            OauthFault::new(code, "metadata-refused", description).fix(invalid.fix)
        })?;
    }
    Ok(())
}
