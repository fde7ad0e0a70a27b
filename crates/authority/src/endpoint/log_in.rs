//! `/login`, `/login/code` and `/login/passkey`: somebody proves who they are, in one step or two.
//!
//! No session exists before the last step. What was proven in the first travels with the form, sealed for that
//! browser for five minutes. A log-in leads on to an application's request, or to a page of the authority's own.

mod goal;
mod passkey;

use claviger_protocol::assurance::{self, Next};
use claviger_protocol::{Form, Proof, User, username_key};
use claviger_store::{HeldFactors, LoginSession};
use claviger_token::base64url;
use claviger_web::{LogInPage, PasskeyAsk, SecondFactorPage, WrongField, browser_words};
use http::StatusCode;
use serde::{Deserialize, Serialize};

pub(crate) use self::goal::Goal;
pub(crate) use self::passkey::passkey;
use super::people::{
    self, STALE_FORM, form_is_stale, form_page, passkey_page, redirected, session,
};
use crate::browser::Browsers;
use crate::call::{Answer, Call};
use crate::ending;
use crate::guesses::{Attempt, Guess, Guesser};
use crate::journal::{By, Kind};
use crate::random;
use crate::refusal::Refusal;
use crate::second_factor::{sha256, unopened};
use crate::secrets::{Asked, Unjudged};

const LOG_IN: &str = "log-in";
const STEP: &str = "step";
/// Seconds from the password to the second factor.
const STEP_SECONDS: i64 = 300;

/// The first step of a log-in, on its way to the second.
#[derive(Serialize, Deserialize)]
struct Step {
    sub: String,
    /// A digest of the password's hash: a password that was changed meanwhile is none.
    password: String,
}

/// The page on which a log-in begins. `problem` says what went wrong the last time.
pub(crate) fn page(
    call: &Call,
    goal: &Goal,
    username: &str,
    status: StatusCode,
    problem: Option<&str>,
) -> Answer {
    let browsers = &call.state.browsers;
    let mark = browsers.mark(call)?;
    let asked = passkey::asked(call, &mark, None)?;
    let page = LogInPage {
        site: &call.state.site,
        application: goal.application(),
        username,
        problem,
        proof: &browsers.proof(&mark, LOG_IN),
        request: goal.request(),
        passkey: asked.as_ref().map(|(options, ticket)| PasskeyAsk { options, ticket }),
    };
    let answered = if asked.is_some() { passkey_page } else { form_page };
    answered(call, &mark, status, page.html(), goal.redirect_uri())
}

/// Where a form leads, if it was filled in on a page of this browser; else the answer: the log-in begins anew.
async fn goal_of(
    call: &Call,
    form: &Form,
    purpose: &str,
) -> Result<Result<Goal, Answer>, Box<Refusal>> {
    let goal = match Goal::read(call, form).await? {
        Ok(goal) => goal,
        Err(reply) => return Ok(Err(Ok(*reply))),
    };
    if call.state.browsers.proves(call, purpose, form.get("proof")) {
        return Ok(Ok(goal));
    }
    form_is_stale(call, "login");
    Ok(Err(page(call, &goal, "", StatusCode::BAD_REQUEST, Some(STALE_FORM))))
}

/// `GET` of what forms post to: somebody reloaded the address, or typed it.
pub(crate) async fn begin_anew(call: Call) -> Answer {
    Ok(redirected(&format!("{}/account", call.state.issuer.path)))
}

