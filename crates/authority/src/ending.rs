//! Ending things: a grant, a log-in, everything of a person or a client, everything before an instant.
//!
//! The one way in which tokens are taken back by more than their own id. An answer means that it is on the
//! disk, that introspection refuses it and that every reader of the feed has been sent it. Never decides
//! whether something is to end.

use claviger_protocol::FamilyEnd;
use claviger_store::{Ended, Ending};
use claviger_token::Verified;

use crate::journal::{By, Event, Kind};
use crate::refusal::Refusal;
use crate::state::State;
use crate::subjects;

/// Ends it everywhere.
pub(crate) async fn end(state: &State, ending: Ending, by: By) -> Result<Ended, Box<Refusal>> {
    let (now, gone) = (state.clock.now(), state.last_token_gone());
    let event = match written_down(&ending, by) {
        Some(event) => Some(about(state, &ending, event, now).await?),
        None => None,
    };
    let ended = state.store.end(ending, now, gone).await?;
    state.revocations.reached(ended.entry.seq).await;
    let Ended { entry, sessions, grants } = &ended;
    if let Some(event) = event {
        state.journal.event(event.with("sessions", *sessions).with("grants", *grants));
    }
    tracing::info!(kind = entry.kind.as_str(), seq = entry.seq, sessions, grants, "ended");
    Ok(ended)
}

/// What ended, for the journal. A grant that ends because a credential was used again is in the alarm.
fn written_down(ending: &Ending, by: By) -> Option<Event> {
    let event = |code: &'static str| by.event(Kind::Revocation, code);
    match ending {
        Ending::Grant { why: FamilyEnd::Reused | FamilyEnd::CodeReplayed, .. } => None,
        Ending::Grant { id, .. } => Some(event("grant-ended").with("grant", id.as_str())),
        // A log-out is an event of its own.
        Ending::Session { offline_stays: true, .. } => None,
        Ending::Session { sid, .. } => Some(event("session-ended").with("session", sid.as_str())),
        Ending::Subject { sub, .. } => Some(event("subject-ended").subject(sub.as_str())),
        Ending::Client { id, .. } => Some(event("client-ended").client(id.as_str())),
        Ending::All { until } => Some(event("everything-ended").with("until", *until)),
    }
}

/// With whose it is, where that is known only before the end.
async fn about(
    state: &State,
    ending: &Ending,
    event: Event,
    now: i64,
) -> Result<Event, Box<Refusal>> {
    Ok(match ending {
        Ending::Grant { id, .. } => match state.store.find_family(id).await? {
            Some(held) => event.client(held.family.client_id).subject(held.family.sub),
            None => event,
        },
        Ending::Session { sid, .. } => match state.store.find_session_by_id(sid, now).await? {
            Some(session) => event.subject(session.sub),
            None => event,
        },
        Ending::Subject { .. } | Ending::Client { .. } | Ending::All { .. } => event,
    })
}

/// Writes down that one token was taken back; `token` where it is at hand.
pub(crate) async fn token_revoked(
    state: &State,
    jti: &str,
    token: Option<&Verified>,
    by: By,
) -> Result<(), Box<Refusal>> {
    let mut event = by.event(Kind::Revocation, "token-revoked").with("jti", jti);
    if let Some(claims) = token.map(Verified::claims) {
        if let Some(client) = claims.client() {
            event = event.client(client);
        }
        if let Some(sub) = claims.subject() {
            // By their own name, not by the one that this client knows them by.
            let person = subjects::person(state, &sub).await?;
            event = event.subject(person.map_or_else(|| sub.into_owned(), |user| user.id));
        }
    }
    state.journal.event(event);
    Ok(())
}

/// The authority itself ends a grant, with every token that came from it.
pub(crate) async fn grant(state: &State, id: &str, why: FamilyEnd) -> Result<(), Box<Refusal>> {
    end(state, Ending::Grant { id: id.to_owned(), why }, By::AUTHORITY).await.map(drop)
}

/// Somebody takes a grant back.
pub(crate) async fn revoke_grant(state: &State, id: &str, by: By) -> Result<(), Box<Refusal>> {
    let ending = Ending::Grant { id: id.to_owned(), why: FamilyEnd::Revoked };
    end(state, ending, by).await.map(drop)
}

/// Ends a log-in with everything that hangs on it, and tells the applications that were part of it.
pub(crate) async fn session(state: &State, sid: &str, by: By) -> Result<(), Box<Refusal>> {
    end(state, Ending::Session { sid: sid.to_owned(), offline_stays: false }, by).await.map(drop)
}

/// The person logs out. What they granted for when they are away goes on (OpenID Connect Core §11, Back-Channel
/// Logout §2.7).
pub(crate) async fn log_out(state: &State, sid: &str, by: By) -> Result<(), Box<Refusal>> {
    end(state, Ending::Session { sid: sid.to_owned(), offline_stays: true }, by).await.map(drop)
}

/// Ends everything that a person has at this moment; what they log in for later is new.
pub(crate) async fn subject(state: &State, sub: &str, by: By) -> Result<(), Box<Refusal>> {
    let until = state.clock.now();
    end(state, Ending::Subject { sub: sub.to_owned(), until }, by).await.map(drop)
}

/// Ends everything that a client has at this moment.
pub(crate) async fn client(state: &State, id: &str, by: By) -> Result<(), Box<Refusal>> {
    let until = state.clock.now();
    end(state, Ending::Client { id: id.to_owned(), until }, by).await.map(drop)
}
