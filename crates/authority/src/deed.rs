//! What an administrator changed, for the journal: by the table of routes, so that no handler can forget it.

use std::net::IpAddr;
use std::sync::Arc;

use http::{Method, header};

use crate::call::{Call, Reply, Trail};
use crate::journal::{Event, Kind};
use crate::routes::{Answering, Operation};
use crate::state::State;

/// A change that is asked for.
pub(crate) struct Deed {
    state: Arc<State>,
    code: String,
    places: Vec<(String, String)>,
    address: Option<IpAddr>,
    trail: Trail,
}

impl Deed {
    /// None where nothing is changed, or nobody has to be asked.
    pub(crate) fn of(operation: &Operation, call: &Call) -> Option<Self> {
        let described = operation.described.as_ref()?;
        if !described.guarded || operation.method == Method::GET {
            return None;
        }
        Some(Self {
            state: Arc::clone(&call.state),
            code: kebab(described.id),
            places: call.places.clone(),
            address: call.peer(),
            trail: call.trail.clone(),
        })
    }

    fn event(self, reply: &Reply) -> Event {
        let mut event = Event::new(Kind::Administration, self.code).address(self.address);
        let made = reply.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let made = made.and_then(|location| {
            let (above, id) = location.rsplit_once('/')?;
            let name = match above.rsplit('/').next()? {
                "users" => "user",
                "clients" => "client_id",
                _ => "made",
            };
            Some((name.to_owned(), id.to_owned()))
        });
        for (name, value) in self.places.into_iter().chain(made) {
            event = match name.as_str() {
                "user" => event.subject(value),
                "client_id" => event.client(value),
                _ => event.with(&name, value),
            };
        }
        let members = self.trail.members();
        if !members.is_empty() {
            event = event.with("members", members);
        }
        event.by("administrator")
    }
}

/// A handler whose success is written down, also where nobody waits for its answer any more.
pub(crate) fn written_down(deed: Option<Deed>, handler: Answering) -> Answering {
    let Some(deed) = deed else { return handler };
    Box::pin(async move {
        let answer = handler.await;
        if let Ok(reply) = &answer
            && reply.status().is_success()
        {
            let journal = Arc::clone(&deed.state.journal);
            journal.event(deed.event(reply));
        }
        answer
    })
}

fn kebab(id: &str) -> String {
    let mut out = String::with_capacity(id.len() + 4);
    for c in id.chars() {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