/// `POST /login`.
pub(crate) async fn log_in(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let state = call.state.clone();
    let goal = match goal_of(&call, &form, LOG_IN).await? {
        Ok(goal) => goal,
        Err(answer) => return answer,
    };
    let typed = form.get("username").unwrap_or_default();
    let refused = |problem: &str| {
        let clipped: String = typed.chars().take(200).collect();
        page(&call, &goal, &clipped, StatusCode::FORBIDDEN, Some(problem))
    };
    let name = username_key(typed);
    // Looked for in any case: whoever is throttled learns nothing from the time, and the journal says whom it hit.
    let found = state.store.find_user_by_name(&name).await?;
    let attempt = match begin(&call, Guess::Password, &name) {
        Ok(attempt) => attempt,
        Err(wait) => {
            report(&call, &goal, "log-in-throttled", found.as_ref());
            return refused(&wait_words(wait));
        }
    };
    let able = found.as_ref().filter(|user| !user.disabled);
    let presented = form.get("password").unwrap_or_default();
    match password_is_right(&call, &name, able, presented).await {
        Ok(true) => {}
        Ok(false) => {
            // Who it was, where there is such a person: what was typed as the name may be a password.
            let because = match &found {
                None => "no such user name",
                Some(user) if user.disabled => "the account is disabled",
                Some(_) => "another password",
            };
            let refusal = refusal(&goal, "log-in-refused", found.as_ref());
            people::refused(&call, "login", &refusal.evidence("because", because));
            return refused("Name or password is not right.");
        }
        Err(problem) => {
            state.guesses.withdrawn(attempt);
            report(&call, &goal, "log-in-unjudged", found.as_ref());
            return refused(problem);
        }
    }
    let able = found.filter(|user| !user.disabled);
    let Some(user) = able else { return refused("Name or password is not right.") };
    state.guesses.succeeded(attempt);
    let factors = state.store.find_factors(&user.id).await?;
    match assurance::next(&[Proof::Password], factors.kinds()) {
        Next::Session => finish(&call, &goal, &user, &[Proof::Password]).await,
        Next::SecondFactor => second_page(&call, &goal, &user, &factors, None),
    }
}

/// Whether it is the password; what to say where nobody can tell. An unknown name costs the same run of Argon2id
/// as a known one.
pub(crate) async fn password_is_right(
    call: &Call,
    name: &str,
    user: Option<&User>,
    presented: &str,
) -> Result<bool, &'static str> {
    let asked = Asked {
        client: name,
        hash: user.map(|user| user.password_hash.as_str()),
        presented,
        // Guesses are counted by `guesses`.
        peer: None,
    };
    match call.state.passwords.verify(&asked).await {
        Ok(right) => Ok(right),
        Err(Unjudged::Busy | Unjudged::TooManyWrong { .. }) => {
            Err("Many people are logging in at once. Try again in a moment.")
        }
        Err(Unjudged::Failed) => Err("The log-in does not work at the moment. Try again later."),
    }
}

/// Lets an attempt for an account begin, or says how long it has to wait.
pub(crate) fn begin(call: &Call, guess: Guess, account: &str) -> Result<Attempt, i64> {
    let known = call.state.browsers.known(call, account);
    let guesser = Guesser { account, known_browser: known.as_deref(), address: call.peer() };
    call.state.guesses.begin(guess, guesser, call.state.clock.now())
}

pub(crate) fn wait_words(seconds: i64) -> String {
    let wait = match seconds {
        ..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    };
    format!("There were too many wrong attempts. Wait {wait}, then try again.")
}

fn report(call: &Call, goal: &Goal, code: &'static str, user: Option<&User>) {
    people::refused(call, "login", &refusal(goal, code, user));
}

fn refusal(goal: &Goal, code: &'static str, user: Option<&User>) -> Refusal {
    let (detail, fix) = match code {
        "log-in-throttled" | "second-factor-throttled" => (
            "there were too many wrong attempts: the next one has to wait",
            "whoever it is waits; a browser where the account was logged in before has a count of its own",
        ),
        "log-in-unjudged" => {
            ("the password could not be checked at the moment", "look at the log, and at the load")
        }
        "second-factor-refused" => ("the password was right, and the code was not", ""),
        _ => ("a log-in was refused", ""),
    };
    let mut refusal = Refusal::new(StatusCode::FORBIDDEN, code).detail(detail).fix(fix);
    if let Some(client) = goal.client_id() {
        refusal = refusal.evidence("client_id", client);
    }
    if let Some(user) = user {
        refusal = refusal.evidence("sub", user.id.as_str());
    }
    refusal
}

