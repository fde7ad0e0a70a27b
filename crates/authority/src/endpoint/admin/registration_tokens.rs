//! `/admin/v1/registration-tokens`: the operator's leave to register clients (RFC 7591 §3, initial access tokens).
//!
//! A token is shown in the answer that makes it and nowhere else.

use claviger_protocol::InitialAccess;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::{located, present, refused, unknown};
use crate::call::{Answer, Call};
use crate::credential;
use crate::random;
use crate::render;

/// A week: registration is a step of setting something up.
const USUAL_SECONDS: u64 = 7 * 86_400;
const MOST_SECONDS: u64 = 366 * 86_400;
const LEAST_SECONDS: u64 = 60;
const MOST_USES: u32 = 1_000_000;
const LONGEST_NOTE: usize = 200;

/// A token with itself, this once.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    record: &'a InitialAccess,
    token: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    #[serde(default)]
    note: String,
    expires_in_seconds: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    uses: Option<Option<u32>>,
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let found = call.state.store.list_initial_access(page.after.as_deref(), page.fetch()).await?;
    let list = page.list(found, |token| token.id.clone(), |token| token);
    Ok(render::json(StatusCode::OK, &list))
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let draft: Draft = call.json().await?;
    let seconds = draft.expires_in_seconds.unwrap_or(USUAL_SECONDS);
    if !(LEAST_SECONDS..=MOST_SECONDS).contains(&seconds) {
        return Err(refused(
            "expires_in_seconds",
            format!("{seconds} is out of range"),
            format!("choose {LEAST_SECONDS} to {MOST_SECONDS}"),
        ));
    }
    let uses = draft.uses.unwrap_or(Some(1));
    if uses.is_some_and(|uses| !(1..=MOST_USES).contains(&uses)) {
        let problem = "it is out of range".to_owned();
        return Err(refused("uses", problem, format!("choose 1 to {MOST_USES}, or null")));
    }
    if draft.note.chars().count() > LONGEST_NOTE || draft.note.chars().any(char::is_control) {
        let problem = "it is too long or has a control character".to_owned();
        return Err(refused("note", problem, format!("use up to {LONGEST_NOTE} characters")));
    }
    let now = call.state.clock.now();
    let token = credential::mint(credential::INITIAL_ACCESS)?;
    let id = random::alphanumeric(12)?;
    let record = InitialAccess {
        id: format!("iat_{}", *id),
        note: draft.note,
        created_at: now,
        expires_at: now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
        uses_left: uses,
        used: 0,
    };
    let digest = credential::digest(token.expose());
    call.state.store.create_initial_access(digest, record.clone()).await?;
    tracing::info!(id = record.id, "a registration token was made");
    let made = Made { record: &record, token: token.expose() };
    let reply = render::json(StatusCode::CREATED, &made);
    Ok(located(reply, &call, "registration-tokens", &record.id))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.place("id");
    if !call.state.store.delete_initial_access(id).await? {
        return Err(unknown(
            "registration-token-unknown",
            "registration token",
            id,
            "`claviger registration-token list` (`GET /admin/v1/registration-tokens`) lists those there are",
        ));
    }
    tracing::info!(id, "a registration token was ended");
    Ok(render::empty(StatusCode::NO_CONTENT))
}
