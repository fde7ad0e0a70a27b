//! `/account`: somebody sees what is theirs and changes it: log-ins, applications, password, second factors.
//!
//! Every form is for one session. What would let a thief of a session stay in needs more: `factors` a fresh log-in, the
//! password the old one.

mod factors;

use claviger_protocol::{Form, Secret, User, check_password};
use claviger_store::LoginSession;
use claviger_web::{AccountPage, Application, LogIn, PasskeyEntry};
use http::StatusCode;

pub(crate) use self::factors::{passkeys, recovery, totp};
use super::log_in::{self, Goal, begin, password_is_right, wait_words};
use super::logout::LOG_OUT;
use super::people::{STALE_FORM, form_is_stale, form_page, redirected, session};
use crate::call::{Answer, Call};
use crate::ending;
use crate::guesses::Guess;
use crate::journal::{By, Kind};
use crate::refusal::Refusal;

const ACCOUNT: &str = "/account";

/// Somebody with a form of theirs.
struct Acting {
    session: LoginSession,
    user: User,
    form: Form,
}

/// Whose form it is; or the answer that says why it is nobody's.
async fn acting(call: &mut Call) -> Result<Result<Acting, Answer>, Box<Refusal>> {
    let form = Form::parse(&call.form().await?)?;
    let Some((session, user)) = session(call).await? else {
        return Ok(Err(log_in_first(call, "", None)));
    };
    if !call.state.browsers.proves(call, &purpose(&session), form.get("proof")) {
        form_is_stale(call, "account");
        let told = Told { problem: Some(STALE_FORM), ..Told::default() };
        return Ok(Err(page(call, &session, &user, StatusCode::BAD_REQUEST, told).await));
    }
    Ok(Ok(Acting { session, user, form }))
}

/// Proofs are for one session: one that was ended takes its forms with it.
fn purpose(session: &LoginSession) -> String {
    format!("account {}", session.sid)
}

fn log_in_first(call: &Call, username: &str, problem: Option<&str>) -> Answer {
    log_in::page(call, &Goal::Own(ACCOUNT.to_owned()), username, StatusCode::OK, problem)
}

/// Back to the page, with a word about what was done.
fn done(call: &Call, word: &str) -> Answer {
    Ok(redirected(&format!("{}{ACCOUNT}?done={word}", call.state.issuer.path)))
}

/// The words are ours alone: what stands in an address could be anybody's.
fn done_words(word: &str) -> Option<&'static str> {
    Some(match word {
        "session" => "That log-in has ended.",
        "sessions" => "All your other log-ins have ended.",
        "application" => "The application may do nothing for you any more.",
        "password" => "Your password is changed. Your other log-ins have ended.",
        "totp" => "The authenticator app is set up.",
        "totp-removed" => "The authenticator app is removed.",
        "passkey" => "The passkey is added.",
        "passkey-renamed" => "The passkey has its new name.",
        "passkey-removed" => "The passkey is removed.",
        _ => return None,
    })
}

/// `GET /account`.
pub(crate) async fn show(call: Call) -> Answer {
    let Some((session, user)) = session(&call).await? else {
        return log_in_first(&call, "", None);
    };
    let query = call.parts.uri.query().unwrap_or_default();
    let word = query.strip_prefix("done=").unwrap_or_default();
    let told = Told { done: done_words(word), ..Told::default() };
    page(&call, &session, &user, StatusCode::OK, told).await
}

/// What the page says beside what stands there.
#[derive(Clone, Copy, Default)]
struct Told<'a> {
    done: Option<&'a str>,
    problem: Option<&'a str>,
    password_problem: Option<&'a str>,
}

async fn page(
    call: &Call,
    session: &LoginSession,
    user: &User,
    status: StatusCode,
    told: Told<'_>,
) -> Answer {
    let state = &call.state;
    let sessions = state.store.list_sessions(&user.id, state.clock.now()).await?;
    let consents = state.store.list_consents(&user.id).await?;
    let factors = state.store.find_factors(&user.id).await?;
    let mut names = Vec::with_capacity(consents.len());
    for consent in &consents {
        let client = state.client(&consent.client).await?;
        names.push(client.map_or_else(|| consent.client.clone(), |client| client.name.clone()));
    }
    let applications: Vec<Application<'_>> = consents
        .iter()
        .zip(&names)
        .map(|(consent, name)| Application {
            client: &consent.client,
            name: if name.is_empty() { &consent.client } else { name },
            resource: &consent.resource,
            scope: &consent.scope,
            at: consent.at,
        })
        .collect();
    // That of this page first, however many there are.
    let others = sessions.iter().filter(|one| one.sid != session.sid);
    let log_ins: Vec<LogIn<'_>> = std::iter::once(session)
        .chain(others)
        .map(|one| LogIn {
            sid: &one.sid,
            browser: &one.browser,
            started: one.started,
            auth_time: one.auth_time,
            current: one.sid == session.sid,
        })
        .collect();
    let passkeys: Vec<PasskeyEntry<'_>> = factors
        .passkeys
        .iter()
        .map(|passkey| PasskeyEntry {
            id: &passkey.id,
            name: &passkey.name,
            created_at: passkey.created_at,
            used_at: passkey.used_at,
            synced: passkey.backup_eligible,
        })
        .collect();
    let mark = state.browsers.mark(call)?;
    let page = AccountPage {
        site: &state.site,
        username: &user.username,
        name: user.name.as_deref(),
        email: user.email.as_deref(),
        done: told.done,
        problem: told.problem,
        password_problem: told.password_problem,
        proof: &state.browsers.proof(&mark, &purpose(session)),
        log_out_proof: &state.browsers.proof(&mark, LOG_OUT),
        log_ins: &log_ins,
        applications: &applications,
        totp: factors.totp.as_ref().map(|totp| totp.created_at),
        passkeys: &passkeys,
        passkeys_possible: state.second_factors.passkey_site().is_some(),
        recovery_codes: factors.kinds().any().then_some(factors.recovery_codes),
    };
    form_page(call, &mark, status, page.html(), "")
}