/// What was wrong with a second step, and where it was typed.
struct Problem<'a> {
    words: &'a str,
    field: Option<WrongField>,
}

fn second_page(
    call: &Call,
    goal: &Goal,
    user: &User,
    factors: &HeldFactors,
    problem: Option<Problem<'_>>,
) -> Answer {
    let state = &call.state;
    let mark = state.browsers.mark(call)?;
    let step = Step { sub: user.id.clone(), password: password_mark(user) };
    let until = state.clock.now().saturating_add(STEP_SECONDS);
    let step = state.tickets.seal(STEP, &mark, until, &step)?;
    let asked = passkey::asked(call, &mark, Some((user, factors)))?;
    let page = SecondFactorPage {
        log_in: LogInPage {
            site: &state.site,
            application: goal.application(),
            username: &user.username,
            problem: problem.as_ref().map(|problem| problem.words),
            proof: &state.browsers.proof(&mark, STEP),
            request: goal.request(),
            passkey: asked.as_ref().map(|(options, ticket)| PasskeyAsk { options, ticket }),
        },
        step: &step,
        totp: factors.totp.is_some(),
        recovery: factors.recovery_codes > 0,
        wrong: problem.as_ref().and_then(|problem| problem.field),
    };
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let answered = if asked.is_some() { passkey_page } else { form_page };
    answered(call, &mark, status, page.html(), goal.redirect_uri())
}

fn password_mark(user: &User) -> String {
    base64url::encode(sha256(user.password_hash.as_bytes()))
}

/// Who took the first step, if it is theirs still.
async fn first_step(call: &Call, form: &Form) -> Result<Option<User>, Box<Refusal>> {
    let state = &call.state;
    let mark = state.browsers.mark(call)?;
    let now = state.clock.now();
    let Some(step) = state.tickets.open::<Step>(STEP, &mark, form.get("step"), now) else {
        return Ok(None);
    };
    let user = state.store.find_user(&step.sub).await?;
    Ok(user.filter(|user| !user.disabled && password_mark(user) == step.password))
}

const AGAIN: &str = "That took too long, or the account has changed. Log in again.";

/// `POST /login/code`: the code of an authenticator app, or a recovery code.
pub(crate) async fn code(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let state = call.state.clone();
    let goal = match goal_of(&call, &form, STEP).await? {
        Ok(goal) => goal,
        Err(answer) => return answer,
    };
    let Some(user) = first_step(&call, &form).await? else {
        return page(&call, &goal, "", StatusCode::FORBIDDEN, Some(AGAIN));
    };
    let factors = state.store.find_factors(&user.id).await?;
    let recovery = form.get("recovery");
    let field = Some(recovery.map_or(WrongField::Code, |_| WrongField::Recovery));
    let attempt = match begin(&call, Guess::SecondFactor, &user.username) {
        Ok(attempt) => attempt,
        Err(wait) => {
            report(&call, &goal, "second-factor-throttled", Some(&user));
            let problem = Problem { words: &wait_words(wait), field };
            return second_page(&call, &goal, &user, &factors, Some(problem));
        }
    };
    let now = state.clock.now();
    let mut problem = Problem { words: "The code is not right, or was used before.", field };
    let mut is_repeated = false;
    let proof = if let Some(typed) = recovery {
        let used = use_recovery_code(&call, &form, &user, typed).await?;
        is_repeated = used == Some(Use::Repeated);
        used.map(|_| Proof::RecoveryCode)
    } else if let Some(held) = &factors.totp {
        let typed = form.get("code").unwrap_or_default();
        let step = state.second_factors.totp_step(&user.id, held, typed, now).map_err(unopened)?;
        match step {
            Some(step) if state.store.consume_totp_step(&user.id, step).await? => Some(Proof::Totp),
            _ => {
                let factors = &state.second_factors;
                if factors.has_served(&user.id, held, typed, now).map_err(unopened)? {
                    // Of a button that was pressed twice the browser shows the second answer.
                    problem.words = "That code has been used already. Wait for the next one.";
                }
                None
            }
        }
    } else {
        None
    };
    let Some(proof) = proof else {
        report(&call, &goal, "second-factor-refused", Some(&user));
        return second_page(&call, &goal, &user, &factors, Some(problem));
    };
    state.guesses.succeeded(attempt);
    if proof == Proof::RecoveryCode && !is_repeated {
        let left = factors.recovery_codes.saturating_sub(1);
        let event = By::user(&call).event(Kind::Account, "recovery-code-used");
        state.journal.event(event.subject(user.id.as_str()).with("left", left));
    }
    finish(&call, &goal, &user, &[Proof::Password, proof]).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    First,
    /// By the very form that used it up a moment ago.
    Repeated,
}

