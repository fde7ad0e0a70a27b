//! Ending things: a grant, a log-in, everything of a person or a client, everything before an instant.
//!
//! The one way in which tokens are taken back by more than their own id. An answer means that it is on the
//! disk, that introspection refuses it and that every reader of the feed has been sent it. Never decides
//! whether something is to end.

use claviger_protocol::FamilyEnd;
use claviger_store::{Ended, Ending};

use crate::journal::{Event, Kind};
use crate::refusal::Refusal;
use crate::state::State;

/// Ends it everywhere.
pub(crate) async fn end(state: &State, ending: Ending) -> Result<Ended, Box<Refusal>> {
    let (now, gone) = (state.clock.now(), state.last_token_gone());
    let event = match &ending {
        Ending::Grant { id, .. } => {
            let held = state.store.find_family(id).await?;
            written_down(&ending).map(|event| match held {
                Some(held) => event.client(held.family.client_id).subject(held.family.sub),
                None => event,
            })
        }
        _ => written_down(&ending),
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
fn written_down(ending: &Ending) -> Option<Event> {
    let event = |code: &'static str| Event::new(Kind::Revocation, code);
    match ending {
        Ending::Grant { why: FamilyEnd::Reused, .. } => None,
        Ending::Grant { id, .. } => Some(event("grant-ended").with("grant", id.as_str())),
        // A log-out is an event of its own.
        Ending::Session { offline_stays: true, .. } => None,
        Ending::Session { sid, .. } => Some(event("session-ended").with("session", sid.as_str())),
        Ending::Subject { sub, .. } => Some(event("subject-ended").subject(sub.as_str())),
        Ending::Client { id, .. } => Some(event("client-ended").client(id.as_str())),
        Ending::All { until } => Some(event("everything-ended").with("until", *until)),
    }
}

/// Ends a grant with every token that came from it.
pub(crate) async fn grant(state: &State, id: &str, why: FamilyEnd) -> Result<(), Box<Refusal>> {
    end(state, Ending::Grant { id: id.to_owned(), why }).await.map(drop)
}

/// Ends a log-in with everything that hangs on it, and tells the applications that were part of it.
pub(crate) async fn session(state: &State, sid: &str) -> Result<(), Box<Refusal>> {
    end(state, Ending::Session { sid: sid.to_owned(), offline_stays: false }).await.map(drop)
}

/// The person logs out. What they granted for when they are away goes on (OpenID Connect Core §11, Back-Channel
/// Logout §2.7).
pub(crate) async fn log_out(state: &State, sid: &str) -> Result<(), Box<Refusal>> {
    end(state, Ending::Session { sid: sid.to_owned(), offline_stays: true }).await.map(drop)
}

/// Ends everything that a person has at this moment; what they log in for later is new.
pub(crate) async fn subject(state: &State, sub: &str) -> Result<(), Box<Refusal>> {
    let until = state.clock.now();
    end(state, Ending::Subject { sub: sub.to_owned(), until }).await.map(drop)
}

/// Ends everything that a client has at this moment.
pub(crate) async fn client(state: &State, id: &str) -> Result<(), Box<Refusal>> {
    let until = state.clock.now();
    end(state, Ending::Client { id: id.to_owned(), until }).await.map(drop)
}
