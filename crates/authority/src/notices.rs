//! Telling applications that a log-in has ended (OpenID Connect Back-Channel Logout 1.0): a bounded number at a
//! time, each with a time limit, again and again for about a day, and across restarts.
//!
//! Sends to addresses that were registered, over https or to this machine, follows no redirect and reads no answer.
//! What a client registered by itself has to lie on the public Internet.
//! Never decides who is told or when it is given up (`claviger_store`, `claviger_protocol::next_attempt`).

use std::sync::Arc;
use std::time::Duration;

use claviger_guard::fetch::{FetchRules, Fetcher};
use claviger_protocol::{LOGOUT_TOKEN_TYPE, LogoutClaims, next_attempt};
use claviger_store::{Notice, StoreError};
use futures_util::future::join_all;

use crate::journal::{By, Kind};
use crate::random;
use crate::state::State;

/// For everything up to the status of the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Sent at the same time. A receiver that does not answer holds one place for the time limit.
const AT_ONCE: usize = 8;
/// Read from the queue at a time.
const BATCH: u32 = 64;
/// How often the queue is looked at when nothing was ended here.
const LOOK: Duration = Duration::from_secs(1);

/// Who carries the notices.
struct Messengers {
    /// To addresses that the operator set.
    anywhere: Fetcher,
    /// To addresses that clients set.
    outside: Fetcher,
}

impl Messengers {
    fn new(danger_allow_loopback: bool) -> Self {
        let rules = |public_only| FetchRules {
            timeout: ANSWER_WITHIN,
            public_only,
            danger_allow_loopback,
            ..FetchRules::default()
        };
        Self { anywhere: Fetcher::new(rules(false)), outside: Fetcher::new(rules(true)) }
    }
}

/// Sends what is due until the authority ends.
pub(crate) async fn send(state: Arc<State>) {
    let http = Messengers::new(state.config.registration.danger_client_addresses_on_loopback);
    let mut ticks = state.clock.ticks(LOOK);
    loop {
        tokio::select! {
            () = ticks.next() => {}
            () = state.ending.cancelled() => return,
        }
        loop {
            let round = tokio::select! {
                round = round(&state, &http) => round,
                // What was under way is sent again after the next start: receivers know a repeated end.
                () = state.ending.cancelled() => return,
            };
            match round {
                Ok(BATCH..) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, "log-outs cannot be told; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Sends what is due now; how many there were.
async fn round(state: &State, http: &Messengers) -> Result<u32, StoreError> {
    let due = state.store.due_notices(state.clock.now(), BATCH).await?;
    let count = u32::try_from(due.len()).unwrap_or(u32::MAX);
    for some in due.chunks(AT_ONCE) {
        let sending = some.iter().map(|notice| deliver(state, http, notice.clone()));
        for done in join_all(sending).await {
            done?;
        }
    }
    Ok(count)
}

async fn deliver(state: &State, http: &Messengers, notice: Notice) -> Result<(), StoreError> {
    let Notice { id, client_id, sid, .. } = &notice;
    let failure = match tell(state, http, &notice).await? {
        Told::Taken => {
            tracing::info!(client_id, sid, "the client was told of a log-out");
            written_down(state, &notice, "client-told", None);
            return state.store.drop_notice(*id).await;
        }
        // Removed, or it does not want to know any more.
        Told::Nobody => return state.store.drop_notice(*id).await,
        Told::Failed(reason) => reason,
    };
    let attempts = notice.attempts.saturating_add(1);
    match next_attempt(attempts, state.clock.now()) {
        Some(due) => {
            tracing::warn!(client_id, sid, attempts, reason = failure, "a log-out was not taken");
            state.store.postpone_notice(*id, due).await
        }
        None => {
            written_down(state, &notice, "client-not-told", Some(&failure));
            tracing::error!(
                client_id,
                sid,
                attempts,
                reason = failure,
                "a client could not be told of a log-out, and is not tried again; check its `backchannel_logout_uri`"
            );
            state.store.drop_notice(*id).await
        }
    }
}

/// What became of a notice in the end, for the journal.
fn written_down(state: &State, notice: &Notice, code: &'static str, reason: Option<&str>) {
    let event = By::AUTHORITY.event(Kind::LogOut, code).client(notice.client_id.as_str());
    let event = event.subject(notice.sub.as_str()).with("session", notice.sid.as_str());
    let event = event.with("attempts", notice.attempts.saturating_add(1));
    state.journal.event(match reason {
        Some(reason) => event.with("reason", reason),
        None => event,
    });
}

enum Told {
    Taken,
    Nobody,
    Failed(String),
}

async fn tell(state: &State, http: &Messengers, notice: &Notice) -> Result<Told, StoreError> {
    let Some(client) = state.client(&notice.client_id).await? else { return Ok(Told::Nobody) };
    let Some(uri) = client.backchannel_logout_uri.as_deref() else { return Ok(Told::Nobody) };
    let failed = |reason: &str| Ok(Told::Failed(reason.to_owned()));
    let Ok(sub) = state.subjects.seen_by(&client, &notice.sub) else {
        return failed("the client has no sector");
    };
    let Ok(jti) = random::token_id() else { return failed("no randomness") };
    let (issuer, now) = (&state.issuer.text, state.clock.now());
    let claims = LogoutClaims::new(issuer, &client.id, sub, notice.sid.clone(), now, jti);
    // As its ID tokens are: that is what it verifies (§2.4).
    let algorithm = client.id_token_signed_response_alg.as_deref();
    let Ok(token) = state.keyring.sign(algorithm, LOGOUT_TOKEN_TYPE, &claims) else {
        return failed("no key signs");
    };
    let messenger = if client.registered.is_some() { &http.outside } else { &http.anywhere };
    // A compact JWS needs no escaping in a form.
    match messenger.post_form(uri, format!("logout_token={token}")).await {
        Err(error) => Ok(Told::Failed(error.reason)),
        // §2.8: 200; some frameworks answer 204 where there is no body.
        Ok(200..=299) => Ok(Told::Taken),
        Ok(status) => Ok(Told::Failed(format!("status {status}"))),
    }
}
