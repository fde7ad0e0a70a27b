//! `/login/passkey`: a passkey instead of the password, or after it.

use claviger_protocol::passkey::{Assertion, Expected, use_passkey};
use claviger_protocol::{Form, Proof, User};
use claviger_store::HeldFactors;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    AGAIN, LOG_IN, Problem, STEP, finish, first_step, goal_of, page, refusal, second_page,
};
use crate::browser::Mark;
use crate::call::{Answer, Call};
use crate::endpoint::people::refused;
use crate::refusal::Refusal;
use crate::second_factor::{challenge, sha256, verify_passkey};

const PASSKEY: &str = "log-in passkey";
/// Seconds that a page with a passkey's challenge may stand open.
const CHALLENGE_SECONDS: i64 = 900;

/// A challenge for a passkey, and whom it was given to; nobody where any passkey may answer.
#[derive(Serialize, Deserialize)]
struct Challenge {
    challenge: String,
    sub: Option<String>,
}

/// `POST /login/passkey`: a passkey alone, or after the password.
pub(crate) async fn passkey(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let state = call.state.clone();
    let second = form.get("step").is_some();
    let purpose = if second { STEP } else { LOG_IN };
    let goal = match goal_of(&call, &form, purpose).await? {
        Ok(goal) => goal,
        Err(answer) => return answer,
    };
    let first = if second {
        let Some(user) = first_step(&call, &form).await? else {
            return page(&call, &goal, "", StatusCode::FORBIDDEN, Some(AGAIN));
        };
        Some(user)
    } else {
        None
    };
    match proven(&call, &form, first.as_ref()).await? {
        Ok((user, proof)) => {
            let proofs = [Proof::Password, proof];
            let proofs = if second { &proofs[..] } else { &proofs[1..] };
            finish(&call, &goal, &user, proofs).await
        }
        Err(inside) => {
            let refusal = refusal(&goal, "passkey-refused", first.as_ref());
            refused(&call, "login", &refusal.evidence("inside", inside));
            let problem = "The passkey was not taken. Try again, or log in another way.";
            match first {
                Some(user) => {
                    let factors = state.store.find_factors(&user.id).await?;
                    let problem = Problem { words: problem, field: None };
                    second_page(&call, &goal, &user, &factors, Some(problem))
                }
                None => page(&call, &goal, "", StatusCode::FORBIDDEN, Some(problem)),
            }
        }
    }
}

/// Whose passkey it was, and what it is worth; or, for the journal, why it is not taken.
async fn proven(
    call: &Call,
    form: &Form,
    first: Option<&User>,
) -> Result<Result<(User, Proof), &'static str>, Box<Refusal>> {
    let state = &call.state;
    let Some(site) = state.second_factors.passkey_site() else {
        return Ok(Err("the issuer is a bare address"));
    };
    let mark = state.browsers.mark(call)?;
    let now = state.clock.now();
    let ticket = state.tickets.open::<Challenge>(PASSKEY, &mark, form.get("ticket"), now);
    let Some(asked) = ticket else {
        return Ok(Err("its challenge is too old, or another browser's"));
    };
    if asked.sub.as_deref() != first.map(|user| user.id.as_str()) {
        return Ok(Err("its challenge was given to somebody else"));
    }
    let Ok(assertion) = serde_json::from_str::<Assertion>(form.get("answer").unwrap_or_default())
    else {
        return Ok(Err("the answer is not the script's"));
    };
    let Some(held) = state.store.find_passkey(&assertion.id).await? else {
        return Ok(Err("nobody has such a passkey"));
    };
    let user = match first {
        Some(user) if user.id == held.sub => user.clone(),
        Some(_) => return Ok(Err("it is another person's")),
        None => {
            // §7.2, step 6: whoever was not asked by name has to say whose it is.
            if assertion.user_handle.is_none() {
                return Ok(Err("it does not say whose it is"));
            }
            match state.store.find_user(&held.sub).await? {
                Some(user) if !user.disabled => user,
                _ => return Ok(Err("its owner is gone or disabled")),
            }
        }
    };
    let expected = Expected {
        challenge: &asked.challenge,
        origin: &site.origin,
        rp_id_hash: &site.id_hash,
        user_verification: first.is_none(),
    };
    let used = match use_passkey(&held, &assertion, expected, now, sha256, verify_passkey) {
        Ok(used) => used,
        Err(refusal) => return Ok(Err(refusal.0)),
    };
    // Each challenge serves once: an answer that somebody overheard is worth nothing.
    let until = now.saturating_add(CHALLENGE_SECONDS);
    let fresh = state.store.consume_assertion(":passkey", &asked.challenge, until, now).await?;
    if !fresh || !state.store.move_passkey(held.sign_count, used.passkey).await? {
        return Ok(Err("it was used before"));
    }
    Ok(Ok((user, used.proof)))
}

/// What an authenticator is asked, and the same for our own memory. Of a person's own passkeys one is asked for,
/// else any that lies on the device for this site.
pub(super) fn asked(
    call: &Call,
    mark: &Mark,
    of: Option<(&User, &HeldFactors)>,
) -> Result<Option<(String, String)>, Box<Refusal>> {
    let state = &call.state;
    let Some(site) = state.second_factors.passkey_site() else { return Ok(None) };
    if of.is_some_and(|(_, factors)| factors.passkeys.is_empty()) {
        return Ok(None);
    }
    let challenge = challenge()?;
    let allowed: Vec<Value> = of
        .iter()
        .flat_map(|(_, factors)| &factors.passkeys)
        .map(|passkey| json!({ "id": passkey.id, "transports": passkey.transports }))
        .collect();
    let options = json!({
        "challenge": challenge,
        "rpId": site.id,
        "allowCredentials": allowed,
        "timeout": 120_000,
        "userVerification": if of.is_some() { "preferred" } else { "required" },
    });
    let about = Challenge { challenge, sub: of.map(|(user, _)| user.id.clone()) };
    let until = state.clock.now().saturating_add(CHALLENGE_SECONDS);
    let ticket = state.tickets.seal(PASSKEY, mark, until, &about)?;
    Ok(Some((options.to_string(), ticket)))
}
