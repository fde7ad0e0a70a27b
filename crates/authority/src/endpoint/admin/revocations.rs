//! `/admin/v1/revocations`: what was revoked, and revoking anything: a token at hand, or everything of
//! a token id, a session, a subject or a client.

use claviger_token::base64url;
use claviger_token::revocation::{Entry, Kind};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::refused;
use crate::call::{Answer, Call, clipped};
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
}

/// Keys are withdrawn at `/admin/v1/keys`, which also takes them out of the key set.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DraftKind {
    Token,
    Session,
    Subject,
    Client,
}

impl From<DraftKind> for Kind {
    fn from(kind: DraftKind) -> Self {
        match kind {
            DraftKind::Token => Self::Token,
            DraftKind::Session => Self::Session,
            DraftKind::Subject => Self::Subject,
            DraftKind::Client => Self::Client,
        }
    }
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
    let gone = state.last_token_gone();
    let (kind, value, until) = match (draft.token, draft.kind, draft.value) {
        (Some(token), None, None) => {
            let id = own_token::verified(state, &token)
                .and_then(|verified| verified.claims().id().map(std::borrow::Cow::into_owned));
            let Some(id) = id else {
                return Err(refused(
                    "token",
                    "it is no living access token of this authority".to_owned(),
                    "a token that has expired or is another issuer's needs no revocation here",
                ));
            };
            (Kind::Token, id, None)
        }
        (None, Some(kind), Some(value)) => {
            if value.is_empty() || value.len() > LONGEST_VALUE {
                return Err(refused(
                    "value",
                    format!("it is {} bytes long", value.len()),
                    format!("send the jti, sid, sub or client_id: 1 to {LONGEST_VALUE} bytes"),
                ));
            }
            // Who is revoked now may get new tokens later; an id of a token or session never returns.
            let until = match kind {
                DraftKind::Subject | DraftKind::Client => Some(state.clock.now()),
                DraftKind::Token | DraftKind::Session => None,
            };
            (Kind::from(kind), value, until)
        }
        _ => {
            return Err(refused(
                "kind",
                "the body names neither a token alone nor a kind and its value".to_owned(),
                "send {\"token\": …} or {\"kind\": …, \"value\": …}",
            ));
        }
    };
    // A session that is revoked gives no new tokens either.
    if kind == Kind::Session {
        state.store.end_session(&value, state.clock.now()).await?;
    }
    let entry = state.store.revoke(kind, &value, until, gone).await?;
    state.revocations.reached(entry.seq).await;
    tracing::info!(kind = kind.as_str(), seq = entry.seq, "the administrator revoked");
    Ok(render::json(StatusCode::CREATED, &View::new(&entry, Some(value))))
}
