//! `/account`: somebody sees what is theirs and changes it: log-ins, applications, password, second factors.
//!
//! Every form is for one session. What would let a thief of a session stay in (second factors) needs a log-in
//! that is at most ten minutes old; the password needs the old one.

use claviger_protocol::passkey::{
    Expected, LONGEST_PASSKEY_NAME, PASSKEY_ALGORITHMS, Registration, register_passkey,
};
use claviger_protocol::{
    Form, Passkey, Secret, TOTP_SECRET, User, base32, check_password, otpauth,
};
use claviger_store::{HeldFactors, LoginSession, StoreError};
use claviger_token::base64url;
use claviger_web::{
    AccountPage, AddPasskeyPage, AddTotpPage, Application, LogIn, PasskeyAsk, PasskeyEntry,
    RecoveryCodesPage, TotpOffer,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::authorize::{
    LOG_OUT, STALE_FORM, form_is_stale, no_randomness, people_page, redirected, session,
};
use super::log_in::{self, Goal, begin, password_is_right, wait_words};
use crate::call::{Answer, Call};
use crate::ending;
use crate::guesses::Guess;
use crate::journal::{By, Kind};
use crate::refusal::Refusal;
use crate::second_factor::{SecondFactors, challenge, step_of, unopened};

const ACCOUNT: &str = "/account";
const TOTP: &str = "new totp";
const PASSKEY: &str = "new passkey";
/// Whoever changes second factors has proven within so many seconds who they are.
const FRESH_SECONDS: i64 = 600;
/// Seconds that the page of a new factor may stand open.
const OFFER_SECONDS: i64 = 900;

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

/// The same, for changes of second factors.
async fn acting_fresh(call: &mut Call) -> Result<Result<Acting, Answer>, Box<Refusal>> {
    let acting = match acting(call).await? {
        Ok(acting) => acting,
        Err(answer) => return Ok(Err(answer)),
    };
    if is_fresh(&acting.session, call.state.clock.now()) {
        return Ok(Ok(acting));
    }
    let problem = "Your log-in is older than ten minutes. Confirm that it is you, then change it.";
    Ok(Err(log_in_first(call, &acting.user.username, Some(problem))))
}

const fn is_fresh(session: &LoginSession, now: i64) -> bool {
    // A log-in that seems to lie in the future is one whose clock was set back: just as fresh.
    now.saturating_sub(session.auth_time) <= FRESH_SECONDS
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
    let log_ins: Vec<LogIn<'_>> = sessions
        .iter()
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
    let mark = state.browsers.mark(call).map_err(no_randomness)?;
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
    let mut reply = people_page(status, page.html(), "", false)?;
    state.browsers.keep(&mark, &mut reply);
    Ok(reply)
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
    let hash = state
        .passwords
        .hash(&new)
        .await
        .map_err(|_| Refusal::unavailable("hashing-failed", "Argon2id could not be run"))?;
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

/// A secret on its way to an app and back.
#[derive(Serialize, Deserialize)]
struct Offer {
    sub: String,
    secret: String,
}

/// `POST /account/totp`: an app is set up, confirmed by its first code, or removed.
pub(crate) async fn totp(mut call: Call) -> Answer {
    let Acting { session, user, form } = match acting_fresh(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    let state = &call.state;
    match form.get("action") {
        Some("remove") => {
            if state.store.delete_totp(&user.id).await? {
                written_down(&call, &user, "totp-removed", None);
                tracing::info!(sub = user.id, "somebody removed their authenticator app");
            }
            done(&call, "totp-removed")
        }
        Some("confirm") => {
            let mark = state.browsers.mark(&call).map_err(no_randomness)?;
            let now = state.clock.now();
            let ticket = form.get("ticket");
            let offer = state.tickets.open::<Offer>(TOTP, &mark, ticket, now);
            let secret = offer
                .filter(|offer| offer.sub == user.id)
                .and_then(|offer| base64url::decode(&offer.secret).ok())
                .map(Zeroizing::new);
            let Some(secret) = secret.filter(|secret| secret.len() == TOTP_SECRET) else {
                let problem = "That took too long: let the app read this new picture.";
                return totp_page(&call, &session, &user, None, Some(problem));
            };
            let typed = form.get("code").unwrap_or_default();
            let Some(step) = step_of(&secret, typed, 0, now) else {
                let problem = "The code is not right. Does the clock of your phone go right?";
                return totp_page(&call, &session, &user, Some(&secret), Some(problem));
            };
            let sealed = state.second_factors.seal_totp(&user.id, &secret).map_err(unopened)?;
            state.store.set_totp(&user.id, sealed, step, now).await?;
            written_down(&call, &user, "totp-added", None);
            tracing::info!(sub = user.id, "somebody set up an authenticator app");
            added(&call, &user, "totp", "The authenticator app is set up.").await
        }
        _ => totp_page(&call, &session, &user, None, None),
    }
}

fn totp_page(
    call: &Call,
    session: &LoginSession,
    user: &User,
    secret: Option<&[u8]>,
    problem: Option<&str>,
) -> Answer {
    let state = &call.state;
    let secret = match secret {
        Some(secret) => Zeroizing::new(secret.to_vec()),
        None => Zeroizing::new(SecondFactors::new_totp_secret().map_err(no_randomness)?.to_vec()),
    };
    let mark = state.browsers.mark(call).map_err(no_randomness)?;
    let until = state.clock.now().saturating_add(OFFER_SECONDS);
    let offer = Offer { sub: user.id.clone(), secret: base64url::encode(&*secret) };
    let ticket = state.tickets.seal(TOTP, &mark, until, &offer)?;
    let host = state.issuer.base.split("://").nth(1).unwrap_or("claviger");
    let typed = Zeroizing::new(base32(&secret));
    let page = AddTotpPage {
        site: &state.site,
        problem,
        proof: &state.browsers.proof(&mark, &purpose(session)),
        ticket: &ticket,
        offer: TotpOffer { secret: &typed, otpauth: &otpauth(host, &user.username, &typed) },
    };
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    people_page(status, page.html(), "", false)
}

/// After a new factor: whoever has no recovery codes gets some.
async fn added(call: &Call, user: &User, word: &str, words: &str) -> Answer {
    let factors = call.state.store.find_factors(&user.id).await?;
    if factors.recovery_codes > 0 {
        return done(call, word);
    }
    new_codes(call, user, words).await
}

async fn new_codes(call: &Call, user: &User, words: &str) -> Answer {
    let state = &call.state;
    let (codes, digests) =
        state.second_factors.new_recovery_codes(&user.id).map_err(no_randomness)?;
    state.store.set_recovery_codes(&user.id, digests).await?;
    written_down(call, user, "recovery-codes-renewed", None);
    tracing::info!(sub = user.id, "somebody got new recovery codes");
    let page = RecoveryCodesPage { site: &state.site, done: words, codes: &codes };
    people_page(StatusCode::OK, page.html(), "", false)
}

/// `POST /account/recovery`: new codes in place of the old ones.
pub(crate) async fn recovery(mut call: Call) -> Answer {
    let Acting { user, .. } = match acting_fresh(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    if !call.state.store.find_factors(&user.id).await?.kinds().any() {
        // There is nothing that they would recover.
        return done(&call, "");
    }
    new_codes(&call, &user, "Here are your new recovery codes.").await
}

/// A challenge for a new passkey, and whose it will be.
#[derive(Serialize, Deserialize)]
struct Challenge {
    sub: String,
    challenge: String,
}

/// `POST /account/passkeys`: one is added, renamed or removed.
pub(crate) async fn passkeys(mut call: Call) -> Answer {
    let acting = match acting_fresh(&mut call).await? {
        Ok(acting) => acting,
        Err(answer) => return answer,
    };
    let Acting { session, user, form } = &acting;
    let state = &call.state;
    let id = form.get("id").unwrap_or_default();
    match form.get("action") {
        Some("remove") => {
            if state.store.delete_passkey(&user.id, id).await? {
                written_down(&call, user, "passkey-removed", None);
                tracing::info!(sub = user.id, "somebody removed a passkey");
            }
            done(&call, "passkey-removed")
        }
        Some("rename") => {
            let name = passkey_name(form.get("name"));
            if state.store.rename_passkey(&user.id, id, &name).await? {
                written_down(&call, user, "passkey-renamed", None);
            }
            done(&call, "passkey-renamed")
        }
        Some("add") => match add(&call, user, form).await? {
            Ok(()) => {
                written_down(&call, user, "passkey-added", None);
                tracing::info!(sub = user.id, "somebody added a passkey");
                added(&call, user, "passkey", "The passkey is added.").await
            }
            Err(problem) => passkey_page(&call, session, user, Some(problem)).await,
        },
        _ => passkey_page(&call, session, user, None).await,
    }
}

/// What its owner calls a passkey, in one short line.
fn passkey_name(typed: Option<&str>) -> String {
    let plain = typed.unwrap_or_default().chars().filter(|c| !c.is_control());
    let name: String = plain.take(LONGEST_PASSKEY_NAME).collect();
    let name = name.trim();
    if name.is_empty() { "Passkey".to_owned() } else { name.to_owned() }
}

async fn add(
    call: &Call,
    user: &User,
    form: &Form,
) -> Result<Result<(), &'static str>, Box<Refusal>> {
    let state = &call.state;
    let Some(site) = state.second_factors.passkey_site() else {
        return Ok(Err("Passkeys cannot be used here."));
    };
    let mark = state.browsers.mark(call).map_err(no_randomness)?;
    let now = state.clock.now();
    let asked = state.tickets.open::<Challenge>(PASSKEY, &mark, form.get("ticket"), now);
    let Some(asked) = asked.filter(|asked| asked.sub == user.id) else {
        return Ok(Err("That took too long. Try again."));
    };
    const REFUSED: &str = "The passkey was not taken. Try again, or use another device.";
    let Ok(registration) =
        serde_json::from_str::<Registration>(form.get("answer").unwrap_or_default())
    else {
        return Ok(Err(REFUSED));
    };
    let expected = Expected {
        challenge: &asked.challenge,
        origin: &site.origin,
        rp_id_hash: &site.id_hash,
        user_verification: true,
    };
    let new = match register_passkey(&registration, expected) {
        Ok(new) => new,
        Err(refusal) => {
            tracing::info!(sub = user.id, %refusal, "a new passkey was refused");
            return Ok(Err(REFUSED));
        }
    };
    let until = now.saturating_add(OFFER_SECONDS);
    if !state.store.consume_assertion(":passkey", &asked.challenge, until, now).await? {
        return Ok(Err("That page was used before. Try again."));
    }
    let passkey = Passkey {
        id: new.id,
        sub: user.id.clone(),
        name: passkey_name(form.get("name")),
        key: new.key,
        sign_count: new.sign_count,
        backup_eligible: new.backup_eligible,
        transports: new.transports,
        created_at: now,
        used_at: None,
    };
    match state.store.create_passkey(passkey).await {
        Ok(true) => Ok(Ok(())),
        Ok(false) => Ok(Err("You have as many passkeys as one may have. Remove one first.")),
        Err(StoreError::Exists { .. }) => Ok(Err("This passkey is known here already.")),
        Err(error) => Err(error.into()),
    }
}

async fn passkey_page(
    call: &Call,
    session: &LoginSession,
    user: &User,
    problem: Option<&str>,
) -> Answer {
    let state = &call.state;
    let Some(site) = state.second_factors.passkey_site() else {
        return done(call, "");
    };
    let factors = state.store.find_factors(&user.id).await?;
    let mark = state.browsers.mark(call).map_err(no_randomness)?;
    let challenge = challenge().map_err(no_randomness)?;
    let options = creation_options(&site.id, user, &factors, &challenge);
    let until = state.clock.now().saturating_add(OFFER_SECONDS);
    let about = Challenge { sub: user.id.clone(), challenge };
    let ticket = state.tickets.seal(PASSKEY, &mark, until, &about)?;
    let agent = call.header("user-agent").unwrap_or_default();
    let page = AddPasskeyPage {
        site: &state.site,
        problem,
        proof: &state.browsers.proof(&mark, &purpose(session)),
        name: &passkey_name(Some(&claviger_web::browser_words(agent))),
        ask: PasskeyAsk { options: &options.to_string(), ticket: &ticket },
    };
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    people_page(status, page.html(), "", true)
}

/// WebAuthn §5.4. The passkey has to lie on the authenticator and to ask for its user, so that it logs in alone.
fn creation_options(id: &str, user: &User, factors: &HeldFactors, challenge: &str) -> Value {
    let algorithms = PASSKEY_ALGORITHMS.map(|alg| json!({ "type": "public-key", "alg": alg }));
    let known: Vec<Value> = factors
        .passkeys
        .iter()
        .map(|passkey| json!({ "id": passkey.id, "transports": passkey.transports }))
        .collect();
    json!({
        "challenge": challenge,
        "rp": { "id": id, "name": id },
        "user": {
            "id": base64url::encode(user.id.as_bytes()),
            "name": user.username,
            "displayName": user.name.as_deref().unwrap_or(&user.username),
        },
        "pubKeyCredParams": algorithms,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": 120_000,
    })
}
