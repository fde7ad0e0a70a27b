//! `/admin/v1/keys`: the signing keys, a rotation ahead of time, and the withdrawal of a key that may
//! have leaked.

use claviger_protocol::{KeyRecord, KeyState, WithdrawError};
use claviger_token::revocation::Kind;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::unknown;
use crate::call::{Answer, Call, clipped};
use crate::keyring::KeyringError;
use crate::refusal::Refusal;
use crate::render;

#[derive(Serialize)]
struct View<'a> {
    kid: &'a str,
    algorithm: &'a str,
    state: &'static str,
    created_at: i64,
    activates_at: i64,
    retires_at: Option<i64>,
    removed_at: Option<i64>,
}

impl<'a> From<&'a KeyRecord> for View<'a> {
    fn from(record: &'a KeyRecord) -> Self {
        Self {
            kid: &record.kid,
            algorithm: &record.algorithm,
            state: record.state.as_str(),
            created_at: record.created_at,
            activates_at: record.activates_at,
            retires_at: record.retires_at,
            removed_at: record.removed_at,
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let ring = call.state.keyring.load();
    let items: Vec<View<'_>> = ring.records.iter().map(View::from).collect();
    Ok(render::json(StatusCode::OK, &json!({ "items": items })))
}

/// Answers with the key that will sign; a rotation that is on its way already is answered the same.
/// `algorithm` in the query names the ring; without it the default's turns.
pub(crate) async fn rotate(call: Call) -> Answer {
    let keyring = &call.state.keyring;
    let algorithm = rotated(&call)?;
    keyring.rotate(&algorithm, call.state.clock.now()).await?;
    let ring = keyring.load();
    let next = ring
        .records
        .iter()
        .find(|record| record.state == KeyState::Next && record.algorithm == algorithm);
    match next {
        Some(next) => Ok(render::json(StatusCode::OK, &View::from(next))),
        None => Err(Refusal::unavailable("keys-unchanged", "no successor stands").into()),
    }
}

fn rotated(call: &Call) -> Result<String, Box<Refusal>> {
    let settings = call.state.keyring.settings();
    let query = call.parts.uri.query().unwrap_or_default();
    let mut asked = url::form_urlencoded::parse(query.as_bytes());
    let Some((name, value)) = asked.next() else { return Ok(settings.algorithm.clone()) };
    if name == "algorithm" && asked.next().is_none() && settings.is_on(&value) {
        return Ok(value.into_owned());
    }
    let on: Vec<&str> = settings.algorithms().collect();
    let refusal = Refusal::new(StatusCode::BAD_REQUEST, "query-refused");
    let refusal = if name == "algorithm" {
        refusal
            .detail(format!("nothing is signed with `{}` here", clipped(&value)))
            .fix(format!("name one of: {}; or add it to `signing.also`", on.join(", ")))
    } else {
        refusal
            .detail(format!("the query has `{}`", clipped(&name)))
            .fix(format!("send no query, or `algorithm` with one of: {}", on.join(", ")))
    };
    Err(refusal.into())
}

pub(crate) async fn withdraw(call: Call) -> Answer {
    let state = &call.state;
    let kid = call.place("kid");
    let now = state.clock.now();
    let refused = |error: &WithdrawError| match error {
        WithdrawError::Unknown => unknown(
            "key-unknown",
            "key",
            kid,
            "`claviger key list` (`GET /admin/v1/keys`) lists those there are",
        ),
        WithdrawError::Gone => Refusal::new(StatusCode::CONFLICT, "key-gone")
            .detail(format!("the key `{}` is out of the key set already", clipped(kid)))
            .fix("nothing is left to do")
            .into(),
    };
    state.keyring.may_withdraw(kid, now).map_err(|error| refused(&error))?;
    // The feed first: if this breaks off in the middle, the key signs on, nobody accepts what it
    // signs, and asking again finishes the work. The other way round a leaked key would stay good.
    let entry = state.store.revoke(Kind::Key, kid, None, state.last_token_gone()).await?;
    match state.keyring.withdraw(kid, now).await {
        Err(KeyringError::Withdraw(error)) => return Err(refused(&error)),
        other => other?,
    }
    state.revocations.reached(entry.seq).await;
    tracing::warn!(kid, "a signing key was withdrawn; every token under it is refused from now on");
    let ring = state.keyring.load();
    let gone = ring.records.iter().find(|record| record.kid == kid);
    let active = gone
        .and_then(|gone| ring.signer(Some(&gone.algorithm)))
        .or_else(|| ring.signer(None))
        .map(claviger_token::SigningKey::kid);
    Ok(render::json(StatusCode::OK, &json!({ "withdrawn": kid, "active": active })))
}
