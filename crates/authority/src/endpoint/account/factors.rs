//! Second factors of somebody's own: an authenticator app, passkeys, recovery codes.
//!
//! Each change needs a log-in that is at most ten minutes old: with it a thief of a session could stay in.

use claviger_protocol::passkey::{
    Expected, LONGEST_PASSKEY_NAME, PASSKEY_ALGORITHMS, Registration, register_passkey,
};
use claviger_protocol::{Form, Passkey, TOTP_SECRET, User, base32, otpauth};
use claviger_store::{HeldFactors, LoginSession, StoreError};
use claviger_token::base64url;
use claviger_web::{
    AddPasskeyPage, AddTotpPage, PasskeyAsk, RecoveryCodesPage, TotpOffer, browser_words,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Acting, acting, done, log_in_first, purpose, written_down};
use crate::call::{Answer, Call};
use crate::endpoint::people::{form_page, passkey_page, shown};
use crate::refusal::Refusal;
use crate::second_factor::{SecondFactors, challenge, step_of, unopened};

const TOTP: &str = "new totp";
const PASSKEY: &str = "new passkey";
/// Whoever changes second factors has proven within so many seconds who they are.
const FRESH_SECONDS: i64 = 600;
/// Seconds that the page of a new factor may stand open.
const OFFER_SECONDS: i64 = 900;

/// Whose form it is, if they have proven a moment ago who they are; or the answer that asks for that.
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
            let mark = state.browsers.mark(&call)?;
            let now = state.clock.now();
            let ticket = form.get("ticket");
            let offer = state.tickets.open::<Offer>(TOTP, &mark, ticket, now);
            let secret = offer
                .filter(|offer| offer.sub == user.id)
                .and_then(|offer| base64url::decode(&offer.secret).ok())
                .map(Zeroizing::new);
            let Some(secret) = secret.filter(|secret| secret.len() == TOTP_SECRET) else {
                let problem = "That took too long: let the app read this new picture.";
                return new_totp(&call, &session, &user, None, Some(problem));
            };
            let typed = form.get("code").unwrap_or_default();
            let Some(step) = step_of(&secret, typed, 0, now) else {
                let problem = "The code is not right. Does the clock of your phone go right?";
                return new_totp(&call, &session, &user, Some(&secret), Some(problem));
            };
            let sealed = state.second_factors.seal_totp(&user.id, &secret).map_err(unopened)?;
            state.store.set_totp(&user.id, sealed, step, now).await?;
            written_down(&call, &user, "totp-added", None);
            tracing::info!(sub = user.id, "somebody set up an authenticator app");
            added(&call, &user, "totp", "The authenticator app is set up.").await
        }
        _ => new_totp(&call, &session, &user, None, None),
    }
}

fn new_totp(
    call: &Call,
    session: &LoginSession,
    user: &User,
    secret: Option<&[u8]>,
    problem: Option<&str>,
) -> Answer {
    let state = &call.state;
    let secret = match secret {
        Some(secret) => Zeroizing::new(secret.to_vec()),
        None => Zeroizing::new(SecondFactors::new_totp_secret()?.to_vec()),
    };
    let mark = state.browsers.mark(call)?;
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
    form_page(call, &mark, status, page.html(), "")
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
    let (codes, digests) = state.second_factors.new_recovery_codes(&user.id)?;
    state.store.set_recovery_codes(&user.id, digests).await?;
    written_down(call, user, "recovery-codes-renewed", None);
    tracing::info!(sub = user.id, "somebody got new recovery codes");
    let page = RecoveryCodesPage { site: &state.site, done: words, codes: &codes };
    shown(page.html())
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
            Err(problem) => new_passkey(&call, session, user, Some(problem)).await,
        },
        _ => new_passkey(&call, session, user, None).await,
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
    let mark = state.browsers.mark(call)?;
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

async fn new_passkey(
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
    let mark = state.browsers.mark(call)?;
    let challenge = challenge()?;
    let options = creation_options(&site.id, user, &factors, &challenge);
    let until = state.clock.now().saturating_add(OFFER_SECONDS);
    let about = Challenge { sub: user.id.clone(), challenge };
    let ticket = state.tickets.seal(PASSKEY, &mark, until, &about)?;
    let agent = call.header("user-agent").unwrap_or_default();
    let page = AddPasskeyPage {
        site: &state.site,
        problem,
        proof: &state.browsers.proof(&mark, &purpose(session)),
        name: &passkey_name(Some(&browser_words(agent))),
        ask: PasskeyAsk { options: &options.to_string(), ticket: &ticket },
    };
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    passkey_page(call, &mark, status, page.html(), "")
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
