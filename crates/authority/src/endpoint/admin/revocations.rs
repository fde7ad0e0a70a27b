//! `/admin/v1/revocations`: what was revoked, and revoking anything: a token at hand, a token by its id,
//! everything of a grant, a session, a subject or a client, or everything up to an instant.

use std::borrow::Cow;

use claviger_protocol::FamilyEnd;
use claviger_store::Ending;
use claviger_token::revocation::{EVERYTHING, Entry, Kind};
use claviger_token::{Verified, base64url};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::refused;
use crate::call::{Answer, Call, clipped};
use crate::ending;
use crate::journal::By;
use crate::own_token;
use crate::refusal::Refusal;
use crate::render;

/// Longer than any id that a token of ours carries.
const LONGEST_VALUE: usize = 1000;

#[derive(Serialize)]
struct View {
    seq: u64,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    hash: String,
    until: Option<i64>,
    expires: i64,
}

impl View {
    fn new(entry: &Entry, value: Option<String>) -> Self {
        Self {
            seq: entry.seq,
            kind: entry.kind.as_str(),
            value,
            hash: base64url::encode(entry.hash),
            until: entry.until,
            expires: entry.expires,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    token: Option<String>,
    kind: Option<DraftKind>,
    value: Option<String>,
    until: Option<i64>,
}

/// Keys are withdrawn at `/admin/v1/keys`, which also takes them out of the key set.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DraftKind {
    Token,
    Grant,
    Session,
    Subject,
    Client,
    All,
}

/// What is to be revoked.
enum Wanted {
    Token(String, Option<Verified>),
    Ending(Ending),
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let after = match page.after.as_deref() {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Refusal::new(StatusCode::BAD_REQUEST, "query-refused")
                .detail(format!("`after` is `{}`", clipped(text)))
                .fix("send `next` of the page before, a number")
        })?,
    };
    let found = call.state.store.list_revocations(after, page.fetch()).await?;
    let list = page.list(
        found,
        |revoked| revoked.entry.seq.to_string(),
        |revoked| View::new(&revoked.entry, Some(revoked.value)),
    );
    Ok(render::json(StatusCode::OK, &list))
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let draft: Draft = call.json().await?;
    let state = &call.state;
    let (wanted, value) = wanted(&call, draft)?;
    let entry = match wanted {
        Wanted::Token(id, token) => {
            let entry = state.store.revoke(Kind::Token, &id, None, state.last_token_gone()).await?;
            ending::token_revoked(state, &id, token.as_ref(), By::administrator(&call)).await?;
            state.revocations.reached(entry.seq).await;
            entry
        }
        Wanted::Ending(ending) => ending::end(state, ending, By::administrator(&call)).await?.entry,
    };
    tracing::info!(kind = entry.kind.as_str(), seq = entry.seq, "the administrator revoked");
    Ok(render::json(StatusCode::CREATED, &View::new(&entry, Some(value))))
}

/// Reads a draft; and the value that the answer names.
fn wanted(call: &Call, draft: Draft) -> Result<(Wanted, String), Box<Refusal>> {
    let now = call.state.clock.now();
    if let (Some(token), None, None, None) = (&draft.token, draft.kind, &draft.value, draft.until) {
        let token = own_token::verified(&call.state, token);
        let id = token.as_ref().and_then(|token| token.claims().id().map(Cow::into_owned));
        return match id {
            Some(id) => Ok((Wanted::Token(id.clone(), token), id)),
            None => Err(refused(
                "token",
                "it is no living access token of this authority".to_owned(),
                "a token that has expired or is another issuer's needs no revocation here",
            )),
        };
    }
    let (None, Some(kind)) = (&draft.token, draft.kind) else {
        return Err(refused(
            "kind",
            "the body names neither a token alone nor a kind".to_owned(),
            "send {\"token\": …}, {\"kind\": …, \"value\": …} or {\"kind\": \"all\", \"until\": …}",
        ));
    };
    let timed = matches!(kind, DraftKind::Subject | DraftKind::Client | DraftKind::All);
    let until = match draft.until {
        None => now,
        Some(_) if !timed => {
            let problem = "a token, a grant or a session is revoked whole".to_owned();
            return Err(refused("until", problem, "leave `until` out"));
        }
        // What does not exist yet cannot be revoked; a mistaken unit would close the authority for years.
        Some(until) if until > now => {
            let problem = format!("{until} lies in the future; it is {now}");
            return Err(refused("until", problem, "send Unix seconds up to now"));
        }
        Some(until) => until,
    };
    let value = match (kind, draft.value) {
        (DraftKind::All, None) => EVERYTHING.to_owned(),
        (DraftKind::All, Some(_)) => {
            let problem = "everything has no value".to_owned();
            return Err(refused("value", problem, "leave `value` out"));
        }
        (_, value) => value.unwrap_or_default(),
    };
    if value.is_empty() || value.len() > LONGEST_VALUE {
        return Err(refused(
            "value",
            format!("it is {} bytes long", value.len()),
            format!("send the jti, grant_id, sid, sub or client_id: 1 to {LONGEST_VALUE} bytes"),
        ));
    }
    let id = value.clone();
    let wanted = Wanted::Ending(match kind {
        DraftKind::Token => return Ok((Wanted::Token(id, None), value)),
        DraftKind::Grant => Ending::Grant { id, why: FamilyEnd::Revoked },
        DraftKind::Session => Ending::Session { sid: id, offline_stays: false },
        // Who is revoked now may get new tokens later.
        DraftKind::Subject => Ending::Subject { sub: id, until },
        DraftKind::Client => Ending::Client { id, until },
        DraftKind::All => Ending::All { until },
    });
    Ok((wanted, value))
}