/// `POST /account/sessions`: one log-in ends, or all but this one.
pub(crate) async fn sessions(mut call: Call) -> Answer {
    let Acting { session, user, form } = match acting(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    let state = &call.state;
    if form.get("action") == Some("others") {
        end_others(&call, &session, &user).await?;
        return done(&call, "sessions");
    }
    let sid = form.get("sid").unwrap_or_default();
    let own = state.store.list_sessions(&user.id, state.clock.now()).await?;
    if own.iter().any(|one| one.sid == sid) {
        ending::session(state, sid, By::user(&call)).await?;
        tracing::info!(sub = user.id, sid, "somebody ended a log-in of theirs");
    }
    done(&call, "session")
}

/// What somebody changed about their own account, for the journal.
fn written_down(call: &Call, user: &User, code: &'static str, client: Option<&str>) {
    let event = By::user(call).event(Kind::Account, code).subject(user.id.as_str());
    call.state.journal.event(match client {
        Some(client) => event.client(client),
        None => event,
    });
}

async fn end_others(call: &Call, session: &LoginSession, user: &User) -> Result<(), Box<Refusal>> {
    let state = &call.state;
    // A page of them at a time, until there are none: an account that somebody else uses may have many.
    loop {
        let own = state.store.list_sessions(&user.id, state.clock.now()).await?;
        let others: Vec<_> = own.iter().filter(|one| one.sid != session.sid).collect();
        if others.is_empty() {
            return Ok(());
        }
        for other in others {
            ending::session(state, &other.sid, By::user(call)).await?;
        }
    }
}

/// `POST /account/applications`: what was allowed is taken back, with what came of it.
pub(crate) async fn applications(mut call: Call) -> Answer {
    let Acting { user, form, .. } = match acting(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    let client = form.get("client").unwrap_or_default();
    let grants = call.state.store.withdraw_consent(&user.id, client).await?;
    for grant in grants {
        ending::revoke_grant(&call.state, &grant, By::user(&call)).await?;
    }
    written_down(&call, &user, "consent-withdrawn", Some(client));
    tracing::info!(sub = user.id, client_id = client, "somebody took back what they had allowed");
    done(&call, "application")
}

/// `POST /account/password`.
pub(crate) async fn password(mut call: Call) -> Answer {
    let Acting { session, user, form } = match acting(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    let state = &call.state;
    let refused = async |problem: String| {
        let status = StatusCode::FORBIDDEN;
        let told = Told { password_problem: Some(&problem), ..Told::default() };
        page(&call, &session, &user, status, told).await
    };
    let new = Secret::new(form.get("new").unwrap_or_default().to_owned());
    if Some(new.expose()) != form.get("again") {
        return refused("The two new passwords are not the same.".to_owned()).await;
    }
    if let Err(invalid) = check_password(new.expose(), &user.username) {
        return refused(format!("The new password cannot be taken: {}.", invalid.problem)).await;
    }
    let attempt = match begin(&call, Guess::Password, &user.username) {
        Ok(attempt) => attempt,
        Err(wait) => return refused(wait_words(wait)).await,
    };
    let old = form.get("old").unwrap_or_default();
    match password_is_right(&call, &user.username, Some(&user), old).await {
        Ok(true) => state.guesses.succeeded(attempt),
        Ok(false) => return refused("Your password now is another one.".to_owned()).await,
        Err(problem) => {
            state.guesses.withdrawn(attempt);
            return refused(problem.to_owned()).await;
        }
    }
    let hash = state.passwords.hash(&new).await?;
    let before = user.password_hash.clone();
    let now = state.clock.now();
    let changed = state
        .store
        .change_user(&user.id, move |user| {
            // Of two changes at once, the one that knew the old password as it stands.
            let unchanged = user.password_hash == before;
            if unchanged {
                user.password_hash = hash;
                user.updated_at = Some(now);
            }
            unchanged
        })
        .await?;
    if changed != Some(true) {
        return refused("The password was changed elsewhere just now.".to_owned()).await;
    }
    end_others(&call, &session, &user).await?;
    written_down(&call, &user, "password-changed", None);
    tracing::info!(sub = user.id, "somebody changed their password");
    done(&call, "password")
}