/// Uses a recovery code up, if it is one.
async fn use_recovery_code(
    call: &Call,
    form: &Form,
    user: &User,
    typed: &str,
) -> Result<Option<Use>, Box<Refusal>> {
    let state = &call.state;
    let Some(digest) = state.second_factors.recovery_digest(&user.id, typed) else {
        return Ok(None);
    };
    let step = form.get("step").unwrap_or_default();
    let (sent, now) = (sha256(&[&digest, step.as_bytes()].concat()), state.clock.now());
    if state.store.consume_recovery_code(&user.id, digest, now).await? {
        state.pressed_twice.took(sent, now);
        return Ok(Some(Use::First));
    }
    Ok(state.pressed_twice.took_just_now(sent, now).then_some(Use::Repeated))
}

/// Somebody has proven who they are: a session begins, or theirs in this browser goes on under a new cookie.
pub(crate) async fn finish(call: &Call, goal: &Goal, user: &User, proofs: &[Proof]) -> Answer {
    let state = &call.state;
    let now = state.clock.now();
    let seconds = i64::try_from(state.config.tokens.session_ttl_seconds).unwrap_or(i64::MAX);
    // Never the cookie that the browser came with: somebody else may have put it there (session fixation).
    let (cookie, digest) = Browsers::new_session()?;
    let before = session(call).await?.map(|(session, _)| session);
    let theirs = before.as_ref().filter(|session| session.sub == user.id);
    let renewed = LoginSession {
        sid: match theirs {
            Some(session) => session.sid.clone(),
            None => random::token_id()?,
        },
        sub: user.id.clone(),
        auth_time: now,
        expires: now.saturating_add(seconds),
        amr: assurance::amr(proofs),
        started: theirs.map_or(now, |session| session.started),
        browser: browser_words(call.header("user-agent").unwrap_or_default()),
    };
    let goes_on = theirs.is_some() && state.store.renew_session(digest, renewed.clone()).await?;
    if !goes_on {
        let sid = random::token_id()?;
        state.store.create_session(digest, LoginSession { sid, started: now, ..renewed }).await?;
    }
    // One browser is one person: whoever was logged in here before is not any more.
    if let Some(other) = before.filter(|session| session.sub != user.id) {
        ending::session(state, &other.sid, By::user(call)).await?;
    }
    let event = By::user(call).event(Kind::LogIn, "logged-in").subject(user.id.as_str());
    let event = event.with("amr", assurance::amr(proofs));
    state.journal.event(match goal.client_id() {
        Some(client) => event.client(client),
        None => event,
    });
    let mut reply = goal.reply(call)?;
    state.browsers.keep_session(&mut reply, &cookie, seconds);
    state.browsers.keep_known(call, &mut reply, &user.username)?;
    tracing::info!(sub = user.id, amr = assurance::amr(proofs), "somebody logged in");
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_said_in_words() {
        assert!(wait_words(1).contains("Wait a second,"));
        assert!(wait_words(30).contains("Wait 30 seconds,"));
        assert!(wait_words(901).contains("Wait 16 minutes,"));
    }
}
