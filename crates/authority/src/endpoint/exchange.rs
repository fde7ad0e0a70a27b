//! Token exchange at `/token` (RFC 8693): an API calls the next one in its caller's name.
//!
//! Loads both tokens and both APIs; what comes of them is `claviger_protocol::exchange`. Nothing is stored but an entry
//! of the journal: the new token ends with the session of the one it came from, and never later than that one.

use claviger_protocol::{
    ACCESS_TOKEN_TYPE, ClaimPlace, Client, Confirmation, Exchange, ExchangeFacts, Form,
    ISSUED_TOKEN_TYPE, OauthCode, OauthFault, TokenAnswer, custom_claims, exchange,
    exchange_target, exchange_token_refused, token_type,
};
use claviger_token::Verified;
use http::StatusCode;

use crate::call::{Answer, Call};
use crate::endpoint::token::{placed, token_id};
use crate::journal::{By, Kind};
use crate::own_token;
use crate::render;
use crate::state::State;
use crate::subjects;

pub(crate) async fn exchanged(
    call: &Call,
    form: &Form,
    client: &Client,
    cnf: Option<&Confirmation>,
) -> Answer {
    let state = &call.state;
    let asked = Exchange::read(form)?;
    let unusable = || exchange_token_refused("subject_token");
    let subject = living(state, asked.subject_token).ok_or_else(unusable)?;
    let actor = match asked.actor_token {
        Some(token) => {
            Some(living(state, token).ok_or_else(|| exchange_token_refused("actor_token"))?)
        }
        None => None,
    };
    let audiences = subject.claims().audiences();
    let [audience] = audiences.as_slice() else { return Err(unusable().into()) };
    let Some(subject_resource) = state.resource(audience).await? else {
        return Err(unusable().into());
    };
    let target = exchange_target(&asked, client, audience)?;
    let Some(target) = state.resource(target).await? else {
        return Err(OauthFault::new(
            OauthCode::InvalidTarget,
            "resource-unknown",
            "the API that is asked for is not registered any more",
        )
        .fix("the operator registers it again, or takes it from the client")
        .into());
    };
    // A user's token: they must still be somebody here.
    let claims = subject.claims();
    let of_a_user = claims.session().is_some() || claims.members().contains("grant_id");
    let user = match claims.subject().filter(|_| of_a_user) {
        Some(sub) => subjects::person(state, &sub).await?.filter(|user| !user.disabled),
        None => None,
    };
    if of_a_user && user.is_none() {
        return Err(unusable().into());
    }
    let facts = ExchangeFacts {
        client,
        subject: &subject,
        subject_resource: &subject_resource,
        actor: actor.as_ref(),
        target: &target,
        issuer: &state.issuer.text,
        cnf,
        default_ttl: state.config.tokens.access_ttl_seconds,
        max_ttl: state.config.tokens.access_ttl_max_seconds,
    };
    let (mut claims, expires_in) = exchange(facts, &asked, state.clock.now(), token_id()?)?;
    let algorithm = target.signing_alg.as_deref();
    if let Some(user) = &user {
        // What the API is told of a person follows from the new scope.
        let own = target.claims.iter().chain(&client.claims);
        let scope = claims.scope.as_deref().unwrap_or_default();
        (claims.custom, _) = custom_claims(own, user, scope, ClaimPlace::AccessToken);
    }
    if client.status_list {
        claims.status = Some(placed(state, &claims, algorithm).await?);
    }
    let token = state.keyring.sign(algorithm, ACCESS_TOKEN_TYPE, &claims)?;
    let answer = TokenAnswer {
        issued_token_type: Some(ISSUED_TOKEN_TYPE),
        scope: claims.scope.as_deref().unwrap_or_default(),
        ..TokenAnswer::new(&token, token_type(cnf), expires_in)
    };
    state.metrics.token_issued("token_exchange");
    let event = By::client(call).event(Kind::Grant, "token-exchanged").client(client.id.as_str());
    let event = match (&user, subject.claims().subject()) {
        (Some(user), _) => event.subject(user.id.as_str()),
        (None, Some(sub)) => event.subject(sub),
        (None, None) => event,
    };
    state.journal.event(
        event
            .with("of", audience.as_ref())
            .with("resource", target.uri.as_str())
            .with("scope", claims.scope.as_deref()),
    );
    tracing::debug!(client_id = client.id, jti = claims.jti, "a token was exchanged");
    Ok(render::json(StatusCode::OK, &answer))
}

/// An access token of ours that lives and was not revoked.
fn living(state: &State, token: &str) -> Option<Verified> {
    own_token::verified(state, token).filter(|token| !state.revocations.touches(token))
}
